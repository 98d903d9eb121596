"""What decoding gives: grey frames with their times, before sector and calibration are known."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

COLOUR_SPREAD = 48
"""A pixel whose channels differ by more grey levels than this is drawn in colour, not tissue in grey."""


@dataclass(frozen=True, kw_only=True)
class UltrasoundRegion:
    """One 2-D tissue region of a DICOM file, as it stands there.

    Attributes:
        x0, y0, x1, y1: first and last column and row, in pixels of the frame it was written for.
        cm_per_px: centimetres per pixel, (row, column).

    Source: DICOM PS3.3 C.8.5.5, US Region Calibration.
    """

    x0: int
    y0: int
    x1: int
    y1: int
    cm_per_px: tuple[float, float]


@dataclass(frozen=True, kw_only=True, eq=False)
class Decoded:
    """The frames of a file.

    Attributes:
        frames: (T, H, W) uint8, grey.
        time_s: (T,) float64, the frames' times in seconds, the first 0.
        coloured: (H, W) bool, pixels drawn in colour in some frame (ECG trace, colour bar, icons).
        regions: the 2-D tissue regions the file describes, if any.
    """

    frames: NDArray[np.uint8]
    time_s: NDArray[np.float64]
    coloured: NDArray[np.bool_]
    regions: tuple[UltrasoundRegion, ...] = ()


def colour_spread(frame: NDArray[Any]) -> NDArray[np.uint8]:
    """How far each pixel is from grey: largest minus smallest channel.

    Args:
        frame: (H, W, 3) uint8, red-green-blue in any order.

    Returns:
        (H, W) uint8.
    """
    first, second, third = cv2.split(frame)
    largest = cv2.max(cv2.max(first, second), third)
    return np.asarray(cv2.subtract(largest, cv2.min(cv2.min(first, second), third)), dtype=np.uint8)
