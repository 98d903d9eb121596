"""How well values agree with a reference: MAE, RMSE, R², bias, each with a bootstrap interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2000
LEVEL_PCT = 95.0
_AT_ONCE = 200  # resamples held in memory


def agreement(found: ArrayLike, reference: ArrayLike, unit: str, *, seed: int = 0) -> dict[str, Any] | None:
    """Agreement of paired values.

    Intervals are 95 % percentile bootstrap intervals over pairs (Efron & Tibshirani 1993, chapter 13).

    Args:
        found: values (N,).
        reference: what they should be (N,).
        unit: ends the keys, e.g. "points" or "ml".
        seed: of the resampling.

    Returns:
        ``clips`` and, each with ``…_ci95`` (low, high): ``mae_…``, ``rmse_…``, ``bias_…`` (found less reference) and
        ``r2``, the share of the reference's variance that is explained; it and intervals are None where fewer than
        two pairs, or equal references, leave them undefined. None without pairs.

    Raises:
        ValueError: the two differ in length, or hold values that are not finite.
    """
    a, b = np.asarray(found, float), np.asarray(reference, float)
    if a.shape != b.shape or a.ndim != 1 or not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError(f"found and reference must be finite and of one length, got {a.shape} and {b.shape}")
    if len(a) == 0:
        return None
    here = _figures(a[None], b[None])[:, 0]
    drawn = _resampled(a, b, seed) if len(a) > 1 else None
    result: dict[str, Any] = {"clips": len(a)}
    for i, key in enumerate((f"mae_{unit}", f"rmse_{unit}", f"bias_{unit}", "r2")):
        result[key] = float(here[i]) if np.isfinite(here[i]) else None
        result[f"{key}_ci95"] = None if drawn is None else interval(drawn[i])
    return result


def mean_with_interval(values: Sequence[float], *, seed: int = 0) -> dict[str, Any] | None:
    """Mean with its bootstrap interval, the smallest, and how many; None without values."""
    if not values:
        return None
    x = np.asarray(values, float)
    picks = np.random.default_rng(seed).integers(len(x), size=(RESAMPLES, len(x)))
    spread = interval(x[picks].mean(axis=1)) if len(x) > 1 else None
    return {"clips": len(x), "mean": float(x.mean()), "mean_ci95": spread, "worst": float(x.min())}


def interval(draws: NDArray[np.float64]) -> list[float] | None:
    """The middle 95 % of draws; None where none is defined."""
    known = draws[np.isfinite(draws)]
    tail = (100.0 - LEVEL_PCT) / 2
    return [float(v) for v in np.percentile(known, (tail, 100.0 - tail))] if len(known) else None


def _figures(found: NDArray[np.float64], reference: NDArray[np.float64]) -> NDArray[np.float64]:
    """MAE, RMSE, bias, R² of each row, (4, rows)."""
    error = found - reference
    squares = (error**2).sum(axis=1)
    spread = ((reference - reference.mean(axis=1, keepdims=True)) ** 2).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        explained = np.where(spread > 1e-9, 1.0 - squares / spread, np.nan)
    return np.stack([np.abs(error).mean(axis=1), np.sqrt(squares / error.shape[1]), error.mean(axis=1), explained])


def _resampled(found: NDArray[np.float64], reference: NDArray[np.float64], seed: int) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, RESAMPLES, _AT_ONCE):
        picks = rng.integers(len(found), size=(min(_AT_ONCE, RESAMPLES - start), len(found)))
        parts.append(_figures(found[picks], reference[picks]))
    return np.concatenate(parts, axis=1)
