"""The report as one HTML file that opens offline: loop and waveforms to read off, the same words as the PDF."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from twin_core import figures
from twin_core.circuit import Beat
from twin_core.report.content import content
from twin_core.report.study import Study

_ASSETS = Path(__file__).resolve().parents[2] / "assets"
_EVERY = 5  # samples drawn: 201 of 1001; more cannot be seen
_SIGNALS = {
    "pressures": (
        ("lv_pressure_mmhg", "LV", "solid"),
        ("aortic_waveform_mmhg", "Aorta", "dash"),
        ("left_atrial_waveform_mmhg", "Left atrium", "dot"),
    ),
    "flows": (
        ("aortic_valve_flow_ml_s", "Aortic valve", "solid"),
        ("mitral_flow_ml_s", "Mitral valve", "dot"),
        ("pump_flow_ml_s", "Pump", "dash"),
    ),
    "volumes": (("lv_volume_ml", "LV", "solid"),),
}


def html(study: Study) -> str:
    """The report as one HTML file: no network is asked for anything, and what was typed is text, never markup."""
    beats = {study.letters[name]: beat for name, beat in study.beats.items()}
    script = (_ASSETS / "report.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html")
        .render(
            data=content(study),
            curves={"beats": _beats(study), "panels": _panels(beats)},
            # No script but this one runs, whatever a name holds; pictures are in the file; nothing else is let in.
            policy=f"default-src 'none'; script-src 'sha256-{digest}'; style-src 'unsafe-inline'; img-src data:; "
            "base-uri 'none'; form-action 'none'",
            script=script,
            style=(_ASSETS / "report.css").read_text(encoding="utf-8"),
            contour=_data_uri("png", study.contour_png) if study.contour_png is not None else "",
            loops=_data_uri("svg+xml", figures.pressure_volume_loops(beats)),
            waveforms=_data_uri("svg+xml", figures.waveforms(beats)),
            ramp=_data_uri("svg+xml", figures.ramp(study.ramp, study.ramp_speeds)) if study.ramp is not None else "",
        )
    )


@cache
def _environment() -> Environment:
    folder = FileSystemLoader(_ASSETS)
    return Environment(loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _data_uri(kind: str, data: bytes) -> str:
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _beats(study: Study) -> list[dict[str, Any]]:
    """What every beat is called, its colour, and the time between the samples that are drawn."""
    colours = (figures.PATIENT_COLOUR, *figures.SCENARIO_COLOURS)
    return [
        {"letter": study.letters[name], "colour": colour, "step_s": float(beat.time_s[1]) * _EVERY}
        for (name, beat), colour in zip(study.beats.items(), colours, strict=False)
    ]


def _panels(beats: dict[str, Beat]) -> list[dict[str, Any]]:
    """The panels to draw: axes, and curves with the beat they are of."""
    time = {"title": "Time in the cycle (s)", "unit": "s", "digits": 2}
    volume = {"title": "LV volume (mL)", "unit": "mL", "digits": 0}
    pressure = {"title": "Pressure (mmHg)", "unit": "mmHg", "digits": 0}
    flow = {"title": "Flow (mL/s)", "unit": "mL/s", "digits": 0}
    shown = {i: beat for i, beat in enumerate(beats.values()) if figures.is_drawn(beat, beats)}
    loops = [
        {
            "beat": i,
            "label": "LV",
            "dash": "solid",
            "x": _drawn(beat.lv_volume_ml),
            "y": _drawn(beat.lv_pressure_mmhg),
            "lines": figures.relations(beat),
        }
        for i, beat in shown.items()
    ]
    panels: list[dict[str, Any]] = [
        {
            "name": "loop",
            "alt": "LV pressure against LV volume, one loop a beat",
            "x": volume,
            "y": {**pressure, "title": "LV pressure (mmHg)"},
            "curves": loops,
        }
    ]
    for name, axis in (("pressures", pressure), ("flows", flow), ("volumes", volume)):
        curves = [
            {"beat": i, "label": label, "dash": dash, "x": None, "y": _drawn(getattr(beat, key))}
            for i, beat in shown.items()
            for key, label, dash in _SIGNALS[name]
            if key != "pump_flow_ml_s" or beat.pump is not None
        ]
        panels.append({"name": name, "alt": f"{axis['title']} over the cycle", "x": time, "y": axis, "curves": curves})
    return panels


def _drawn(values: Iterable[float]) -> list[float]:
    return [float(one) for one in np.round(np.asarray(values)[::_EVERY], 1)]
