"""Print figures of beats, as vector graphics."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from twin_core.circuit import Beat
from twin_core.circuit.pressure_volume import edpvr_mmhg
from twin_core.ramp import RampStudy, Targets

# Okabe & Ito's colour-blind-safe palette; the patient is grey, what-ifs follow in this order.
PATIENT_COLOUR = "#7a7a7a"
SCENARIO_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
_RAMP_COLOUR = "#0072B2"
_PASSIVE_POINTS = 25  # enough for the closed loop's exponential to look smooth
_ZONE: dict[str, Any] = {"color": "#009E73", "alpha": 0.14, "linewidth": 0}
_MEETS: dict[str, Any] = {"marker": "o", "markersize": 4, "color": _RAMP_COLOUR}
_MISSES: dict[str, Any] = {"marker": "D", "markersize": 3.6, "markerfacecolor": "white", "markeredgecolor": "#D55E00"}
_FLOWS = (
    ("aortic_valve_flow_ml_s", "Aortic valve", "-"),
    ("mitral_flow_ml_s", "Mitral valve", ":"),
    ("pump_flow_ml_s", "Pump", "--"),
)
_PRESSURES = (
    ("lv_pressure_mmhg", "LV", "-"),
    ("aortic_waveform_mmhg", "Aorta", "--"),
    ("left_atrial_waveform_mmhg", "Left atrium", ":"),
)


def _colours(beats: Mapping[str, Beat]) -> list[str]:
    scenarios = [SCENARIO_COLOURS[i % len(SCENARIO_COLOURS)] for i in range(len(beats) - 1)]
    return [PATIENT_COLOUR, *scenarios]


def _svg(figure: Figure) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _steady(beats: Mapping[str, Beat]) -> list[Beat]:
    """The beats that axes are made for: all of them if none is steady."""
    return [beat for beat in beats.values() if beat.status != "not_periodic"] or list(beats.values())


def is_drawn(beat: Beat, beats: Mapping[str, Beat]) -> bool:
    """Whether to draw a waveform: one that ran away would leave no room for the others."""
    return any(beat is one for one in _steady(beats))


def _axes(figure: Figure, position: int, of: int, x: str, y: str) -> Axes:
    axes = figure.add_subplot(1, of, position)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.tick_params(labelsize=8)
    axes.xaxis.label.set_fontsize(8)
    axes.yaxis.label.set_fontsize(8)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def pressure_volume_loops(beats: Mapping[str, Beat]) -> bytes:
    """SVG of LV pressure against volume, with each beat's end-systolic and passive lines.

    Args:
        beats: Beats by name, the patient first.
    """
    figure = Figure(figsize=(3.4, 2.7), layout="constrained")
    axes = _axes(figure, 1, 1, "LV volume (mL)", "LV pressure (mmHg)")
    steady = _steady(beats)
    top = 1.1 * max(beat.lv_peak_pressure_mmhg for beat in steady)
    for (name, beat), colour in zip(beats.items(), _colours(beats), strict=True):
        axes.plot(beat.lv_volume_ml, beat.lv_pressure_mmhg, color=colour, label=name, linewidth=1.4)
        for line in relations(beat, top):
            axes.plot(*zip(*line, strict=True), color=colour, linewidth=0.6, alpha=0.7)
    axes.set_xlim(0, 1.15 * max(beat.edv_ml for beat in steady))
    axes.set_ylim(0, top)
    axes.legend(frameon=False, fontsize=7, ncols=5, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure)


def relations(beat: Beat, top_mmhg: float | None = None) -> list[list[list[float]]]:
    """Points, in mL and mmHg, along a beat's end-systolic and passive pressure–volume relations.

    Args:
        beat: The beat.
        top_mmhg: Pressure up to which the end-systolic one is drawn; a tenth over the beat's own if left out.
    """
    top = top_mmhg or 1.1 * beat.lv_peak_pressure_mmhg
    v0 = beat.parameters.unstressed_volume_ml
    reach = v0 + top / beat.end_systolic_elastance_mmhg_per_ml
    filled = np.linspace(v0, 1.1 * beat.edv_ml, _PASSIVE_POINTS)
    passive = np.column_stack([filled, edpvr_mmhg(beat, filled)]).round(2).tolist()
    return [[[v0, 0.0], [reach, top]], passive]


def waveforms(beats: Mapping[str, Beat]) -> bytes:
    """SVG of pressures and flows over one cycle, one line style a signal, one colour a beat.

    Args:
        beats: Beats by name, the patient first.
    """
    figure = Figure(figsize=(7.1, 2.3), layout="constrained")
    figure.get_layout_engine().set(wspace=0.05)  # type: ignore[union-attr, call-arg]
    pressures = _axes(figure, 1, 2, "Time (s)", "Pressure (mmHg)")
    flows = _axes(figure, 2, 2, "Time (s)", "Flow (mL/s)")
    for axes, signals in ((pressures, _PRESSURES), (flows, _FLOWS)):
        for beat, colour in zip(beats.values(), _colours(beats), strict=True):
            for key, _, dash in signals if is_drawn(beat, beats) else ():
                if key == "pump_flow_ml_s" and beat.pump is None:
                    continue
                axes.plot(beat.time_s, getattr(beat, key), dash, color=colour, linewidth=1.1)
        for key, label, dash in signals:
            if key == "pump_flow_ml_s" and all(beat.pump is None for beat in beats.values()):
                continue
            axes.plot([], [], dash, color="black", linewidth=1.1, label=label)
        axes.legend(frameon=False, fontsize=7, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure)


def ramp(study: RampStudy, at_rpm: Sequence[float] = ()) -> bytes:
    """SVG of a pump's ramp: what each speed does, target zones in green, recommended speeds in blue.

    Args:
        study: The ramp, in the closed loop.
        at_rpm: Speeds to draw a line at.
    """
    figure = Figure(figsize=(7.1, 1.85), layout="constrained")
    figure.get_layout_engine().set(wspace=0.04)  # type: ignore[union-attr, call-arg]
    speeds = [step.speed_rpm for step in study.steps]
    good = [not step.reasons for step in study.steps]
    rows, half = [step.row() for step in study.steps], 0.5 * (speeds[1] - speeds[0]) if len(speeds) > 1 else 50.0
    for place, (key, title, zone) in enumerate(_ramp_panels(study.targets), 1):
        axes = _axes(figure, place, 5, "rpm", "")
        axes.set_title(title, fontsize=8)
        axes.tick_params(labelsize=7)
        axes.xaxis.label.set_fontsize(7)
        axes.xaxis.set_major_locator(MaxNLocator(3))
        axes.yaxis.set_major_locator(MaxNLocator(5))
        values = np.array([row[key] for row in rows], float)
        low, high = _span([*values[np.isfinite(values)], *(end for end in zone if end is not None)])
        axes.axhspan(*(end if end is not None else far for end, far in zip(zone, (low, high), strict=True)), **_ZONE)
        if any(good):
            inside = [speed for speed, fits in zip(speeds, good, strict=True) if fits]
            reach = min(inside) - 0.5 * half, max(inside) + 0.5 * half
            axes.axvspan(*reach, color=_RAMP_COLOUR, alpha=0.07, linewidth=0)
            axes.axvspan(*reach, ymax=0.035, color=_RAMP_COLOUR, linewidth=0)
        for speed in at_rpm:
            axes.axvline(speed, color="black", linestyle=":", linewidth=0.9)
        axes.plot(speeds, values, color=_RAMP_COLOUR, linewidth=1.1, zorder=2)
        for fits, style in ((True, _MEETS), (False, _MISSES)):
            here = np.array(good) == fits
            axes.plot(np.array(speeds)[here], values[here], linestyle="none", zorder=3, **style)
        axes.set_xlim(min(speeds) - half, max(speeds) + half)
        axes.set_ylim(low, high)
    return _svg(figure)


def _ramp_panels(aims: Targets) -> tuple[tuple[str, str, tuple[float | None, float | None]], ...]:
    """Key of a step's row, title and target zone of each panel, in the order clinicians read them."""
    return (
        (
            "mean_arterial_pressure_mmhg",
            "MAP (mmHg)",
            (aims.mean_pressure_low_mmhg, aims.mean_pressure_high_mmhg),
        ),
        ("left_atrial_pressure_mmhg", "PCWP (mmHg)", (None, aims.wedge_pressure_mmhg)),
        ("central_venous_pressure_mmhg", "CVP (mmHg)", (None, aims.central_venous_pressure_mmhg)),
        ("pump_flow_l_min", "Pump flow (L/min)", (0.0, None)),
        ("aortic_valve_open_fraction", "AV open (of cycle)", (aims.valve_open_fraction, None)),
    )


def _span(held: Sequence[float]) -> tuple[float, float]:
    """Axis range round the values it holds, with a margin; not below 0 for what is never negative."""
    low, high = min(held), max(held)
    margin = 0.12 * (high - low) or 0.5
    return (max(low - margin, 0.0) if low >= 0 else low - margin), high + margin
