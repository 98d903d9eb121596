"""Reports of a twin and its scenarios: PDF to read, CSV to compute with."""

from __future__ import annotations

import io
import json
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import typst

import twin_core
from twin_core import figures
from twin_core.circuit import INDICES, LEARNED, Beat, CircuitParameters, ClosedLoopParameters, circuits, solve_periodic
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE, Twin

LIMITS = (
    "EDV, ESV and heart rate fix about three of the seven estimated parameters; the others stay near the values "
    "the encoder was trained to prefer. The 90 % intervals say what each may be in a simulated patient with these "
    "measurements and their usual errors; a cuff pressure narrows them.",
    "Pressures are not measured: without a cuff pressure they are what the published circuit gives at these volumes.",
    "Ejection fraction rises as a pump empties the ventricle and is no measure of its benefit.",
    "The networks were trained on rendered echoes, not on patients.",
)
CIRCUIT_LIMITS = {
    circuits.FIVE_STATE.name: "The circuit has a left heart only: no right heart, no reflex, no valve leak; its "
    "filling is set by start values. When pump speed changes, a patient's own regulation will differ.",
    circuits.CLOSED_LOOP.name: "Right heart, lungs, veins and baroreflex are a reference adult's, not this patient's; "
    "blood volume is found so that end-diastolic volume matches.",
}
# Of the closed loop, what is not this patient's: two pages hold what is.
REFERENCE_ADULT = (
    ClosedLoopParameters.infos().keys()
    - CircuitParameters.infos().keys()
    - {"total_blood_volume_ml", "reflex_set_point_mmhg"}
)
_TEMPLATE = Path(__file__).resolve().parents[1] / "assets" / "report.typ"
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu Sans: the same on every machine
_NOTHING = "–"
_CUFF = ("systolic_pressure_mmhg", "diastolic_pressure_mmhg")
AS_FOUND = "as found from the echo, no pump"
_PREVIEW_PPI = 110.0  # sharp at the width of a page on screen


def simulate(twin: Twin, scenarios: Sequence[Scenario], circuit: str = circuits.FIVE_STATE.name) -> dict[str, Beat]:
    """The patient's beat and each scenario's by name, the patient first, in the circuit of that name.

    Raises:
        ValueError: If two scenarios have the same name, or there is no such circuit.
    """
    patient = twin.circuit_in(circuit)
    beats = {"Patient": solve_periodic(patient)}
    for scenario in scenarios:
        if scenario.name in beats:
            raise ValueError(f"two scenarios are called {scenario.name!r}; give each its own name.")
        beats[scenario.name] = scenario.simulate(patient, start=beats["Patient"])
    return beats


def waveforms_csv(
    twin: Twin, scenarios: Sequence[Scenario], *, circuit: str = circuits.FIVE_STATE.name, patient: str = AS_FOUND
) -> str:
    """Waveforms of the patient and every scenario, one row a sample; lines starting with # say what made them."""
    beats = simulate(twin, scenarios, circuit)
    text = io.StringIO()
    for key, value in _identity(twin, circuit):
        text.write(f"# {key}: {value}\n")
    for name, beat in beats.items():
        text.write(f"# {name}: {_settings(name, scenarios, patient)}; status {beat.status}\n")
    text.write(f"# patient: {json.dumps(twin.circuit_in(circuit).to_dict())}\n# {RESEARCH_USE}\n")
    tables = [pd.DataFrame({"scenario": name, **beat.waveforms()}) for name, beat in beats.items()]
    pd.concat(tables).to_csv(text, index=False, float_format="%.6g")
    return text.getvalue()


def pdf(
    twin: Twin,
    scenarios: Sequence[Scenario],
    *,
    circuit: str = circuits.FIVE_STATE.name,
    contour_png: bytes | None = None,
    notes: str = "",
    patient: str = AS_FOUND,
    created: datetime | None = None,
) -> bytes:
    """A4 report: what was read, loops, waveforms, indices, parameters, limits and what made it.

    Args:
        twin: The patient.
        scenarios: What-ifs to set beside the patient.
        circuit: Circuit to simulate them in.
        contour_png: A frame of the clip with its contour, if there is one to show.
        notes: What the reader wants said, as plain text.
        patient: What the patient's circuit is, in words.
        created: Time to print, now if left out.
    """
    pages = _typeset(twin, scenarios, circuit, contour_png, notes, patient, created, image=False)
    assert isinstance(pages, bytes)  # only pictures come one a page
    return pages


