"""Figures of a patient's beat and a what-if beside it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import plotly.graph_objects as go

from dashboard import palette
from twin_core.circuit import Beat
from twin_core.circuit.pump_plane import operating_loop

PATIENT_COLOUR, WHAT_IF_COLOUR = palette.PATIENT.light, palette.WHAT_IF.light
_TEXT_COLOUR = "#758090"  # readable on both grounds; Streamlit colours only the first legend of a figure
LOOP_EVERY, WAVEFORM_EVERY = 5, 8  # samples drawn: 201 and 126 of 1001; more cannot be seen and costs time
PRESSURES = (
    ("lv_pressure_mmhg", "LV", "solid"),
    ("aortic_waveform_mmhg", "Aorta", "dash"),
    ("left_atrial_waveform_mmhg", "Left atrium", "dot"),
)
FLOWS = (
    ("aortic_valve_flow_ml_s", "Aortic", "solid"),
    ("mitral_flow_ml_s", "Mitral", "dot"),
    ("pump_flow_ml_s", "Pump", "dash"),
)
VOLUMES = (("lv_volume_ml", "LV", "solid"), ("rv_volume_ml", "RV", "dash"))
CONFIG = {"displayModeBar": False, "scrollZoom": False, "doubleClick": False, "showTips": False}
"""Plotly settings: hover reads values off; nothing else moves the axes."""


@dataclass(frozen=True, kw_only=True)
class Axes:
    """Axis ranges (low, high) that hold still for a patient and only ever grow.

    Attributes:
        volume_ml: LV volume.
        pressure_mmhg: Pressures.
        flow_ml_s: Flows.
        time_s: Time within the cycle.
        chamber_volume_ml: Volumes of the ventricles.
        pump_flow_l_min: Flow through the pump.
        pump_head_mmhg: Head of the pump.
    """

    volume_ml: tuple[float, float] = (0.0, 0.0)
    pressure_mmhg: tuple[float, float] = (0.0, 0.0)
    flow_ml_s: tuple[float, float] = (0.0, 0.0)
    time_s: tuple[float, float] = (0.0, 0.0)
    chamber_volume_ml: tuple[float, float] = (0.0, 0.0)
    pump_flow_l_min: tuple[float, float] = (-2.0, 12.0)
    pump_head_mmhg: tuple[float, float] = (0.0, 140.0)

    @classmethod
    def around(cls, patient: Beat) -> Axes:
        """Axes for a new patient, with room for most what-ifs."""
        return cls().covering(patient, margin=0.25)

    def covering(self, beat: Beat, margin: float = 0.06) -> Axes:
        """The same axes where the beat fits on them, else the next larger round ones with a margin (share)."""
        pressures = [getattr(beat, key) for key, *_ in PRESSURES]
        flows = [getattr(beat, key) for key, *_ in FLOWS]
        chambers = [getattr(beat, key) for key, *_ in VOLUMES if hasattr(beat, key)]
        pump_flow, pump_head = operating_loop(beat) if beat.pump else (np.zeros(1), np.zeros(1))
        return Axes(
            volume_ml=_grown(self.volume_ml, [beat.lv_volume_ml], 25.0, margin),
            pressure_mmhg=_grown(self.pressure_mmhg, pressures, 20.0, margin),
            flow_ml_s=_grown(self.flow_ml_s, flows, 200.0, margin),
            time_s=_grown(self.time_s, [beat.time_s], 0.1, 0.0),
            chamber_volume_ml=_grown(self.chamber_volume_ml, chambers, 25.0, margin),
            pump_flow_l_min=_grown(self.pump_flow_l_min, [pump_flow], 2.0, margin),
            pump_head_mmhg=_grown(self.pump_head_mmhg, [pump_head], 20.0, margin),
        )


def _grown(old: tuple[float, float], waveforms: list[np.ndarray], step: float, margin: float) -> tuple[float, float]:
    """The range widened to hold the waveforms with a margin (share of their span), in whole steps; holds 0."""
    low = min(0.0, *(float(w.min()) for w in waveforms))
    high = max(0.0, *(float(w.max()) for w in waveforms))
    space = margin * (high - low)
    if low < old[0]:
        old = (step * math.floor((low - space) / step), old[1])
    if high > old[1]:
        old = (old[0], step * math.ceil((high + space) / step))
    return old


def pressure_volume_loop(patient: Beat, what_if: Beat, axes: Axes, height: int = 284) -> go.Figure:
    """LV pressure against LV volume: the patient in grey under the what-if in colour."""
    loops = [
        _line(beat.lv_pressure_mmhg[::LOOP_EVERY], name=name, color=colour, width=width)
        | {"x": beat.lv_volume_ml[::LOOP_EVERY].astype(np.float32), "hovertemplate": "%{x:.0f} mL, %{y:.0f} mmHg"}
        for beat, name, colour, width in (
            (patient, "Patient", PATIENT_COLOUR, 6.0),
            (what_if, "What-if", WHAT_IF_COLOUR, 2.5),
        )
    ]
    return _figure(
        loops,
        height=height,
        xaxis=_axis("LV volume (mL)", axes.volume_ml) | {"showgrid": False},
        yaxis=_axis("LV pressure (mmHg)", axes.pressure_mmhg),
        legend=_legend(1.0),
    )


def waveforms(patient: Beat, what_if: Beat, axes: Axes, height: int = 310) -> go.Figure:
    """Pressures above flows over the cycle on one time axis: one dash a site, one colour a beat."""
    lines = []
    for beat, colour, width, in_legend in ((patient, PATIENT_COLOUR, 3.5, False), (what_if, WHAT_IF_COLOUR, 1.8, True)):
        for signals, panel, unit in ((PRESSURES, "", "mmHg"), (FLOWS, "2", "mL/s")):
            for key, label, dash in signals:
                if key == "pump_flow_ml_s" and beat.pump is None:
                    continue
                values = getattr(beat, key)[::WAVEFORM_EVERY]
                line = _line(values, name=label, color=colour, width=width, dash=dash)
                line |= {
                    "x0": 0.0,
                    "dx": float(beat.time_s[WAVEFORM_EVERY]),
                    "hovertemplate": f"{label} %{{y:.0f}} {unit} at %{{x:.2f}} s",
                    # The legends explain the dashes, on the what-if's lines; colours are explained at the loop.
                    "showlegend": in_legend,
                    "legend": f"legend{panel}",
                    "yaxis": f"y{panel}",
                }
                lines.append(line)
    return _figure(
        lines,
        height=height,
        xaxis=_axis("Time in the cycle (s)", axes.time_s) | {"showgrid": False, "anchor": "y2"},
        yaxis=_axis("Pressure (mmHg)", axes.pressure_mmhg) | {"domain": [0.56, 1.0]},
        yaxis2=_axis("Flow (mL/s)", axes.flow_ml_s) | {"domain": [0.0, 0.44]},
        legend=_legend(1.0),
        legend2=_legend(0.44),
    )


def _line(values: np.ndarray, *, name: str, **style: Any) -> dict[str, Any]:
    return {
        "type": "scatter",
        "mode": "lines",
        "y": values.astype(np.float32),
        "name": name,
        "line": style,
        "hoverlabel": {"namelength": 0},
    }


def _axis(title: str, span: tuple[float, float]) -> dict[str, Any]:
    return {
        "title": {"text": title, "font": {"size": 12}, "standoff": 12},
        "range": span,
        "fixedrange": True,
        "tickfont": {"size": 11},
        "zeroline": span[0] < 0,
        "nticks": 6,
        "automargin": False,
    }


def _legend(y: float) -> dict[str, Any]:
    return {"orientation": "h", "x": 0, "y": y, "yanchor": "bottom", "font": {"size": 12, "color": _TEXT_COLOUR}}


def _figure(lines: list[dict[str, Any]], *, height: int, **layout: Any) -> go.Figure:
    layout |= {
        "height": height,
        "margin": {"l": 56, "r": 8, "t": 20, "b": 36},
        "hovermode": "closest",
        "dragmode": False,
        "uirevision": "still",
        "template": "none",
    }
    return go.Figure({"data": lines, "layout": layout})
