"""Runs that are not a steady beat: a pump's artificial pulse, whose period is not a whole number of beats."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np

from twin_core.circuit import equations
from twin_core.circuit.beat import Beat
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.pumps import Pump
from twin_core.circuit.solver import integrate
from twin_core.circuit.units import L_MIN_PER_ML_S

_SPACING_S = 0.002
_SAME_TIME_S = 1e-7
MAX_DURATION_S = 120.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Transient:
    """Waveforms over a stretch of time; all arrays have shape (samples,), times are uniform.

    Attributes:
        time_s: Time from the start of a beat.
        speed_rpm: Pump speed.
        lv_volume_ml: Left-ventricular volume.
        lv_pressure_mmhg: Left-ventricular pressure.
        aortic_waveform_mmhg: Aortic pressure.
        pump_flow_ml_s: Pump flow.
    """

    time_s: np.ndarray
    speed_rpm: np.ndarray
    lv_volume_ml: np.ndarray
    lv_pressure_mmhg: np.ndarray
    aortic_waveform_mmhg: np.ndarray
    pump_flow_ml_s: np.ndarray

    @property
    def pump_flow_l_min(self) -> float:
        """Mean pump flow."""
        return L_MIN_PER_ML_S * float(self.pump_flow_ml_s.mean())


def simulate_pulse(beat: Beat, duration_s: float) -> Transient:
    """The patient on a pump with its artificial pulse running, from the steady beat without it.

    Reflex and heart rate stay as they are in the beat.

    Args:
        beat: A steady beat on a pump that has an artificial pulse.
        duration_s: How long to run, up to 120 s.

    Raises:
        ParameterError: If the pump has no artificial pulse or runs too slow for it, the duration is out of bounds,
            or the circuit cannot be integrated.
    """
    pump, set_speed = beat.pump, beat.speed_rpm
    if pump is None or set_speed is None or pump.pulse is None:
        raise ParameterError(f"{pump.label if pump else 'no pump'} has no artificial pulse; choose heartmate3.")
    if set_speed < pump.pulse.lowest_speed_rpm:
        raise ParameterError(
            f"the artificial pulse starts at {pump.pulse.lowest_speed_rpm:.0f} rpm, the pump runs at {set_speed:.0f}; "
            "raise the speed."
        )
    if not 0 < duration_s <= MAX_DURATION_S:
        raise ParameterError(f"duration = {duration_s} s is not between 0 and {MAX_DURATION_S:.0f} s.")
    cycle = float(beat.time_s[-1])
    grid = np.arange(0.0, duration_s + _SPACING_S / 2, _SPACING_S)
    speeds = np.array([_speed_at(t, set_speed, pump) for t in grid])
    edges = _edges(duration_s, cycle, pump)
    states = np.empty((grid.size, beat.initial_state.size))
    lv_pressure = np.empty(grid.size)
    state = beat.initial_state
    for start, end in itertools.pairwise(edges):
        middle = (start + end) / 2
        row = beat.record.copy()
        row["h0"], row["h1"], row["h2"] = pump.head_coefficients(_speed_at(middle, set_speed, pump))
        beat_start = np.floor(middle / cycle) * cycle
        inside = (grid > start + _SAME_TIME_S) & (grid <= end - _SAME_TIME_S)
        times = np.maximum(np.concatenate([[start], grid[inside], [end]]) - beat_start, 0.0)  # edges are rounded
        solved = integrate(state, times, row)
        if solved is None:
            raise ParameterError("the circuit cannot be integrated through the artificial pulse; lower the speed.")
        here = inside | (np.abs(grid - start) <= _SAME_TIME_S) | (np.abs(grid - end) <= _SAME_TIME_S)
        for k in np.flatnonzero(here):
            t = max(grid[k] - beat_start, 0.0)
            states[k] = solved[int(np.argmin(np.abs(times - t)))]
            lv_pressure[k] = equations.lv_pressure(states[k, 0], t, row[0])
        state = solved[-1]
    return Transient(
        time_s=grid,
        speed_rpm=speeds,
        lv_volume_ml=states[:, 0],
        lv_pressure_mmhg=lv_pressure,
        aortic_waveform_mmhg=states[:, 3],
        pump_flow_ml_s=states[:, -1],
    )


def _speed_at(time_s: float, set_speed: float, pump: Pump) -> float:
    assert pump.pulse is not None
    left = time_s % pump.pulse.period_s
    for duration, change in pump.pulse.phases:
        if left < duration:
            return set_speed + change
        left -= duration
    return set_speed


def _edges(duration_s: float, cycle_s: float, pump: Pump) -> np.ndarray:
    """Times at which a beat starts or the speed changes, ends included."""
    assert pump.pulse is not None
    beats = np.arange(0.0, duration_s, cycle_s)
    offsets = np.concatenate([[0.0], np.cumsum([duration for duration, _ in pump.pulse.phases])])
    pulses = np.add.outer(np.arange(0.0, duration_s, pump.pulse.period_s), offsets).ravel()
    edges = np.unique(np.concatenate([beats, pulses[pulses < duration_s], [duration_s]]).round(9))
    return edges
