"""Time-varying elastance of the left ventricle."""

from __future__ import annotations

import numpy as np
from numba import njit


@njit(cache=True)
def time_to_peak_elastance(cycle_length_s: float) -> float:
    """Time from the start of the cycle to the elastance peak in s: 0.2 + 0.15 Tc (Simaan 2009, eq. 3)."""
    return 0.2 + 0.15 * cycle_length_s


@njit(cache=True)
def double_hill(time_s: float, cycle_length_s: float, emax: float, emin: float) -> float:
    """Double-Hill elastance in mmHg/mL at a time within the cycle (Simaan 2009, eq. 2 and 3).

    Args:
        time_s: Time since the start of the cycle in s, 0 to ``cycle_length_s``.
        cycle_length_s: Cycle length Tc in s.
        emax: Emax in mmHg/mL; the curve's maximum is about 0.996 of it.
        emin: Emin in mmHg/mL.
    """
    t = time_s / time_to_peak_elastance(cycle_length_s)
    rise = (t / 0.7) ** 1.9
    shape = 1.55 * rise / (1.0 + rise) / (1.0 + (t / 1.17) ** 21.9)
    return (emax - emin) * shape + emin


@njit(cache=True)
def double_hill_curve(times_s: np.ndarray, cycle_length_s: float, emax: float, emin: float) -> np.ndarray:
    """``double_hill`` at each of many times, same shape as ``times_s``."""
    curve = np.empty_like(times_s)
    for i, time_s in enumerate(times_s):
        curve[i] = double_hill(time_s, cycle_length_s, emax, emin)
    return curve
