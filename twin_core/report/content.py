"""What the report's pages say, as JSON values: the PDF's and the HTML's templates print it and work nothing out."""

from __future__ import annotations

from typing import Any

import twin_core
from twin_core import figures
from twin_core.alarms import alarms
from twin_core.circuit import INDICES, LEARNED, Beat, CircuitParameters, ClosedLoopParameters, circuits
from twin_core.ramp import RampStudy, Targets, beside_range
from twin_core.report.study import Study
from twin_core.report.words import (
    AS_FOUND,
    CIRCUIT_LIMITS,
    CUFF,
    LIMITS,
    NOTHING,
    change_shown,
    format_value,
    intervals,
    known_of,
    measured_note,
)
from twin_core.twin import RESEARCH_USE, Twin

# Of the closed loop, what is not this patient's: two pages hold what is.
REFERENCE_ADULT = (
    ClosedLoopParameters.infos().keys()
    - CircuitParameters.infos().keys()
    - {"total_blood_volume_ml", "reflex_set_point_mmhg"}
)
_HEADING_LENGTH = 22  # characters of a scenario's name over its column; the whole name stands beside the loop
_SCENARIO_NOTE = (
    "Small print: change against the patient. Targets are those of a patient on a pump (Uriel 2016, JACC HF 4:208): "
    "▲ over, ▼ under. "
)
_INDEX_NOTE = (
    "Cardiac output is aortic valve plus pump flow. Pump flow is the circuit's true flow; a console shows an estimate."
)
OVER, UNDER = "over", "under"


def content(study: Study) -> dict[str, Any]:
    """Everything a template prints."""
    twin, circuit = study.twin, study.case.circuit
    patient = study.beats["Patient"]
    known = intervals(twin)
    return {
        "software_version": twin_core.__version__,
        "research_use": RESEARCH_USE,
        "pseudonym": one_line(twin.pseudonym),
        "created": study.created.strftime("%Y-%m-%d %H:%M UTC"),
        "notes": study.notes,
        "facts": _facts(twin),
        "measured": _measured(twin, patient),
        "measured_note": " ".join([measured_note(twin), *(f"Caution: {one}." for one in twin.quality.reasons)]),
        "circuit": circuits.get(circuit).label,
        "columns": _columns(study),
        "index_rows": index_rows(study.beats),
        "index_note": (_SCENARIO_NOTE if study.scenarios else "") + _INDEX_NOTE,
        "ramp": _ramp(study.ramp, circuit) if study.ramp is not None else None,
        "ramp_problem": study.ramp_problem,
        "parameter_header": ["Parameter", "Value", "90 % interval" if known else "Bounds"],
        "parameter_rows": _parameters(patient, known),
        "parameter_note": "* estimated from the echo; the rest are the published reference values"
        + ("." if study.origin == AS_FOUND else ". Readings have moved some of both.")
        + (f" Intervals given {known_of(twin)}; a dash: not inferred." if known else ""),
        "limits": [*LIMITS, CIRCUIT_LIMITS[circuit]],
        "identity": [list(row) for row in identity(twin, circuit)],
    }


def one_line(text: str) -> str:
    """Text that a file from elsewhere may hold, in one line."""
    return " ".join(text.split())


def identity(twin: Twin, circuit: str) -> list[tuple[str, str]]:
    """What made a report: software, weights, circuit, clip."""
    rows = [("LVAD Twin", twin_core.__version__), ("twin made by", f"LVAD Twin {one_line(twin.software_version)}")]
    rows += [(f"{model} weights", f"sha256 {digest[:16]}…") for model, digest in twin.models.items()]
    rows.append(("circuit", circuit))
    if twin.clip is not None:
        rows.append(("clip", f"sha256 {twin.clip.sha256[:16]}…"))
    return rows


def targets(aims: Targets) -> dict[str, tuple[float | None, float | None, str]]:
    """Index to its target on a pump: low, high, an end None where it is open; and in words."""
    low, high = aims.mean_pressure_low_mmhg, aims.mean_pressure_high_mmhg
    return {
        "mean_arterial_pressure_mmhg": (low, high, f"{low:.0f} to {high:.0f}"),
        "left_atrial_pressure_mmhg": (None, aims.wedge_pressure_mmhg, f"under {aims.wedge_pressure_mmhg:.0f}"),
        "central_venous_pressure_mmhg": (
            None,
            aims.central_venous_pressure_mmhg,
            f"under {aims.central_venous_pressure_mmhg:.0f}",
        ),
        "pump_flow_l_min": (0.0, None, "forward"),
        "aortic_valve_open_fraction": (aims.valve_open_fraction, None, "opens"),
    }


