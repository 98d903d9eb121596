"""The panels of the What-if page: which curves of patient, pinned what-ifs and what-if stand where."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dashboard.charts import FLOWS, LOOP_EVERY, PRESSURES, VOLUMES, WAVEFORM_EVERY, Axes
from dashboard.panels import Line, Panel, Scale
from dashboard.pump_panel import pump_panel
from twin_core.circuit import Beat
from twin_core.circuit.pressure_volume import edpvr_mmhg, espvr_mmhg, potential_energy_outline

BEATS = 2  # drawn over time
PATIENT, WHAT_IF = "Patient", "What-if"
WAVEFORMS_TAB, VOLUMES_TAB = "Pressures and flows", "Volumes"
_OUTLINE_EVERY = 20  # samples of the loop around an area: what is filled needs fewer than what is drawn
_VALVES = ((1.0, "Mitral", "mitral_flow_ml_s"), (0.0, "Aortic", "aortic_valve_flow_ml_s"))


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A beat on the panels.

    Attributes:
        beat: The beat.
        name: Whose it is.
        tone: Its colour.
        loop_dash: How its loop is dashed; over time the dash tells the site.
        loop_width: Of its loop, in pixels.
        width: Of its curves over time, in pixels.
        still: Whether a slider in motion leaves it as it is.
    """

    beat: Beat
    name: str
    tone: str
    loop_dash: str = "solid"
    loop_width: float
    width: float
    still: bool = True


def shown(patient: Beat, what_if: Beat, pinned: Mapping[str, Beat]) -> tuple[Shown, ...]:
    """Patient, pinned what-ifs by name, and the what-if in front of them all."""
    pins = (
        Shown(beat=beat, name=name, tone=f"pin-{i}", loop_dash=f"pin-{i}", loop_width=2.0, width=1.3)
        for i, (name, beat) in enumerate(pinned.items(), 1)
    )
    return (
        Shown(beat=patient, name=PATIENT, tone="patient", loop_width=6.0, width=3.5),
        *pins,
        Shown(beat=what_if, name=WHAT_IF, tone="what-if", loop_width=2.5, width=1.8, still=False),
    )


def results_panels(
    patient: Beat, what_if: Beat, axes: Axes, pinned: Mapping[str, Beat] | None = None
) -> tuple[Panel, ...]:
    """The pressure–volume loop above tabs of pressures and flows with valve bars, of volumes, and of the pump's plane.

    Args:
        patient: The patient's own beat.
        what_if: The what-if.
        axes: The axes' ranges.
        pinned: Pinned what-ifs by name.
    """
    beats = shown(patient, what_if, pinned or {})
    return (
        loop_panel(beats, axes),
        pressure_panel(beats, axes),
        flow_panel(beats, axes),
        valve_panel(beats, axes),
        volume_panel(beats, axes),
        pump_panel(what_if, axes),
    )


def loop_panel(beats: tuple[Shown, ...], axes: Axes) -> Panel:
    """LV pressure against LV volume, with the relations the loops touch and the areas of work."""
    what_if = beats[-1].beat
    loops = tuple(
        Line(
            label=one.name,
            beat=one.name,
            tone=one.tone,
            x=one.beat.lv_volume_ml[::LOOP_EVERY],
            y=one.beat.lv_pressure_mmhg[::LOOP_EVERY],
            dash=one.loop_dash,
            width=one.loop_width,
            legend=one.name,
            still=one.still,
        )
        for one in beats
    )
    relations = tuple(line for one in (beats[0], beats[-1]) for line in _relations(one, axes))
    return Panel(
        name="loop",
        alt="Pressure-volume loop of patient and what-if",
        height=262,
        x=Scale(title="LV volume (mL)", unit="mL", span=axes.volume_ml),
        y=Scale(title="LV pressure (mmHg)", unit="mmHg", span=axes.pressure_mmhg),
        lines=(*_areas(what_if), *relations, *loops),
        read="point",
    )


def _relations(one: Shown, axes: Axes) -> tuple[Line, Line]:
    """The ESPVR and the EDPVR of a beat, as far as the axes go."""
    v0 = one.beat.parameters.unstressed_volume_ml
    volumes = np.linspace(v0, max(axes.volume_ml[1], v0 + 1.0), 25)
    dashes = {"ESPVR": "dash", "EDPVR": "dot"}
    curves = {"ESPVR": espvr_mmhg(one.beat, volumes[[0, -1]]), "EDPVR": edpvr_mmhg(one.beat, volumes)}
    first, second = (
        Line(
            label=label,
            beat=one.name,
            tone=one.tone,
            x=volumes[[0, -1]] if label == "ESPVR" else volumes,
            y=curves[label],
            dash=dash,
            width=1.2,
            legend=label,
            layer="lines",
            still=one.still,
        )
        for label, dash in dashes.items()
    )
    return first, second


