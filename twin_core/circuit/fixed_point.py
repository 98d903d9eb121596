"""The periodic state as a fixed point of the beat-to-beat map: the acceleration and its bounds, written once."""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from twin_core.circuit.equations import apply_reflex
from twin_core.circuit.rosenbrock import integrate_cycle

MAX_CYCLES = 120
TOLERANCE = 1e-6  # of 100 mL, 100 mmHg, 100 mL/s
SCALE = 100.0
MEMORY = 7  # residual differences that the acceleration keeps; the closed loop has several slow modes
_RCOND = 1e-10


@njit(cache=True)
def accelerate(guesses: np.ndarray, steps: np.ndarray, used: int) -> np.ndarray:
    """Next guess of the fixed point from past guesses and their steps (Anderson; Walker & Ni 2011, type II).

    Combinations are affine, so what the map conserves stays conserved.

    Args:
        guesses: Past guesses, newest last, shape (at least used, unknowns).
        steps: What one cycle added to each, same shape.
        used: How many rows count, from the first.
    """
    last = used - 1
    plain = guesses[last] + steps[last]
    if used == 1:
        return plain
    differences = np.empty((guesses.shape[1], last))
    moves = np.empty_like(differences)
    for k in range(last):
        differences[:, k] = steps[k + 1] - steps[k]
        moves[:, k] = guesses[k + 1] - guesses[k]
    gamma = np.linalg.lstsq(differences, np.ascontiguousarray(steps[last]), _RCOND)[0]
    return plain - (moves + differences) @ gamma


@njit(cache=True)
def find(
    guess: np.ndarray, rows: np.ndarray, reflex: bool, tolerance: float, rtol: float, atol: float
) -> tuple[np.ndarray, float, int]:
    """Fixed point of one circuit by the compiled integrator.

    Args:
        guess: State and, last, the mean arterial pressure the baroreflex senses, shape (states + 1,).
        rows: One record of ``PACKED``, shape (1,); left with the reflex applied.
        reflex: Whether the baroreflex acts.
        tolerance: Residual to stop at, as ``TOLERANCE``.
        rtol: Relative tolerance of the integrator.
        atol: Absolute tolerance of the integrator.

    Returns:
        The guess with the smallest residual, that residual, and the cycles integrated.
    """
    n = guess.size - 1
    nothing = np.empty((0, n))
    best, best_residual = guess.copy(), np.inf
    guesses, steps = np.empty((MEMORY + 1, n + 1)), np.empty((MEMORY + 1, n + 1))
    used = 0
    cycles = 0
    point = guess.copy()
    while cycles < MAX_CYCLES:
        if reflex:
            apply_reflex(rows, point[n])
        end, mean_pressure, done = integrate_cycle(point[:n], rows[0], rtol, atol, nothing)
        cycles += 1
        if not done:  # an extrapolation left the region where the circuit can be integrated
            if used == 0:
                break
            point, used = best.copy(), 0
            continue
        step = np.empty(n + 1)
        step[:n] = end - point[:n]
        step[n] = mean_pressure - point[n] if reflex else 0.0
        residual = np.abs(step).max() / SCALE
        if residual < best_residual:
            best, best_residual = point.copy(), residual
        if residual < tolerance:
            break
        if used == MEMORY + 1:
            guesses[:-1], steps[:-1] = guesses[1:].copy(), steps[1:].copy()
            used -= 1
        guesses[used], steps[used] = point, step
        used += 1
        point = accelerate(guesses, steps, used)
    if reflex:
        apply_reflex(rows, best[n])
    return best, best_residual, cycles


@njit(cache=True, parallel=True)
def find_all(
    guesses: np.ndarray, rows: np.ndarray, reflex: bool, rtol: float, atol: float, samples: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixed points of many circuits at once, one core a circuit.

    Args:
        guesses: As ``find``, one a row, shape (circuits, states + 1).
        rows: Records of ``PACKED``, shape (circuits,); left with the reflex applied.
        reflex: Whether the baroreflex acts.
        rtol: Relative tolerance of the integrator.
        atol: Absolute tolerance of the integrator.
        samples: Filled with the states of one cycle, shape (circuits, times, states).

    Returns:
        Fixed points, residuals (infinite where integration failed) and cycles, one a row.
    """
    count = guesses.shape[0]
    found = np.empty_like(guesses)
    residuals, cycles = np.empty(count), np.empty(count, np.int64)
    for k in prange(count):
        found[k], residuals[k], cycles[k] = find(guesses[k], rows[k : k + 1], reflex, TOLERANCE, rtol, atol)
        done = integrate_cycle(found[k, :-1], rows[k], rtol, atol, samples[k])[2]
        if not done:
            residuals[k] = np.inf
    return found, residuals, cycles
