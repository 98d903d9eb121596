"""The periodic state as a fixed point of the beat-to-beat map: the search and its bounds, written once.

Newton's steps, from the sensitivity that the integrator carries along, with Anderson's correction by the last one.
"""

from __future__ import annotations

import numpy as np
from numba import njit, prange

from twin_core.circuit.equations import apply_reflex
from twin_core.circuit.rosenbrock import factorise, integrate_cycle, substitute_columns

MAX_CYCLES = 120
TOLERANCE = 1e-6  # of 100 mL, 100 mmHg, 100 mL/s
SCALE = 100.0
_STAGES = 3
_ROUGH = (1e-2, 1e-3, 1e-2)  # tolerance of the first stage, its rtol and atol: far off, cheap cycles do
_TIGHTER = 0.1  # of rtol and atol, in the last stage, for a circuit that noise keeps just short of periodic
_STAGE_CYCLES = 30  # at most; three stages leave cycles for whoever refines the answer
_PATIENCE = (5, 10, _STAGE_CYCLES)  # cycles of each stage that may go by without halving the residual
_SLOW = 0.1  # a residual that shrinks by less calls for a new sensitivity
_PRESSURE_CHANGE = 1.0  # mmHg, for the derivative by the sensed pressure
_LARGEST = 1e6  # entry of a usable Newton matrix; the slowest modes of a circuit give some hundreds


@njit(cache=True, error_model="numpy")
def accelerate(
    guess: np.ndarray, step: np.ndarray, last_guess: np.ndarray, last_step: np.ndarray, mixing: np.ndarray
) -> np.ndarray:
    """Next guess of the fixed point from the last two (Anderson, depth 1; Walker & Ni 2011, type II).

    The combination is affine, so what the map conserves stays conserved. Deeper memory misleads across the kinks
    that valves put into the map.

    Args:
        guess: The newest guess, shape (unknowns,).
        step: What one cycle added to it.
        last_guess: The guess before; the same again if there is none.
        last_step: What one cycle added to that.
        mixing: What a step is multiplied by, shape (unknowns, unknowns): ``newton_mixing``, or the identity for
            plain iteration.
    """
    above, below = 0.0, 0.0
    for i in range(step.size):
        change = step[i] - last_step[i]
        above += change * step[i]
        below += change * change
    share = above / below if below > 0.0 else 0.0
    following = guess - share * (guess - last_guess)
    for j in range(step.size):
        left = step[j] - share * (step[j] - last_step[j])
        for i in range(step.size):
            following[i] += mixing[i, j] * left
    return following


