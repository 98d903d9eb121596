"""Print figures of beats, as vector graphics."""

from __future__ import annotations

import io
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from twin_core.circuit import Beat

# Okabe & Ito's colour-blind-safe palette; the patient is grey, what-ifs follow in this order.
PATIENT_COLOUR = "#7a7a7a"
SCENARIO_COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7")
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


def _axes(figure: Figure, position: int, of: int, x: str, y: str) -> Axes:
    axes = figure.add_subplot(1, of, position)
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(alpha=0.25, linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    return axes


def pressure_volume_loops(beats: Mapping[str, Beat]) -> bytes:
    """SVG of LV pressure against volume, with each beat's end-systolic and passive lines.

    Args:
        beats: Beats by name, the patient first.
    """
    figure = Figure(figsize=(4.4, 3.5), layout="constrained")
    axes = _axes(figure, 1, 1, "LV volume (mL)", "LV pressure (mmHg)")
    top = 1.1 * max(beat.lv_peak_pressure_mmhg for beat in beats.values())
    for (name, beat), colour in zip(beats.items(), _colours(beats), strict=True):
        axes.plot(beat.lv_volume_ml, beat.lv_pressure_mmhg, color=colour, label=name, linewidth=1.4)
        v0 = beat.parameters.unstressed_volume_ml
        reach = top / beat.end_systolic_elastance_mmhg_per_ml
        axes.plot([v0, v0 + reach], [0, top], color=colour, linewidth=0.6, alpha=0.7)
        passive = beat.parameters.emin_mmhg_per_ml * (beat.edv_ml * 1.1 - v0)
        axes.plot([v0, beat.edv_ml * 1.1], [0, passive], color=colour, linewidth=0.6, alpha=0.7)
    axes.set_xlim(0, 1.15 * max(beat.edv_ml for beat in beats.values()))
    axes.set_ylim(0, top)
    axes.legend(frameon=False, fontsize=8)
    return _svg(figure)


def waveforms(beats: Mapping[str, Beat]) -> bytes:
    """SVG of pressures and flows over one cycle, one line style a signal, one colour a beat.

    Args:
        beats: Beats by name, the patient first.
    """
    figure = Figure(figsize=(7.4, 3.0), layout="constrained")
    pressures = _axes(figure, 1, 2, "Time (s)", "Pressure (mmHg)")
    flows = _axes(figure, 2, 2, "Time (s)", "Flow (mL/s)")
    for axes, signals in ((pressures, _PRESSURES), (flows, _FLOWS)):
        for beat, colour in zip(beats.values(), _colours(beats), strict=True):
            for key, _, dash in signals:
                if key == "pump_flow_ml_s" and beat.pump is None:
                    continue
                axes.plot(beat.time_s, getattr(beat, key), dash, color=colour, linewidth=1.1)
        for _, label, dash in signals:
            axes.plot([], [], dash, color="black", linewidth=1.1, label=label)
        axes.legend(frameon=False, fontsize=7, ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))
    return _svg(figure)