def page_images(
    twin: Twin,
    scenarios: Sequence[Scenario],
    *,
    circuit: str = circuits.FIVE_STATE.name,
    contour_png: bytes | None = None,
    notes: str = "",
    patient: str = AS_FOUND,
    created: datetime | None = None,
) -> list[bytes]:
    """The pages of the same report as PNGs, to look at before it is taken away; arguments as for ``pdf``."""
    pages = _typeset(twin, scenarios, circuit, contour_png, notes, patient, created, image=True)
    return [pages] if isinstance(pages, bytes) else pages


def _typeset(
    twin: Twin,
    scenarios: Sequence[Scenario],
    circuit: str,
    contour_png: bytes | None,
    notes: str,
    patient: str,
    created: datetime | None,
    *,
    image: bool,
) -> bytes | list[bytes]:
    beats = simulate(twin, scenarios, circuit)
    data = _data(twin, scenarios, beats, circuit, patient, created or datetime.now(UTC))
    data["contour"] = contour_png is not None
    data["notes"] = notes.strip()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "data.json").write_text(json.dumps(data), encoding="utf-8")
        (root / "loops.svg").write_bytes(figures.pressure_volume_loops(beats))
        (root / "waveforms.svg").write_bytes(figures.waveforms(beats))
        (root / "report.typ").write_text(_TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
        if contour_png is not None:
            (root / "contour.png").write_bytes(contour_png)
        source, fonts = root / "report.typ", [_FONTS]
        if image:
            return typst.compile(
                source, root=root, font_paths=fonts, ignore_system_fonts=True, format="png", ppi=_PREVIEW_PPI
            )
        return typst.compile(source, root=root, font_paths=fonts, ignore_system_fonts=True)


def _settings(name: str, scenarios: Sequence[Scenario], patient: str) -> str:
    return next((s.describe() for s in scenarios if s.name == name), patient)


def format_value(value: float | None, digits: int, signed: bool = False) -> str:
    """A number with sensible digits and a true minus sign; a dash where there is none."""
    if value is None:
        return _NOTHING
    rounded = round(value, digits) + 0.0  # adding zero turns a rounded −0 into 0
    return f"{rounded:{'+' if signed and rounded else ''}.{digits}f}".replace("-", "−")


def _data(
    twin: Twin, scenarios: Sequence[Scenario], beats: dict[str, Beat], circuit: str, settings: str, created: datetime
) -> dict[str, Any]:
    """Everything the template prints, as JSON values."""
    patient = beats["Patient"]
    parameters, known = patient.parameters, intervals(twin)
    colours = [figures.PATIENT_COLOUR, *figures.SCENARIO_COLOURS * len(beats)]
    return {
        "software_version": twin_core.__version__,
        "research_use": RESEARCH_USE,
        "pseudonym": twin.pseudonym,
        "created": created.strftime("%Y-%m-%d %H:%M UTC"),
        "facts": _facts(twin),
        "measured": _measured(twin, patient),
        "measured_note": " ".join([measured_note(twin), *(f"Caution: {one}." for one in twin.quality.reasons)]),
        "scenarios": [
            {
                "name": name,
                "colour": colour,
                "settings": _settings(name, scenarios, settings),
                "status": beat.status,
                "message": beat.message,
            }
            for (name, beat), colour in zip(beats.items(), colours, strict=False)
        ],
        "index_header": ["Index", "Patient", *(cell for s in scenarios for cell in (s.name, "Change"))],
        "index_rows": _index_rows(beats),
        "index_note": "Change is against the patient. Cardiac output is aortic valve plus pump flow. "
        "Pump flow is the circuit's true flow; a console shows an estimate.",
        "parameter_header": ["Parameter", "Value", "90 % interval" if known else "Bounds"],
        "parameter_rows": [
            [
                f"{about.label}{' *' if name in LEARNED else ''}",
                f"{getattr(parameters, name):.4g} {about.unit}",
                known.get(name, _NOTHING) if known else f"{about.bounds[0]:.4g} to {about.bounds[1]:.4g}",
            ]
            for name, about in parameters.infos().items()
            if name not in REFERENCE_ADULT
        ],
        "parameter_note": "* estimated from the echo; the rest are the published reference values"
        + ("." if settings == AS_FOUND else ". Readings have moved some of both.")
        + (f" Intervals given {known_of(twin)}; a dash: not inferred." if known else ""),
        "limits": [*LIMITS, CIRCUIT_LIMITS[circuit]],
        "identity": [list(row) for row in _identity(twin, circuit)],
    }


def _facts(twin: Twin) -> list[list[str]]:
    if twin.clip is None:
        return []
    clip = twin.clip
    scale = f"{clip.cm_per_px[0] * 10:.2f} mm a pixel" if clip.cm_per_px else "not given in the file"
    return [
        ["Clip", f"{clip.format.upper()}, {clip.frames} frames of {clip.columns}×{clip.rows} pixels"],
        ["Timing", f"{clip.duration_s:.2f} s at {clip.frame_rate_hz:.1f} frames/s"],
        ["Scale", f"{scale} ({clip.cm_per_px_source.replace('_', ' ')})"],
    ]


def _measured(twin: Twin, patient: Beat) -> list[list[str]]:
    if twin.measured is None:
        return []
    keys = ["ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml"]
    keys += [key for key in _CUFF if getattr(twin.measured, key) is not None]
    return [
        [
            f"{INDICES[key].label} ({INDICES[key].unit})",
            format_value(getattr(twin.measured, key), INDICES[key].digits),
            format_value(getattr(patient, key), INDICES[key].digits),
        ]
        for key in keys
    ]


def measured_note(twin: Twin) -> str:
    """What the measured volumes rest on, in a sentence or two."""
    if twin.measured is None:
        return ""
    beats = f"Mean of {twin.measured.beats} beat{'s' if twin.measured.beats > 1 else ''}."
    if twin.measured.calibrated:
        return f"{beats} Volumes are calibrated."
    return f"{beats} Volumes are NOT calibrated: they rest on an assumed image depth. Ejection fraction does not."


def intervals(twin: Twin) -> dict[str, str]:
    """The 90 % interval of each parameter that the twin has draws of, as text; empty without draws."""
    ends = {name: np.percentile(values, (5.0, 95.0)) for name, values in twin.posterior.items()}
    return {name: f"{low:.3g} to {high:.3g}" for name, (low, high) in ends.items()}


def known_of(twin: Twin) -> str:
    """What a twin's intervals rest on, for a sentence."""
    if twin.measured is None:
        return "nothing"
    names = twin.measured.known()
    parts = ["EDV", "ESV"] if "edv_ml" in names else []
    parts += ["EF", "heart rate"]
    parts += [f"{INDICES[name].label.lower()}" for name in names if name in _CUFF]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"


def _index_rows(beats: dict[str, Beat]) -> list[list[str]]:
    patient, *others = (beat.indices() for beat in beats.values())
    rows = []
    for key, about in beats["Patient"].index_infos.items():
        before: Any = patient[key]
        cells = [f"{about.label}{f' ({about.unit})' if about.unit else ''}", format_value(before, about.digits)]
        for other in others:
            after: Any = other[key]
            change = after - before if after is not None and before is not None else None
            cells += [format_value(after, about.digits), format_value(change, about.digits, signed=True)]
        rows.append(cells)
    return rows


def _identity(twin: Twin, circuit: str) -> list[tuple[str, str]]:
    rows = [("LVAD Twin", twin_core.__version__), ("twin made by", f"LVAD Twin {twin.software_version}")]
    rows += [(f"{model} weights", f"sha256 {digest[:16]}…") for model, digest in twin.models.items()]
    rows.append(("circuit", circuit))
    if twin.clip is not None:
        rows.append(("clip", f"sha256 {twin.clip.sha256[:16]}…"))
    return rows
