"""A compiled stiff integrator for one cycle, so that cohorts need no Python between steps.

RODAS4, order 4 with an embedded order 3, stiffly accurate (Hairer & Wanner, Solving Ordinary Differential
Equations II, section IV.7), with a Jacobian by differences. Output comes from cubic Hermite interpolation. The
matrix that every step factorises anyway also carries the sensitivity of the cycle to its start, for little more time.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from twin_core.circuit.equations import right_hand_side

_STAGES = 6
_GAMMA = 0.25
_A = np.zeros((_STAGES, _STAGES))
_A[1, :1] = 1.544
_A[2, :2] = 0.9466785280815826, 0.2557011698983284
_A[3, :3] = 3.314825187068521, 2.896124015972201, 0.9986419139977817
_A[4, :4] = 1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950
_A[5, :5] = *_A[4, :4], 1.0
_C = np.zeros((_STAGES, _STAGES))
_C[1, :1] = -5.6688
_C[2, :2] = -2.430093356833875, -0.2063599157091915
_C[3, :3] = -0.1073529058151375, -9.594562251023355, -20.47028614809616
_C[4, :4] = 7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160
_C[5, :5] = 8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054
_TIMES = np.array([0.0, 0.386, 0.21, 0.63, 1.0, 1.0])
_TIME_DERIVATIVE = np.array([0.25, -0.1043, 0.1035, -0.0362, 0.0, 0.0])
_MAX_STEPS = 20_000
_DIFFERENCE = 1e-7


@njit(cache=True, error_model="numpy")
def factorise(m: np.ndarray, pivots: np.ndarray) -> None:
    """LU decomposition with partial pivoting, in place: the matrices are too small for LAPACK's overhead."""
    n = m.shape[0]
    for k in range(n):
        best = k
        for i in range(k + 1, n):
            if abs(m[i, k]) > abs(m[best, k]):
                best = i
        pivots[k] = best
        if best != k:
            for j in range(n):
                m[k, j], m[best, j] = m[best, j], m[k, j]
        inverse = 1.0 / m[k, k]
        for i in range(k + 1, n):
            if m[i, k] != 0.0:
                factor = m[i, k] * inverse
                m[i, k] = factor
                for j in range(k + 1, n):
                    m[i, j] -= factor * m[k, j]


@njit(cache=True, error_model="numpy")
def _substitute(m: np.ndarray, pivots: np.ndarray, b: np.ndarray) -> None:
    """Solve with a factorised matrix, in place."""
    n = m.shape[0]
    for k in range(n):
        p = pivots[k]
        if p != k:
            b[k], b[p] = b[p], b[k]
    for i in range(1, n):
        for j in range(i):
            b[i] -= m[i, j] * b[j]
    for i in range(n - 1, -1, -1):
        for j in range(i + 1, n):
            b[i] -= m[i, j] * b[j]
        b[i] /= m[i, i]


@njit(cache=True, error_model="numpy")
def substitute_columns(m: np.ndarray, pivots: np.ndarray, b: np.ndarray) -> None:
    """Solve for every column of ``b`` with a factorised matrix, in place."""
    n, columns = b.shape
    for k in range(n):
        p = pivots[k]
        if p != k:
            for j in range(columns):
                b[k, j], b[p, j] = b[p, j], b[k, j]
    for i in range(1, n):
        for k in range(i):
            factor = m[i, k]
            if factor != 0.0:
                for j in range(columns):
                    b[i, j] -= factor * b[k, j]
    for i in range(n - 1, -1, -1):
        for k in range(i + 1, n):
            factor = m[i, k]
            if factor != 0.0:
                for j in range(columns):
                    b[i, j] -= factor * b[k, j]
        inverse = 1.0 / m[i, i]
        for j in range(columns):
            b[i, j] *= inverse


@njit(cache=True, error_model="numpy")
def _carry(m: np.ndarray, pivots: np.ndarray, scale: float, carried: np.ndarray, work: np.ndarray) -> None:
    """Take a sensitivity over one step of length h, in place: R(h J) times it.

    R(z) = W (W² + W − 1) with W = 1/(1 − z/4) is exp(z) to second order and 0 at infinity, as stiff modes need; W is
    the matrix that the step has factorised, but for the scale 4/h.
    """
    n = m.shape[0]
    work[:] = carried
    for turn in range(3):
        substitute_columns(m, pivots, work)
        for i in range(n):
            for j in range(n):
                work[i, j] *= scale
                if turn == 0:
                    work[i, j] += carried[i, j]
                elif turn == 1:
                    work[i, j] -= carried[i, j]
    carried[:] = work


