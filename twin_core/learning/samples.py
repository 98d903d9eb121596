"""Circuits drawn from the box of the learned parameters, each solved for its volume over the beat."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.stats import qmc

from twin_core.circuit import LEARNED, CircuitParameters
from twin_core.circuit.cohort import solve_cohort
from twin_core.learning.box import LOWER, UPPER

PHASES = 64
"""Phases of the beat at which volume is known: k / 64 of the cycle, from its start as the circuit counts it."""

_PART = 1024  # circuits solved at a time: their whole waveforms are in memory together
_PARTS_A_REPORT = 8


@dataclass(frozen=True, kw_only=True, eq=False)
class CircuitSamples:
    """Solved circuits.

    Attributes:
        parameters: values of the learned parameters in the order of ``LEARNED`` and their own units (N, 7).
        edv_ml: largest volume of the beat, mL (N,).
        esv_ml: smallest volume of the beat, mL (N,).
        volume_ml: volume at the PHASES of the beat, mL, float32 (N, PHASES).
        periodic: whether a steady beat was found (N,); volumes of the others are no steady state.
    """

    parameters: NDArray[np.float64]
    edv_ml: NDArray[np.float64]
    esv_ml: NDArray[np.float64]
    volume_ml: NDArray[np.float32]
    periodic: NDArray[np.bool_]

    def steady(self) -> CircuitSamples:
        """Only the circuits with a steady beat."""
        return CircuitSamples(**{f.name: getattr(self, f.name)[self.periodic] for f in fields(self)})


def sobol_parameters(count: int, seed: int) -> NDArray[np.float64]:
    """Scrambled Sobol points (Owen 1998) in the box of the learned parameters, (count, 7).

    Args:
        count: number of points, a power of two (only then are they balanced).
        seed: of the scrambling; another seed gives points that share none with the first.

    Raises:
        ValueError: count is not a power of two.
    """
    if count < 1 or count & (count - 1):
        raise ValueError(f"samples must be a power of two for Sobol points, got {count}: give e.g. 16384")
    unit = qmc.Sobol(len(LEARNED), seed=seed).random_base2(count.bit_length() - 1)
    return np.asarray(LOWER + unit * (UPPER - LOWER))


def corners() -> NDArray[np.float64]:
    """The corners of the box, every parameter at one of its bounds, (128, 7)."""
    return np.array(list(itertools.product(*zip(LOWER, UPPER, strict=True))))


def solve(
    parameters: NDArray[np.float64], *, threads: int = 1, report: Callable[[str], None] = lambda line: None
) -> CircuitSamples:
    """Solve circuits by the batch kernel; parameters not learned keep their defaults.

    Args:
        parameters: values in the order of ``LEARNED`` (N, 7).
        threads: cores to use; the result does not depend on it.
        report: receives a line of progress now and then.

    Raises:
        ParameterError: a value out of bounds.
    """
    torch_threads = torch.get_num_threads()
    parts = [parameters[i : i + _PART] for i in range(0, len(parameters), _PART)]
    solved = []
    for i, part in enumerate(parts):
        solved.append(_solve_part(part, threads))
        if (i + 1) % _PARTS_A_REPORT == 0:
            report(f"solved {100 * (i + 1) / len(parts):.0f} % of the circuits")
    # numba's first parallel call sets the number of OpenMP threads of the whole process, torch's too: small networks
    # then train ten times slower, and not as the caller's number of threads would have it.
    torch.set_num_threads(torch_threads)
    return _joined(solved)


def circuit_samples(
    count: int, seed: int, *, threads: int = 1, report: Callable[[str], None] = lambda line: None
) -> CircuitSamples:
    """Sobol points of the box, solved.

    Args:
        count: number of circuits, a power of two.
        seed: of the Sobol points.
        threads: cores to use; the result does not depend on it.
        report: receives a line of progress now and then.

    Raises:
        ValueError: count is not a power of two.
    """
    return solve(sobol_parameters(count, seed), threads=threads, report=report)


def _solve_part(parameters: NDArray[np.float64], threads: int) -> CircuitSamples:
    circuits = [CircuitParameters.from_dict(dict(zip(LEARNED, row.tolist(), strict=True))) for row in parameters]
    beats = solve_cohort(circuits, threads=threads)
    phases = np.arange(PHASES) / PHASES
    # The beat has a sample every thousandth of it: a straight line between two is off by less than 0.001 mL.
    volume = [np.interp(phases * beat.time_s[-1], beat.time_s, beat.lv_volume_ml) for beat in beats]
    return CircuitSamples(
        parameters=parameters,
        edv_ml=np.array([beat.edv_ml for beat in beats]),
        esv_ml=np.array([beat.esv_ml for beat in beats]),
        volume_ml=np.array(volume, np.float32),
        periodic=np.array([beat.status == "periodic" for beat in beats], bool),
    )


def _joined(parts: Sequence[CircuitSamples]) -> CircuitSamples:
    return CircuitSamples(
        **{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(CircuitSamples)}
    )