def index_rows(beats: dict[str, Beat], aims: Targets | None = None) -> list[dict[str, Any]]:
    """Every index: label, the patient's value, for each scenario value, change and where it misses, the target."""
    patient, *others = beats.values()
    wanted, rows = targets(aims or Targets()), []
    for key, about in patient.index_infos.items():
        low, high, words = wanted.get(key, (None, None, ""))
        before, cells = getattr(patient, key), []
        for other in others:
            after = getattr(other, key)
            change = change_shown(before, after, about.digits)
            missed = _missed(after, low, high, key) if other.pump is not None else ""
            cells.append(
                {
                    "value": format_value(after, about.digits),
                    "change": "" if change is None else format_value(change, about.digits, signed=True),
                    "missed": missed,
                }
            )
        rows.append(
            {
                "label": about.label,
                "unit": about.unit,
                "help": about.help,
                "patient": format_value(before, about.digits),
                "cells": cells,
                "target": words,
            }
        )
    return rows


def _missed(value: float | None, low: float | None, high: float | None, key: str) -> str:
    """Where a value lies off its target, as ``ramp.missed_targets`` judges it: open ends are not met on the edge."""
    if value is None:
        return ""
    closed = key == "mean_arterial_pressure_mmhg"
    if low is not None and (value < low or (value == low and not closed)):
        return UNDER
    return OVER if high is not None and (value > high or (value == high and not closed)) else ""


def _columns(study: Study) -> list[dict[str, Any]]:
    colours = [figures.PATIENT_COLOUR, *figures.SCENARIO_COLOURS]
    return [
        {
            "letter": study.letters[name],
            "name": one_line(name),
            "heading": _shortened(one_line(name)),
            "colour": colour,
            "settings": study.settings[name],
            "status": beat.status,
            "message": beat.message,
            "alarms": list(alarms(beat)),
        }
        for (name, beat), colour in zip(study.beats.items(), colours, strict=False)
    ]


def _shortened(name: str) -> str:
    return name if len(name) <= _HEADING_LENGTH else f"{name[: _HEADING_LENGTH - 1].rstrip()}…"


def _ramp(ramp: RampStudy, circuit: str) -> dict[str, Any]:
    apart = circuit != circuits.CLOSED_LOOP.name
    first, last = ramp.steps[0].speed_rpm, ramp.steps[-1].speed_rpm
    return {
        "title": f"Ramp of the {ramp.pump.label} pump, {first:.0f} to {last:.0f} rpm",
        "recommended": ramp.recommended["range_rpm"] is not None,
        "summary": ramp.recommended["summary"],
        "beside": " ".join(beside_range(ramp.steps)),
        "note": "This patient in the closed loop, at every speed the steady beat; other changes of the what-ifs are "
        "not in it. Green: target. Blue, with a bar below: recommended speeds. Filled circles meet every target, open "
        "diamonds miss one or more. Dotted: speeds of the what-ifs."
        + (" The what-ifs above are in the left heart alone, where pressure climbs more with speed." if apart else ""),
    }


def _facts(twin: Twin) -> list[list[str]]:
    if twin.clip is None:
        return []
    clip = twin.clip
    scale = "not given in the file"
    if clip.cm_per_px:
        scale = f"{clip.cm_per_px[0] * 10:.2f} mm a pixel ({one_line(clip.cm_per_px_source).replace('_', ' ')})"
    return [
        ["Clip", f"{one_line(clip.format).upper()}, {clip.frames} frames of {clip.columns}×{clip.rows} pixels"],
        ["Timing", f"{clip.duration_s:.2f} s at {clip.frame_rate_hz:.1f} frames/s"],
        ["Scale", scale],
    ]


def _measured(twin: Twin, patient: Beat) -> list[list[str]]:
    if twin.measured is None:
        return []
    keys = ["ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml"]
    keys += [key for key in CUFF if getattr(twin.measured, key) is not None]
    rows = []
    for key in keys:
        about = INDICES[key]
        # An assumed scale makes millilitres a guess; the ratio and the rate do not depend on it.
        guessed = "≈ " if about.unit == "mL" and not twin.measured.calibrated else ""
        measured = format_value(getattr(twin.measured, key), about.digits)
        simulated = format_value(getattr(patient, key), about.digits)
        rows.append([f"{about.label} ({about.unit})", f"{guessed}{measured}", simulated])
    return rows


def _parameters(patient: Beat, known: dict[str, str]) -> list[list[str]]:
    parameters = patient.parameters
    return [
        [
            f"{about.label}{' *' if name in LEARNED else ''}",
            f"{getattr(parameters, name):.4g} {about.unit}",
            known.get(name, NOTHING) if known else f"{about.bounds[0]:.4g} to {about.bounds[1]:.4g}",
        ]
        for name, about in parameters.infos().items()
        if name not in REFERENCE_ADULT
    ]