@njit(cache=True, error_model="numpy")
def integrate_cycle(
    start: np.ndarray, p: np.record, rtol: float, atol: float, samples: np.ndarray, sensitivity: np.ndarray
) -> tuple[np.ndarray, float, bool]:
    """One cycle from a state.

    Args:
        start: State at the start of the cycle, shape (states,).
        p: One record of ``PACKED``; its cycle length is the time integrated.
        rtol: Relative tolerance of a step.
        atol: Absolute tolerance of a step, mL, mmHg and mL/s alike.
        samples: Filled with states at uniform times, ends included, shape (times, states); none if it has no rows.
        sensitivity: Filled with the derivatives of the state at the end and, last row, of mean aortic pressure by the
            state at the start, shape (states + 1, states), to a few hundredths; none if it has no rows.

    Returns:
        State at the end, mean aortic pressure (state 3), and whether integration succeeded.
    """
    n = start.size
    count = samples.shape[0]
    spacing = p.tc / (count - 1) if count > 1 else p.tc
    filled = 0
    x = start.copy()
    f = right_hand_side(x, 0.0, p)
    jacobian, matrix = np.empty((n, n)), np.empty((n, n))
    pivots = np.empty(n, np.int64)
    stages = np.empty((_STAGES, n))
    time_slope, point, right = np.empty(n), np.empty(n), np.empty(n)
    wanted = sensitivity.shape[0] > 0
    carried, work = np.eye(n), np.empty((n, n))
    sensitivity[:] = 0.0
    t, h, area = 0.0, 1e-4, 0.0
    rejected = False
    for _ in range(_MAX_STEPS):
        if t >= p.tc * (1.0 - 1e-12):
            break
        h = min(h, p.tc - t)
        if not rejected:  # the Jacobian of a rejected step still holds
            for j in range(n):
                size = _DIFFERENCE * max(abs(x[j]), 1.0)
                point[:] = x
                point[j] += size
                moved = right_hand_side(point, t, p)
                for i in range(n):
                    jacobian[i, j] = (moved[i] - f[i]) / size
            size = min(_DIFFERENCE, 0.5 * (p.tc - t))
            moved = right_hand_side(x, t + size, p)
            for i in range(n):
                time_slope[i] = (moved[i] - f[i]) / size
        for i in range(n):
            for j in range(n):
                matrix[i, j] = -jacobian[i, j]
            matrix[i, i] += 1.0 / (h * _GAMMA)
        factorise(matrix, pivots)
        for s in range(_STAGES):
            point[:] = x
            for k in range(s):
                if _A[s, k] != 0.0:
                    for i in range(n):
                        point[i] += _A[s, k] * stages[k, i]
            slope = f if s == 0 else right_hand_side(point, min(t + _TIMES[s] * h, p.tc), p)
            for i in range(n):
                right[i] = slope[i] + h * _TIME_DERIVATIVE[s] * time_slope[i]
            for k in range(s):
                for i in range(n):
                    right[i] += _C[s, k] / h * stages[k, i]
            _substitute(matrix, pivots, right)
            stages[s] = right
        error = 0.0
        for i in range(n):  # the last stage is both the last correction and the error estimate
            new = point[i] + stages[5, i]
            scale = atol + rtol * max(abs(x[i]), abs(new))
            error += (stages[5, i] / scale) ** 2
            point[i] = new
        error = np.sqrt(error / n)
        if not np.isfinite(error):
            h *= 0.1
            rejected = True
            if h < 1e-12:
                return x, 0.0, False
            continue
        if error <= 1.0:
            end_slope = right_hand_side(point, t + h, p)
            area += h * (x[3] + point[3]) / 2 + h * h * (f[3] - end_slope[3]) / 12
            while filled < count and filled * spacing <= t + h + 1e-12:
                u = min(max((filled * spacing - t) / h, 0.0), 1.0)
                a, b = (1 + 2 * u) * (1 - u) ** 2, u * (1 - u) ** 2
                c, d = u * u * (3 - 2 * u), u * u * (u - 1)
                for i in range(n):
                    samples[filled, i] = a * x[i] + b * h * f[i] + c * point[i] + d * h * end_slope[i]
                filled += 1
            if wanted:
                for i in range(n):
                    sensitivity[n, i] += h / (2 * p.tc) * carried[3, i]
                _carry(matrix, pivots, 1.0 / (h * _GAMMA), carried, work)
                for i in range(n):
                    sensitivity[n, i] += h / (2 * p.tc) * carried[3, i]
            x[:] = point
            f = end_slope
            t += h
        rejected = error > 1.0
        h *= min(max(0.9 * error**-0.25 if error > 0 else 5.0, 0.2), 1.0 if rejected else 5.0)
    if wanted:
        sensitivity[:n] = carried
    return x, area / p.tc, t >= p.tc * (1.0 - 1e-12)
