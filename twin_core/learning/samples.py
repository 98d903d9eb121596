"""Circuits drawn from the box of the learned parameters, each solved for its volumes."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from twin_core.circuit import LEARNED, CircuitParameters, solve_periodic
from twin_core.learning.box import LOWER, UPPER

_PART = 128  # circuits solved between two progress reports


@dataclass(frozen=True, kw_only=True, eq=False)
class CircuitSamples:
    """Solved circuits.

    Attributes:
        parameters: values of the learned parameters in the order of ``LEARNED`` and their own units (N, 7).
        edv_ml: largest volume of the beat, mL (N,).
        esv_ml: smallest volume of the beat, mL (N,).
        periodic: whether a steady beat was found (N,); volumes of the others are no steady state.
    """

    parameters: NDArray[np.float64]
    edv_ml: NDArray[np.float64]
    esv_ml: NDArray[np.float64]
    periodic: NDArray[np.bool_]

    def steady(self) -> CircuitSamples:
        """Only the circuits with a steady beat."""
        keep = self.periodic
        return CircuitSamples(
            parameters=self.parameters[keep],
            edv_ml=self.edv_ml[keep],
            esv_ml=self.esv_ml[keep],
            periodic=self.periodic[keep],
        )


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


def solve(parameters: NDArray[np.float64]) -> CircuitSamples:
    """Solve circuits one after the other; parameters not learned keep their defaults.

    Args:
        parameters: values in the order of ``LEARNED`` (N, 7).

    Raises:
        ParameterError: a value out of bounds.
    """
    edv, esv, periodic = [], [], []
    for row in parameters:
        beat = solve_periodic(CircuitParameters.from_dict(dict(zip(LEARNED, row.tolist(), strict=True))))
        edv.append(beat.edv_ml)
        esv.append(beat.esv_ml)
        periodic.append(beat.status == "periodic")
    return CircuitSamples(
        parameters=parameters, edv_ml=np.array(edv), esv_ml=np.array(esv), periodic=np.array(periodic, bool)
    )


def circuit_samples(
    count: int, seed: int, *, workers: int = 1, report: Callable[[str], None] = lambda line: None
) -> CircuitSamples:
    """Sobol points of the box, solved.

    Args:
        count: number of circuits, a power of two.
        seed: of the Sobol points.
        workers: processes; the result does not depend on it.
        report: receives a line of progress now and then.

    Raises:
        ValueError: count is not a power of two.
    """
    points = sobol_parameters(count, seed)
    parts = [points[i : i + _PART] for i in range(0, count, _PART)]
    if workers <= 1:
        return _joined([_counted(solve(part), i, len(parts), report) for i, part in enumerate(parts)])
    # Spawned, not forked: the parent may already run torch's threads, which a fork would leave half alive.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return _joined([_counted(done, i, len(parts), report) for i, done in enumerate(pool.map(solve, parts))])


def _counted(done: CircuitSamples, i: int, parts: int, report: Callable[[str], None]) -> CircuitSamples:
    if (i + 1) % 16 == 0:
        report(f"solved {100 * (i + 1) / parts:.0f} % of the circuits")
    return done


def _joined(parts: Sequence[CircuitSamples]) -> CircuitSamples:
    return CircuitSamples(
        parameters=np.concatenate([p.parameters for p in parts]),
        edv_ml=np.concatenate([p.edv_ml for p in parts]),
        esv_ml=np.concatenate([p.esv_ml for p in parts]),
        periodic=np.concatenate([p.periodic for p in parts]),
    )
