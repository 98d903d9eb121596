"""The panels beside the sliders: which curves of a patient and a what-if stand where, ready to be drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from dashboard.charts import (
    FLOWS,
    LOOP_EVERY,
    PATIENT_COLOUR,
    PRESSURES,
    WAVEFORM_EVERY,
    WHAT_IF_COLOUR,
    Axes,
)
from twin_core.circuit import Beat

_TICKS = 7  # at most, on an axis
_PATIENT, _WHAT_IF = "Patient", "What-if"


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One axis of a panel.

    Attributes:
        title: What is on it, with its unit; empty where the panel below has the same axis.
        unit: The unit alone.
        span: Smallest and largest value shown.
        digits: Digits after the point where a value is read off.
    """

    title: str
    unit: str
    span: tuple[float, float]
    digits: int = 0

    def ticks(self) -> list[float]:
        """Round values that cut the axis into at most six parts."""
        low, high = self.span
        if not high > low:
            return []
        rough = (high - low) / (_TICKS - 1)
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= rough * (1 - 1e-9))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [round(step * i, 10) for i in range(first, last + 1)]


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve.

    Attributes:
        label: What is drawn.
        beat: Whose it is: ``Patient`` or ``What-if``.
        x: Abscissae, shape (n,); or the distance between evenly spaced ones that start at 0.
        y: Ordinates, shape (n,).
        dash: ``solid``, ``dash`` or ``dot``.
        width: In pixels.
    """

    label: str
    beat: str
    x: NDArray[np.float64] | float
    y: NDArray[np.float64]
    dash: str
    width: float


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes with its curves.

    Attributes:
        name: Identifier.
        alt: What a screen reader says of it.
        height: In pixels.
        x: Horizontal axis.
        y: Vertical axis.
        lines: The curves, those in front last.
        legend: What the legend tells apart: ``beat`` by colour, or ``label`` by dash.
        read: What the pointer reads off: the ``point`` nearest to it, or the ``column`` under it.
    """

    name: str
    alt: str
    height: int
    x: Scale
    y: Scale
    lines: tuple[Line, ...]
    legend: Literal["beat", "label"]
    read: Literal["point", "column"]

    def to_json(self) -> dict[str, Any]:
        """The panel as the browser takes it: what is drawn is rounded to a fraction of a pixel."""
        return {
            "name": self.name,
            "alt": self.alt,
            "height": self.height,
            "x": _scale_json(self.x),
            "y": _scale_json(self.y),
            "legend": self.legend,
            "read": self.read,
            "lines": [
                {
                    "label": line.label,
                    "beat": line.beat,
                    "colour": PATIENT_COLOUR if line.beat == _PATIENT else WHAT_IF_COLOUR,
                    "dash": line.dash,
                    "width": line.width,
                    "x": float(line.x) if isinstance(line.x, float | int) else np.round(line.x, 1).tolist(),
                    "y": np.round(line.y, 1).tolist(),
                }
                for line in self.lines
            ],
        }


def _scale_json(scale: Scale) -> dict[str, Any]:
    return {
        "title": scale.title,
        "unit": scale.unit,
        "span": scale.span,
        "digits": scale.digits,
        "ticks": scale.ticks(),
    }


def results_panels(patient: Beat, what_if: Beat, axes: Axes) -> tuple[Panel, ...]:
    """The pressure–volume loop above pressures and flows over the cycle."""
    return (
        loop_panel(patient, what_if, axes),
        pressure_panel(patient, what_if, axes),
        flow_panel(patient, what_if, axes),
    )


def loop_panel(patient: Beat, what_if: Beat, axes: Axes) -> Panel:
    """LV pressure against LV volume: the patient in grey under the what-if in colour."""
    return Panel(
        name="loop",
        alt="Pressure-volume loop of patient and what-if",
        height=256,
        x=Scale(title="LV volume (mL)", unit="mL", span=axes.volume_ml),
        y=Scale(title="LV pressure (mmHg)", unit="mmHg", span=axes.pressure_mmhg),
        lines=tuple(
            Line(
                label=label,
                beat=label,
                x=beat.lv_volume_ml[::LOOP_EVERY],
                y=beat.lv_pressure_mmhg[::LOOP_EVERY],
                dash="solid",
                width=width,
            )
            for beat, label, width in ((patient, _PATIENT, 6.0), (what_if, _WHAT_IF, 2.5))
        ),
        legend="beat",
        read="point",
    )


def pressure_panel(patient: Beat, what_if: Beat, axes: Axes) -> Panel:
    """Pressures over the cycle: one dash a site, one colour a beat."""
    return _over_time(
        "pressures",
        "Pressures over the cycle, patient and what-if",
        PRESSURES,
        Scale(title="", unit="s", span=axes.time_s, digits=2),
        Scale(title="Pressure (mmHg)", unit="mmHg", span=axes.pressure_mmhg),
        patient,
        what_if,
    )


def flow_panel(patient: Beat, what_if: Beat, axes: Axes) -> Panel:
    """Flows over the cycle: one dash a valve, one colour a beat."""
    return _over_time(
        "flows",
        "Flows over the cycle, patient and what-if",
        FLOWS,
        Scale(title="Time in the cycle (s)", unit="s", span=axes.time_s, digits=2),
        Scale(title="Flow (mL/s)", unit="mL/s", span=axes.flow_ml_s),
        patient,
        what_if,
    )


def _over_time(
    name: str,
    alt: str,
    signals: tuple[tuple[str, str, str], ...],
    x: Scale,
    y: Scale,
    patient: Beat,
    what_if: Beat,
) -> Panel:
    lines = tuple(
        Line(
            label=label,
            beat=whose,
            x=float(beat.time_s[WAVEFORM_EVERY]),
            y=getattr(beat, key)[::WAVEFORM_EVERY],
            dash=dash,
            width=width,
        )
        for beat, whose, width in ((patient, _PATIENT, 3.5), (what_if, _WHAT_IF, 1.8))
        for key, label, dash in signals
        if key != "pump_flow_ml_s" or beat.pump is not None
    )
    height = 150 if x.title else 136  # the same height for the curves
    return Panel(name=name, alt=alt, height=height, x=x, y=y, lines=lines, legend="label", read="column")
