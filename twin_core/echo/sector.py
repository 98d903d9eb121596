"""Which pixels of a clip are ultrasound: the sector, without text, ECG trace, rulers and colour bars."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .fan import Fan
from .fan_fit import fit_fan, side_contrast
from .limits import ClipError

_FRAMES_LOOKED_AT = 96
_LONGEST_SIDE_PX = 512
_SIGNAL_LEVELS = ((0.4, 3), (1.0, 8), (2.0, 20))
"""What counts as signal: standard deviation over time and brightest value, both at least, in grey levels.

The lowest finds sectors whose sides are nearly black; the highest, sectors in a haze of compression."""
_STILL_LEVELS = ((0.0, 12), (0.0, 24))
_TINTED_SHARE = 0.3
"""Share of the moving pixels in colour above which the whole image is tinted and colour tells nothing."""
_LEAST_SHARE = 0.02
"""Share of the frame that must carry signal for there to be a sector."""
_FULL_FRAME_SHARE = 0.9
"""Share of the frame carrying signal above which the clip was cropped to inside the sector, or noise fills it."""
_NOISE_SHARE = 0.5
"""Share of a full frame below which strong signal leaves the rest to noise: at most 0.34 on rendered fans in a frame
grabber's noise (standard deviation 3 to 4), at least 0.66 on rendered and real clips cropped inside the sector."""
_EDGE_CONTRAST = 0.4
"""Brightness step (doublings) across a fan's edges below which it is no fan."""
_COVERAGE, _COVERAGE_POWER = 0.9, 6
"""Share of the signal that a fan must hold, and how much that share weighs against the contrast of its edges."""
_SPECK_SHARE = 0.002
"""Share of the frame below which a connected part of the signal is a speck."""


def find_sector(frames: NDArray[np.uint8], coloured: NDArray[np.bool_] | None = None) -> NDArray[np.bool_]:
    """Find the ultrasound sector.

    Tissue and speckle change from frame to frame, overlays stand still or are drawn in colour: what changes is
    the evidence, and a fan is fitted to it, so that the black cavities and dark sides inside belong to it. Where
    no fan fits (a linear array, an unusual crop), the convex hull of the changing area is taken, and the whole
    frame where nearly all of it changes: text burned into such a clip then lies in the sector.

    Args:
        frames: (T, H, W) uint8, grey.
        coloured: (H, W) bool, pixels drawn in colour in some frame.

    Returns:
        (H, W) bool.

    Raises:
        ClipError: if the frames are black, or nothing in them is large enough to be a sector.
    """
    rows, columns = frames.shape[1:]
    deviation, brightest = _over_time(frames)
    if coloured is not None and coloured.any():
        small = cv2.resize(coloured.astype(np.uint8), deviation.shape[::-1], interpolation=cv2.INTER_AREA) > 0
        moving = deviation >= _SIGNAL_LEVELS[1][0]
        if (small & moving).sum() < _TINTED_SHARE * moving.sum():
            deviation[small], brightest[small] = 0.0, 0.0
    levels: tuple[tuple[float, int], ...] = _SIGNAL_LEVELS
    if _signal(deviation, brightest, levels[1]).mean() < _LEAST_SHARE:  # a still image: brightness is all there is
        deviation, levels = brightest.astype(np.float32), _STILL_LEVELS
    signal = _without_lines(_signal(deviation, brightest, levels[1]))
    if signal.mean() < _LEAST_SHARE:
        raise ClipError(
            f"no ultrasound sector found: {100 * signal.mean():.1f} % of the image carries signal, at least "
            f"{100 * _LEAST_SHARE:.0f} % is needed; choose a 2-D grey-scale apical four-chamber clip"
        )
    full = signal.mean() > _FULL_FRAME_SHARE
    if full:
        levels = levels[-1:]
        signal = _without_lines(_signal(deviation, brightest, levels[0]))
        if not _LEAST_SHARE <= signal.mean() < _NOISE_SHARE:
            return np.ones((rows, columns), bool)
    logarithm = np.log2(deviation + 0.25).astype(np.float32)
    fan = _best_fan([_signal(deviation, brightest, level) for level in levels], signal, logarithm)
    if fan is not None:
        return fan.scaled(rows / deviation.shape[0]).mask(rows, columns)
    if full:
        return np.ones((rows, columns), bool)
    return np.asarray(cv2.resize(_hull(signal), (columns, rows), interpolation=cv2.INTER_NEAREST) > 0)


def _over_time(frames: NDArray[np.uint8]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Standard deviation and largest value over time, (h, w) float32, of frames reduced in number and size."""
    every = -(-len(frames) // _FRAMES_LOOKED_AT)
    looked_at = frames[::every]
    scale = min(1.0, _LONGEST_SIDE_PX / max(frames.shape[1:]))
    pictures = (
        frame if scale == 1.0 else cv2.resize(frame, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        for frame in looked_at
    )
    total: Any = 0.0
    squares: Any = 0.0
    brightest: Any = 0.0
    for picture in pictures:
        grey = picture.astype(np.float32)
        total, squares, brightest = total + grey, squares + grey**2, np.maximum(brightest, grey)
    mean = total / len(looked_at)
    return np.sqrt(np.maximum(squares / len(looked_at) - mean**2, 0.0)), brightest


def _signal(
    deviation: NDArray[np.float32], brightest: NDArray[np.float32], level: tuple[float, int]
) -> NDArray[np.bool_]:
    return (deviation >= level[0]) & (brightest >= level[1])


def _without_lines(signal: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The signal without thin lines (traces, text) and specks."""
    width = max(3, round(0.012 * max(signal.shape)) | 1)
    opened = cv2.morphologyEx(signal.astype(np.uint8), cv2.MORPH_OPEN, np.ones((width, width), np.uint8))
    _, labels, statistics, _ = cv2.connectedComponentsWithStats(opened)
    keep = statistics[:, cv2.CC_STAT_AREA] >= _SPECK_SHARE * signal.size
    keep[0] = False  # the background
    return keep[labels]


def _best_fan(
    candidates: list[NDArray[np.bool_]], signal: NDArray[np.bool_], logarithm: NDArray[np.float32]
) -> Fan | None:
    """Of the fans fitted to the candidates, the one with clear edges and least signal outside."""
    best, best_worth = None, 0.0
    for filled in candidates:
        fan = fit_fan(filled, signal, logarithm)
        contrast = side_contrast(fan, logarithm)
        covered = float((signal & fan.mask(*signal.shape)).sum() / signal.sum())
        worth = contrast * covered**_COVERAGE_POWER
        if contrast > _EDGE_CONTRAST and covered > _COVERAGE and worth > best_worth:
            best, best_worth = fan, worth
    return best


def _hull(signal: NDArray[np.bool_]) -> NDArray[Any]:
    points = np.argwhere(signal)[:, ::-1].astype(np.int32)
    return cv2.fillConvexPoly(np.zeros(signal.shape, np.uint8), cv2.convexHull(points), 1)
