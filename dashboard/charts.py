"""What every picture of a patient's beat and a what-if beside it shares: signals, colours, axes that hold still."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from twin_core.circuit import Beat
from twin_core.circuit.pump_plane import operating_loop

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
    held = np.concatenate(waveforms)
    held = held[np.isfinite(held)]  # a beat that ran away may hold values that no axis does
    low, high = float(held.min(initial=0.0)), float(held.max(initial=0.0))
    space = margin * (high - low)
    if low < old[0]:
        old = (step * math.floor((low - space) / step), old[1])
    if high > old[1]:
        old = (old[0], step * math.ceil((high + space) / step))
    return old
