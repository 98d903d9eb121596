"""A ramp study as clinicians draw it: each quantity against pump speed, target zones and recommended speeds shaded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from dashboard.palette import ACCENT, BORDER, GROUND, TARGET, TEXT, WHAT_IF
from twin_core.circuit import ClosedLoopBeat
from twin_core.ramp import Step, Targets

_COLUMNS = 4


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One small multiple.

    Attributes:
        key: Key of a step's row.
        title: Name and unit, over the panel.
        digits: Digits after the point where the pointer rests.
        zone: Target zone (low, high), an end None where it is open; None without a target.
        closed_loop_only: Whether the quantity needs a right heart.
        ceiling: Largest value worth an axis; larger ones run off it.
    """

    key: str
    title: str
    digits: int
    zone: tuple[float | None, float | None] | None = None
    closed_loop_only: bool = False
    ceiling: float | None = None


def panels(targets: Targets) -> tuple[Panel, ...]:
    """The quantities a ramp is judged by, in the order clinicians read them."""
    mean = (targets.mean_pressure_low_mmhg, targets.mean_pressure_high_mmhg)
    return (
        Panel(key="mean_arterial_pressure_mmhg", title="MAP (mmHg)", digits=0, zone=mean),
        Panel(key="left_atrial_pressure_mmhg", title="PCWP (mmHg)", digits=1, zone=(None, targets.wedge_pressure_mmhg)),
        Panel(
            key="central_venous_pressure_mmhg",
            title="CVP (mmHg)",
            digits=1,
            zone=(None, targets.central_venous_pressure_mmhg),
            closed_loop_only=True,
        ),
        Panel(key="lv_end_diastolic_diameter_cm", title="LVEDD (cm)", digits=1),
        Panel(key="pump_flow_l_min", title="Pump flow (L/min)", digits=2, zone=(0.0, None)),
        Panel(key="cardiac_output_l_min", title="Cardiac output (L/min)", digits=2),
        Panel(key="pulsatility_index", title="Pulsatility index", digits=1, ceiling=10.0),
        Panel(
            key="aortic_valve_open_fraction",
            title="Aortic valve open (of cycle)",
            digits=2,
            zone=(targets.valve_open_fraction, None),
        ),
    )


def small_multiples(steps: Sequence[Step], targets: Targets, chosen_rpm: float | None = None) -> go.Figure:
    """Every quantity against speed.

    Filled circles meet every target, open diamonds miss one or more: shape says it as well as colour.

    Args:
        steps: The ramp's steps, at least one.
        targets: What it was judged by.
        chosen_rpm: Speed to draw a line at.
    """
    meets, misses, text = ACCENT.light, WHAT_IF.light, TEXT.light
    zone, reached = TARGET.faint(0.16), ACCENT.faint(0.08)
    closed = isinstance(steps[0].beat, ClosedLoopBeat)
    shown = [panel for panel in panels(targets) if closed or not panel.closed_loop_only]
    rows = [step.row() for step in steps]
    figure = make_subplots(
        rows=-(-len(shown) // _COLUMNS),
        cols=_COLUMNS,
        subplot_titles=[panel.title for panel in shown],
        shared_xaxes=False,
        vertical_spacing=0.2,
        horizontal_spacing=0.055,
    )
    speeds = [step.speed_rpm for step in steps]
    good = [not step.reasons for step in steps]
    pad = (max(speeds) - min(speeds)) * 0.04 or 100.0
    for place, panel in enumerate(shown):
        at: dict[str, Any] = {"row": place // _COLUMNS + 1, "col": place % _COLUMNS + 1}
        values = [row[panel.key] for row in rows]
        low, high = _range([value for value in values if _fits(value, panel.ceiling)], panel.zone)
        if panel.zone is not None:
            bottom, top = panel.zone
            _band(figure, at, y=(low if bottom is None else bottom, high if top is None else top), colour=zone)
        if any(good):
            inside = [speed for speed, fits in zip(speeds, good, strict=True) if fits]
            half = (speeds[1] - speeds[0]) / 2 if len(speeds) > 1 else pad
            reach = (min(inside) - half * 0.5, max(inside) + half * 0.5)
            _band(figure, at, x=reach, y=(low, high), colour=reached)
            _band(figure, at, x=reach, y=(low, low + 0.035 * (high - low)), colour=meets)
        if chosen_rpm is not None:
            figure.add_shape(
                type="line",
                x0=chosen_rpm,
                x1=chosen_rpm,
                y0=low,
                y1=high,
                line={"color": text, "dash": "dot"},
                **at,
            )
        figure.add_trace(
            go.Scatter(
                x=speeds,
                y=values,
                mode="lines+markers",
                line={"color": meets, "width": 1.8},
                marker={
                    "size": 8,
                    "color": [meets if fits else GROUND.light for fits in good],
                    "line": {"color": [meets if fits else misses for fits in good], "width": 1.6},
                    "symbol": ["circle" if fits else "diamond" for fits in good],
                },
                # Without these, choosing a point would fade all the others.
                selected={"marker": {"opacity": 1.0}},
                unselected={"marker": {"opacity": 1.0}},
                hovertemplate=f"%{{x:.0f}} rpm: %{{y:.{panel.digits}f}}<extra></extra>",
                showlegend=False,
            ),
            **at,
        )
        figure.update_yaxes(
            range=[low, high],
            fixedrange=True,
            nticks=5,
            tickfont={"size": 11, "color": text},
            gridcolor=BORDER.light,
            zerolinecolor=BORDER.light,
            **at,
        )
        figure.update_xaxes(
            range=[min(speeds) - pad, max(speeds) + pad],
            # Axes fixed both ways take no clicks: this one could be dragged, but has nowhere to go.
            fixedrange=False,
            minallowed=min(speeds) - pad,
            maxallowed=max(speeds) + pad,
            nticks=4,
            tickfont={"size": 11, "color": text},
            showgrid=False,
            tickformat="d",
            title={"text": "rpm", "font": {"size": 11, "color": text}, "standoff": 14},
            **at,
        )
    for title in figure.layout.annotations:
        title.font.size = 13
    figure.update_layout(
        height=232 * -(-len(shown) // _COLUMNS),
        margin={"l": 34, "r": 8, "t": 26, "b": 36},
        hovermode="closest",
        clickmode="event+select",
        template="none",
        font={"color": text},
        paper_bgcolor="rgba(0, 0, 0, 0)",
        plot_bgcolor="rgba(0, 0, 0, 0)",
    )
    return figure


def _fits(value: float | None, ceiling: float | None) -> bool:
    return value is not None and (ceiling is None or value <= ceiling)


def _range(values: Sequence[float], zone: tuple[float | None, float | None] | None) -> tuple[float, float]:
    """Axis range that holds the values and the ends of the zone, with a margin."""
    held = list(values)
    held += [end for end in zone or () if end is not None]
    if not held:
        return (0.0, 1.0)
    low, high = min(held), max(held)
    margin = 0.12 * (high - low) or 0.5
    return (max(low - margin, 0.0) if low >= 0 else low - margin, high + margin)


def _band(
    figure: go.Figure,
    at: dict[str, Any],
    *,
    y: tuple[float, float],
    colour: str,
    x: tuple[float, float] | None = None,
) -> None:
    figure.add_shape(
        type="rect",
        xref="x" if x else "x domain",
        x0=x[0] if x else 0,
        x1=x[1] if x else 1,
        y0=y[0],
        y1=y[1],
        fillcolor=colour,
        line={"width": 0},
        layer="below",
        **at,
    )
