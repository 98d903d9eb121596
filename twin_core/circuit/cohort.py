"""Many circuits at once: the same equations behind the compiled, parallel integrator."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numba
import numpy as np

from twin_core.circuit import circuits, fixed_point
from twin_core.circuit.beat import Beat
from twin_core.circuit.circuits import AORTIC
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.integrated_cycle import beat_from_states
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.pumps import Pump
from twin_core.circuit.solver import check_pump

_RTOL, _ATOL = 1e-6, 1e-5  # indices then agree with LSODA's within 0.1 % over the parameter box
_SAMPLES = 1001
_BATCH = 256  # circuits whose waveforms are in memory at a time
_one_cohort = threading.Lock()  # numba's plainest threading layer ends the process if two threads are in it at once


def solve_cohort(
    patients: Sequence[LeftHeartParameters],
    *,
    pump: Pump | None = None,
    speed_rpm: float | None = None,
    reflex: bool = True,
    threads: int | None = None,
) -> list[Beat]:
    """The periodic beat of every patient, in order, on all cores.

    Args:
        patients: Parameters, all of the same circuit.
        pump: Pump fitted to everyone, or None.
        speed_rpm: Its speed; needed with a pump and only then.
        reflex: Whether the baroreflex acts, where the circuit has one.
        threads: Cores to use at most; all when None. The beats do not depend on it.

    Returns:
        Beats; one that did not become periodic is there, flagged, so that statuses can be counted.

    Raises:
        ParameterError: If the patients are of different circuits, or pump and speed do not go together.
        ValueError: If threads is less than 1.
    """
    check_pump(pump, speed_rpm)
    if threads is not None and threads < 1:
        raise ValueError(f"threads must be at least 1, got {threads}: leave it out for all cores")
    if not patients:
        return []
    circuit = circuits.of(patients[0])
    if any(circuits.of(patient) is not circuit for patient in patients):
        raise ParameterError("the cohort mixes circuits; solve the patients of each circuit by themselves.")
    before = numba.get_num_threads()
    numba.set_num_threads(min(threads or before, before))
    try:
        return _solved(patients, circuit, pump, speed_rpm, reflex)
    finally:
        numba.set_num_threads(before)


def _solved(
    patients: Sequence[LeftHeartParameters],
    circuit: circuits.Circuit,
    pump: Pump | None,
    speed_rpm: float | None,
    reflex: bool,
) -> list[Beat]:
    """Beats of patients of one circuit, a batch at a time."""
    beats: list[Beat] = []
    for first in range(0, len(patients), _BATCH):
        batch = patients[first : first + _BATCH]
        rows = np.concatenate([circuits.pack(patient, pump, speed_rpm or 0.0) for patient in batch])
        states = np.array([circuit.initial_state(patient, pump) for patient in batch])
        weights = np.array([circuit.weights(patient, states.shape[1]) for patient in batch])
        guesses = np.column_stack([states, states[:, AORTIC]])
        samples = np.empty((len(batch), _SAMPLES, states.shape[1]))
        with _one_cohort:
            found, residuals, cycles = fixed_point.find_all(
                guesses, rows, weights, reflex and circuit.has_reflex, _RTOL, _ATOL, samples
            )
        for k, patient in enumerate(batch):
            one = samples[k] if np.isfinite(residuals[k]) else None
            beats.append(
                beat_from_states(
                    one, found[k, :-1], rows[k : k + 1], patient, pump, speed_rpm, float(residuals[k]), int(cycles[k])
                )
            )
    return beats