@njit(cache=True, error_model="numpy")
def newton_mixing(sensitivity: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The matrix that makes a cycle's step Newton's: the inverse of I − S where the map conserves nothing.

    What it conserves (blood volume, weights w) makes I − S singular, wᵀ(I − S) = 0; with w wᵀ added the inverse exists
    and moves none of it.

    Args:
        sensitivity: Derivatives S of what a cycle ends with by what it starts from, shape (unknowns, unknowns).
        weights: Weights of the conserved volume in the leading unknowns, shape (states,).

    Returns:
        The matrix, shape (unknowns, unknowns); the identity (plain iteration) where there is no usable inverse.
    """
    n = sensitivity.shape[0]
    gap, mixing = np.eye(n) - sensitivity, np.eye(n)
    size = 0.0
    for weight in weights:
        size += weight * weight
    for i in range(weights.size):
        for j in range(weights.size):
            gap[i, j] += weights[i] * weights[j] / size
    pivots = np.empty(n, np.int64)
    factorise(gap, pivots)
    substitute_columns(gap, pivots, mixing)
    for entry in mixing.flat:
        if not abs(entry) < _LARGEST:  # NaN too
            return np.eye(n)
    return mixing


@njit(cache=True, error_model="numpy")
def find(
    guess: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray,
    reflex: bool,
    tolerance: float,
    rtol: float,
    atol: float,
    samples: np.ndarray,
) -> tuple[np.ndarray, float, int, np.ndarray]:
    """Fixed point of one circuit by the compiled integrator: roughly first, then as asked, tighter if need be.

    Args:
        guess: State and, last, the mean arterial pressure the baroreflex senses, shape (states + 1,).
        rows: One record of ``PACKED``, shape (1,); left with the reflex applied.
        weights: Weights of the conserved volume, shape (states,).
        reflex: Whether the baroreflex acts.
        tolerance: Residual to stop at, as ``TOLERANCE``.
        rtol: Relative tolerance of the integrator.
        atol: Absolute tolerance of the integrator.
        samples: Filled with the states of the cycle found, shape (times, states); none if it has no rows.

    Returns:
        The guess with the smallest residual, that residual (infinite if it cannot be integrated), the cycles
        integrated, and the matrix that makes a cycle's step Newton's there, for whoever refines the answer.
    """
    n = guess.size - 1
    unsampled, insensitive = np.empty((0, n)), np.empty((0, n))
    by_state, sensitivity = np.empty((n + 1, n)), np.zeros((n + 1, n + 1))
    mixing, fresh = np.eye(n + 1), True
    found, found_residual, cycles = guess.copy(), np.inf, 0
    for stage in range(_STAGES):
        until, relative, absolute = tolerance, rtol, atol
        if stage == 0:
            until, relative, absolute = max(tolerance, _ROUGH[0]), max(rtol, _ROUGH[1]), max(atol, _ROUGH[2])
        elif stage == _STAGES - 1:
            relative, absolute, fresh = _TIGHTER * rtol, _TIGHTER * atol, True
        stop, waited = cycles + _STAGE_CYCLES, 0
        point, best, best_residual, before = found.copy(), found.copy(), np.inf, np.inf
        last_point, last_step = point, np.zeros(n + 1)
        alone = True  # no step yet to combine with
        while cycles < stop and waited < _PATIENCE[stage]:
            if reflex:
                apply_reflex(rows, point[n])
            end, mean_pressure, done = integrate_cycle(
                point[:n],
                rows[0],
                relative,
                absolute,
                samples if stage > 0 else unsampled,
                by_state if fresh else insensitive,
            )
            cycles += 1
            if not done:  # an extrapolation left the region where the circuit can be integrated
                if alone:
                    break
                point, alone = best.copy(), True
                mixing, fresh = np.eye(n + 1), False  # the same way would lead there again
                continue
            if fresh:
                sensitivity[:, :n] = by_state
                if reflex and cycles < stop:
                    apply_reflex(rows, point[n] + _PRESSURE_CHANGE)
                    moved_end, moved_mean, _ = integrate_cycle(
                        point[:n], rows[0], relative, absolute, unsampled, insensitive
                    )
                    cycles += 1
                    sensitivity[:n, n] = (moved_end - end) / _PRESSURE_CHANGE
                    sensitivity[n, n] = (moved_mean - mean_pressure) / _PRESSURE_CHANGE
                if not reflex:
                    sensitivity[n] = 0.0
                mixing = newton_mixing(sensitivity, weights)
            step = np.zeros(n + 1)
            step[:n] = end - point[:n]
            if reflex:
                step[n] = mean_pressure - point[n]
            residual = 0.0
            for change in step:
                residual = max(residual, abs(change) / SCALE)
            waited = 0 if residual < 0.5 * best_residual else waited + 1
            if residual < best_residual:
                best, best_residual = point, residual
            if residual < until:
                break
            fresh, before = residual > _SLOW * before, residual
            if alone:
                last_point, last_step, alone = point, step, False
            following = accelerate(point, step, last_point, last_step, mixing)
            last_point, last_step, point = point, step, following
        if best_residual < found_residual or stage < _STAGES - 1:
            found, found_residual = best, best_residual
        if stage > 0 and found_residual < tolerance:
            break
    if reflex:
        apply_reflex(rows, found[n])
    if samples.shape[0] > 0 and not found_residual < tolerance:  # the last cycle was not the best
        done = integrate_cycle(found[:n], rows[0], rtol, atol, samples, insensitive)[2]
        found_residual = found_residual if done else np.inf
    return found, found_residual, cycles, mixing


@njit(cache=True, parallel=True)
def find_all(
    guesses: np.ndarray,
    rows: np.ndarray,
    weights: np.ndarray,
    reflex: bool,
    rtol: float,
    atol: float,
    samples: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fixed points of many circuits at once, one core a circuit.

    Args:
        guesses: As ``find``, one a row, shape (circuits, states + 1).
        rows: Records of ``PACKED``, shape (circuits,); left with the reflex applied.
        weights: As ``find``, one a row, shape (circuits, states).
        reflex: Whether the baroreflex acts.
        rtol: Relative tolerance of the integrator.
        atol: Absolute tolerance of the integrator.
        samples: Filled with the states of the cycles found, shape (circuits, times, states).

    Returns:
        Fixed points, residuals (infinite where integration failed) and cycles, one a row.
    """
    count = guesses.shape[0]
    found = np.empty_like(guesses)
    residuals, cycles = np.empty(count), np.empty(count, np.int64)
    for k in prange(count):
        found[k], residuals[k], cycles[k], _ = find(
            guesses[k], rows[k : k + 1], weights[k], reflex, TOLERANCE, rtol, atol, samples[k]
        )
    return found, residuals, cycles
