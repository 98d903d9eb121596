"""The pump's plane of head and flow: its curves at several speeds, and what it runs through over one beat."""

from __future__ import annotations

import numpy as np

from dashboard.charts import LOOP_EVERY, Axes
from dashboard.panels import Line, Panel, Scale
from twin_core.circuit import Beat
from twin_core.circuit.pump_plane import curve_speeds, operating_loop, steady_head_mmhg
from twin_core.circuit.pumps import Pump

TAB = "Pump H–Q"
_NO_PUMP = "No pump is running. Switch “LVAD on” to see its head–flow curves and the loop it runs through over a beat."
_POINTS = 61


def pump_panel(what_if: Beat, axes: Axes) -> Panel:
    """Head against flow: curves with their speeds, the what-if's own speed, and its loop over one beat."""
    return Panel(
        name="pump",
        alt="Pump head against flow over the cycle, with the pump's curves",
        height=340,
        x=Scale(title="Pump flow (L/min)", unit="L/min", span=axes.pump_flow_l_min, digits=1),
        y=Scale(title="Head: aorta − LV (mmHg)", unit="mmHg", span=axes.pump_head_mmhg),
        lines=() if what_if.pump is None else (*_curves(what_if.pump, axes), *_own(what_if, axes)),
        read="point",
        tab=TAB,
        empty=_NO_PUMP if what_if.pump is None else "",
    )


def _curves(pump: Pump, axes: Axes) -> tuple[Line, ...]:
    return tuple(
        _curve(pump, speed, axes, beat="Curve", tone="quiet", dash="solid", still=True, legend="")
        for speed in curve_speeds(pump)
    )


def _own(beat: Beat, axes: Axes) -> tuple[Line, ...]:
    """The curve of the what-if's speed, and the loop around it."""
    if beat.pump is None or beat.speed_rpm is None:
        return ()
    flow, head = operating_loop(beat)
    loop = Line(
        label="Over one beat",
        beat="What-if",
        tone="what-if",
        x=flow[::LOOP_EVERY],
        y=head[::LOOP_EVERY],
        dash="solid",
        width=2.5,
        legend="Over one beat",
    )
    own = _curve(
        beat.pump, beat.speed_rpm, axes, beat="What-if", tone="what-if", dash="dash", still=False, legend="Steady flow"
    )
    return own, loop


def _curve(
    pump: Pump, speed_rpm: float, axes: Axes, *, beat: str, tone: str, dash: str, still: bool, legend: str
) -> Line:
    flow = np.linspace(*axes.pump_flow_l_min, _POINTS)
    head = steady_head_mmhg(pump, speed_rpm, flow)
    return Line(
        label=f"{speed_rpm:.0f} rpm" if still else "Own speed",
        beat=beat,
        tone=tone,
        x=flow,
        y=head,
        dash=dash,
        width=1.2,
        legend=legend,
        tag=_tag(f"{speed_rpm:.0f} rpm", flow, head, axes) if still else None,
        still=still,
    )


def _tag(text: str, flow: np.ndarray, head: np.ndarray, axes: Axes) -> tuple[str, float, float] | None:
    """A curve's name where it enters the plane, at the left or above; None for a curve that is not in sight."""
    low, high = axes.pump_head_mmhg
    inside = np.flatnonzero((head >= low) & (head <= high))
    return (text, float(flow[inside[0]]), float(head[inside[0]])) if inside.size else None
