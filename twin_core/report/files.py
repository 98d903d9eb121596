"""Files to compute with: waveforms as CSV, everything else as JSON; and which suffix asks for which report."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd

import twin_core
from twin_core.alarms import alarms
from twin_core.csv_file import csv_text
from twin_core.report.content import identity, one_line
from twin_core.report.html import html
from twin_core.report.pdf import pdf
from twin_core.report.study import PATIENT, Study
from twin_core.twin import RESEARCH_USE

KIND = "lvad_twin_report"
SCHEMA_VERSION = 1  # raised when the layout changes


def waveforms_csv(study: Study) -> str:
    """Waveforms of the patient and every scenario, one row a sample; lines starting with # say what made them."""
    comments = [f"{key}: {value}" for key, value in identity(study.twin, study.case.circuit)]
    for name, beat in study.beats.items():
        comments.append(f"{one_line(name)}: {one_line(study.settings[name])}; status {beat.status}")
        comments += [f"{one_line(name)}: {alarm}" for alarm in alarms(beat)]
    comments += [f"patient: {json.dumps(study.beats[PATIENT].parameters.to_dict())}", RESEARCH_USE]
    tables = [pd.DataFrame({"scenario": one_line(name), **beat.waveforms()}) for name, beat in study.beats.items()]
    return csv_text(pd.concat(tables), comments)


def results_json(study: Study) -> str:
    """Every number of the report; ``case`` in it is a case file, so that the page opens this file too."""
    scenarios = {one.name: one for one in study.scenarios}
    answer: dict[str, Any] = {
        "kind": KIND,
        "schema_version": SCHEMA_VERSION,
        "software_version": twin_core.__version__,
        "created": study.created.isoformat(timespec="seconds"),
        "pseudonym": study.twin.pseudonym,
        "circuit": study.case.circuit,
        "notes": study.notes,
        "beats": [
            {
                "name": name,
                "settings": study.settings[name],
                "scenario": scenarios[name].model_dump() if name in scenarios else None,
                "message": beat.message,
                "alarms": list(alarms(beat)),
                "parameters": beat.parameters.to_dict(),
                "indices": _finite(beat.indices()),
            }
            for name, beat in study.beats.items()
        ],
        "ramp": None,
        "case": json.loads(study.case.to_json()),
        "research_use": RESEARCH_USE,
    }
    if study.ramp is not None:
        answer["ramp"] = {
            "pump": study.ramp.pump.name,
            "circuit": "closed_loop",
            "rows": [_finite(step.row()) for step in study.ramp.steps],
            "recommended": study.ramp.recommended,
        }
    return json.dumps(answer, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _finite(values: dict[str, Any]) -> dict[str, Any]:
    """Without the infinities of a beat that ran away, which JSON cannot hold."""
    return {key: None if isinstance(one, float) and not math.isfinite(one) else one for key, one in values.items()}


KINDS: dict[str, Callable[[Study], bytes | str]] = {
    **{".pdf": pdf, ".html": html, ".htm": html, ".csv": waveforms_csv, ".json": results_json}
}
"""What writes a report, by the suffix of its file."""


def kind_of(path: Path) -> str:
    """The suffix that says which report a file holds.

    Raises:
        ValueError: If there is no report of that kind.
    """
    suffix = path.suffix.lower()
    if suffix not in KINDS:
        raise ValueError(
            f"{path.name}: there is no report with the suffix {suffix or 'none'!r}; choose {', '.join(KINDS)}."
        )
    return suffix


def written(study: Study, path: Path) -> None:
    """Write the report that the path's suffix asks for."""
    made = KINDS[kind_of(path)](study)
    path.write_bytes(made if isinstance(made, bytes) else made.encode())
