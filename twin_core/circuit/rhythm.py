"""Irregular rhythms: one circuit carried from beat to beat through cycles of different length."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from twin_core.circuit import circuits
from twin_core.circuit.beat import Beat
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.solver import integrate

SAMPLES_PER_CYCLE = 250


@dataclass(frozen=True, kw_only=True, eq=False)
class Rhythm:
    """Consecutive beats; samples lie SAMPLES_PER_CYCLE to a beat, closer in a short one.

    Attributes:
        time_s: Time from the start of the first beat, s (samples,).
        lv_volume_ml: Left-ventricular volume, mL (samples,).
        starts_s: Start of each beat, s (beats,).
    """

    time_s: np.ndarray
    lv_volume_ml: np.ndarray
    starts_s: np.ndarray


def irregular(beat: Beat, periods_s: Sequence[float]) -> Rhythm:
    """Run a circuit from a steady beat through cycles of the given lengths, at its own parameters otherwise.

    A short cycle leaves the ventricle less filled and a pause fills it more. The potentiation of contractility after a
    premature beat is not modelled.

    Args:
        beat: The steady beat to start from, with its pump if it has one.
        periods_s: Length of each cycle, s; each within the bounds of the heart rate.

    Raises:
        ParameterError: If there is no period, one is out of bounds, or the circuit cannot be integrated.
    """
    if not len(periods_s) or not all(period > 0 for period in periods_s):
        raise ParameterError(f"periods = {list(periods_s)} s must be one or more positive lengths of a beat.")
    state, start = beat.initial_state, 0.0
    times, volumes, starts = [], [], []
    for period in periods_s:
        parameters = replace(beat.parameters, heart_rate_bpm=60.0 / period)
        rows = circuits.pack(parameters, beat.pump, beat.speed_rpm or 0.0)
        within = np.linspace(0.0, period, SAMPLES_PER_CYCLE + 1)
        states = integrate(state, within, rows)
        if states is None:
            raise ParameterError(f"the circuit cannot be integrated over a beat of {period:.3f} s; lengthen it.")
        times.append(start + within[:-1])
        volumes.append(states[:-1, 0])
        starts.append(start)
        state, start = states[-1], start + period
    times.append(np.array([start]))
    volumes.append(state[:1])
    return Rhythm(time_s=np.concatenate(times), lv_volume_ml=np.concatenate(volumes), starts_s=np.array(starts))
