"""The 90 % interval of draws, written once: whatever is read off draws is calibrated by the same rule."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

INTERVAL_PCT = (5.0, 95.0)
METHOD: Literal["weibull"] = "weibull"  # of percentiles: intervals of few draws are as wide as those of many


def interval(draws: ArrayLike, axis: int = 0) -> NDArray[np.float64]:
    """5th and 95th percentile of draws along an axis: shape (2, ...), in the draws' unit."""
    return np.asarray(np.percentile(np.asarray(draws, float), INTERVAL_PCT, axis=axis, method=METHOD))
