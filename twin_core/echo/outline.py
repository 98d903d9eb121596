"""A closed outline, painted as a mask of pixels."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

FINER = 8  # OpenCV fills the border pixels too: painted finer, this adds a sixteenth of a pixel, not a half


def outline_mask(outline: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Pixels of which the outline encloses half or more, bool (H, W).

    Args:
        outline: points (N, 2) as (column, row) in pixels, whole numbers being pixels' centres.
        shape: rows and columns.
    """
    canvas = np.zeros((shape[0] * FINER, shape[1] * FINER), np.uint8)
    cv2.fillPoly(canvas, [np.rint((outline + 0.5) * FINER * 16 - 8).astype(np.int32)], 255, shift=4)
    return np.asarray(cv2.resize(canvas, shape[::-1], interpolation=cv2.INTER_AREA) > 127)