def _areas(beat: Beat) -> tuple[Line, Line]:
    """Stroke work and potential energy of the what-if: together its pressure–volume area."""
    outline = slice(None, None, _OUTLINE_EVERY)
    volume, pressure = potential_energy_outline(beat)
    # Of the loop the same samples in both areas, which then meet without a gap; corners stay where they are.
    end_systole = int(beat.elastance_mmhg_per_ml.argmax())
    samples = np.arange(end_systole, beat.time_s.size)
    shared = (samples % _OUTLINE_EVERY == 0) | (samples == end_systole) | (samples == samples[-1])
    kept = np.r_[0, 1 + np.flatnonzero(shared), 1 + samples.size : volume.size]
    work = (beat.lv_volume_ml[outline], beat.lv_pressure_mmhg[outline])
    named = (
        ("SW", *work, f"SW {beat.stroke_work_mmhg_ml:.0f}"),
        (
            "PE",
            volume[kept],
            pressure[kept],
            f"PE {beat.potential_energy_mmhg_ml:.0f} (PVA {beat.pressure_volume_area_mmhg_ml:.0f} mmHg·mL)",
        ),
    )
    first, second = (
        Line(
            label=label,
            beat=WHAT_IF,
            tone="work" if label == "SW" else "energy",
            x=x,
            y=y,
            dash="solid",
            width=0.0,
            legend=legend,
            layer="areas",
        )
        for label, x, y, legend in named
    )
    return first, second


def pressure_panel(beats: tuple[Shown, ...], axes: Axes) -> Panel:
    """Pressures over two beats: one dash a site, one colour a beat."""
    return Panel(
        name="pressures",
        alt="Pressures over the cycle, patient and what-if",
        height=136,
        x=_time(axes, ""),
        y=Scale(title="Pressure (mmHg)", unit="mmHg", span=axes.pressure_mmhg),
        lines=_over_time(beats, PRESSURES),
        read="column",
        tab=WAVEFORMS_TAB,
    )


def flow_panel(beats: tuple[Shown, ...], axes: Axes) -> Panel:
    """Flows over two beats: one dash a valve, one colour a beat."""
    return Panel(
        name="flows",
        alt="Flows over the cycle, patient and what-if",
        height=136,
        x=_time(axes, ""),
        y=Scale(title="Flow (mL/s)", unit="mL/s", span=axes.flow_ml_s),
        lines=_over_time(beats, FLOWS),
        read="column",
        tab=WAVEFORMS_TAB,
    )


def volume_panel(beats: tuple[Shown, ...], axes: Axes) -> Panel:
    """Volumes of the ventricles over two beats."""
    return Panel(
        name="volumes",
        alt="Volumes over the cycle, patient and what-if",
        height=340,
        x=_time(axes, "Time (s)"),
        y=Scale(title="Volume (mL)", unit="mL", span=axes.chamber_volume_ml),
        lines=_over_time(beats, VOLUMES),
        read="column",
        tab=VOLUMES_TAB,
    )


def valve_panel(beats: tuple[Shown, ...], axes: Axes) -> Panel:
    """When mitral and aortic valve are open: a bar of the what-if above a narrower one of the patient."""
    bars = []
    for one, lift, width in ((beats[0], -0.28, 4.0), (beats[-1], 0.12, 8.0)):
        for row, valve, flow in _VALVES:
            x, y = _open(one.beat, getattr(one.beat, flow), row + lift)
            bars.append(
                Line(label=valve, beat=one.name, tone=one.tone, x=x, y=y, dash="solid", width=width, still=one.still)
            )
    return Panel(
        name="valves",
        alt="Valves open over the cycle, patient and what-if",
        height=68,
        x=_time(axes, "Time (s)"),
        y=Scale(title="Open", unit="", span=(-0.6, 1.6), names={row: valve for row, valve, _ in _VALVES}),
        lines=tuple(bars),
        read="nothing",
        tab=WAVEFORMS_TAB,
    )


def _open(beat: Beat, flow: NDArray[np.float64], at: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Where blood crosses a valve over the beats drawn: times in s and a height, broken where it is shut."""
    period = float(beat.time_s[-1])
    passing = np.concatenate([[False], flow > 0.0, [False]])
    edges = np.flatnonzero(passing[1:] != passing[:-1])
    starts, ends = edges[::2], np.minimum(edges[1::2], flow.size - 1)
    x = [
        time
        for k in range(BEATS)
        for start, end in zip(starts, ends, strict=True)
        for time in (k * period + beat.time_s[start], k * period + beat.time_s[end], np.nan)
    ]
    times = np.array(x, dtype=float)
    return times, np.where(np.isnan(times), np.nan, at)


def _time(axes: Axes, title: str) -> Scale:
    return Scale(title=title, unit="s", span=(0.0, BEATS * axes.time_s[1]), digits=2)


def _over_time(beats: tuple[Shown, ...], signals: tuple[tuple[str, str, str], ...]) -> tuple[Line, ...]:
    return tuple(
        Line(
            label=label,
            beat=one.name,
            tone=one.tone,
            x=float(one.beat.time_s[1]) * WAVEFORM_EVERY,  # a beat that could not be integrated has two samples
            y=getattr(one.beat, key)[::WAVEFORM_EVERY],
            dash=dash,
            width=one.width,
            legend=label,
            beats=BEATS,
            still=one.still,
        )
        for one in beats
        for key, label, dash in signals
        if hasattr(one.beat, key) and (key != "pump_flow_ml_s" or one.beat.pump is not None)
    )
