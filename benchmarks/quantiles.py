"""Quantiles of few values, for benchmarks of the page; no benchmark itself."""

from __future__ import annotations

import numpy as np


def quantile(values: list[float], share: float) -> float:
    """A quantile of the values: one of them, the larger of two; nan without any."""
    return float(np.quantile(values, share, method="higher")) if values else float("nan")
