"""Centimetres per pixel: from a DICOM file's regions, checked against the picture, or from a depth the user gives."""

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .decoded import UltrasoundRegion
from .limits import MAX_DEPTH_CM, MIN_DEPTH_CM, ClipError

Box = tuple[int, int, int, int]
"""First row, end row, first column, end column (half open), in pixels."""

_SCREEN_SIZES = (
    *((320, 240), (512, 384), (600, 420), (636, 434), (640, 480), (708, 532), (720, 480), (720, 576), (768, 576)),
    *((800, 600), (960, 720), (1016, 708), (1024, 768), (1136, 852), (1152, 864), (1280, 720), (1280, 800)),
    *((1280, 960), (1280, 1024), (1366, 768), (1400, 1050), (1440, 1080), (1552, 873), (1600, 1200), (1680, 1050)),
    *((1920, 1080), (1920, 1200)),
)
"""Frame sizes (columns, rows) that echo machines and their exports write."""

_OUTSIDE_TOLERANCE_PX = 2
_ASPECT_TOLERANCE = 0.02
_PIXEL_ASPECT = 1.3
"""Ratio of column and row spacing, either way, beyond which they are not believed: a video's is at most 1.10 (ITU-R
BT.601), and contours are not learnt on pictures stretched by more."""
_SECTOR_IN_REGION = 0.85
"""Share of the sector's box that a region must hold, taken at its word."""
_REGION_OVERLAP = 0.75
_SIZE_TOLERANCE = 0.08
"""Overlap (intersection over union) and agreement of sizes that a region, rescaled, must reach with the sector."""


def sector_box(sector: NDArray[np.bool_]) -> Box:
    """The smallest box that holds the sector.

    Args:
        sector: (H, W) bool, not all False.

    Returns:
        First row, end row, first column, end column.
    """
    rows, columns = np.flatnonzero(sector.any(axis=1)), np.flatnonzero(sector.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def check_depth(depth_cm: float) -> float:
    """Refuse an image depth no echo machine has.

    Args:
        depth_cm: depth in centimetres.

    Returns:
        The depth.

    Raises:
        ClipError: if it is not a number from `MIN_DEPTH_CM` to `MAX_DEPTH_CM`.
    """
    try:
        depth = float(depth_cm)
    except (TypeError, ValueError):
        depth = math.nan
    if not MIN_DEPTH_CM <= depth <= MAX_DEPTH_CM:
        raise ClipError(
            f"the image depth is {depth_cm!r} cm; give the depth shown beside the sector, "
            f"{MIN_DEPTH_CM:g} to {MAX_DEPTH_CM:g} cm"
        )
    return depth


def spacing_from_depth(sector: NDArray[np.bool_], depth_cm: float) -> tuple[float, float]:
    """Pixel spacing from the image depth: the sector's height, transducer face to deepest point, is that depth.

    Args:
        sector: (H, W) bool.
        depth_cm: image depth in centimetres.

    Returns:
        Centimetres per pixel, (row, column), equal: pixels are taken as square.

    Raises:
        ClipError: if the depth is out of bounds.
    """
    top, bottom, _, _ = sector_box(sector)
    spacing = check_depth(depth_cm) / (bottom - top)
    return spacing, spacing


def spacing_from_regions(regions: Sequence[UltrasoundRegion], sector: NDArray[np.bool_]) -> tuple[float, float] | None:
    """Pixel spacing from the regions of a DICOM file, or None where they cannot be trusted.

    Files exported at another size often keep the regions, and with them the spacing, of the machine's own screen.
    A region is taken at its word when it lies in the stored frame and holds the sector. Otherwise the screen sizes
    of the stored frame's shape are tried, and the ratio of the one whose region then lies on the sector corrects
    the spacing. Where none does, or pixels would be far from square, there is no calibration, rather than a wrong one.

    Args:
        regions: the file's regions.
        sector: (H, W) bool, the sector found in the stored pixels.

    Returns:
        Centimetres per stored pixel, (row, column), or None.
    """
    box = sector_box(sector)
    rows, columns = sector.shape
    found: list[tuple[float, tuple[float, float]]] = []
    for region in regions:
        ratio = _stored_per_written(region, box, rows, columns)
        if ratio is None:
            continue
        spacing = (region.cm_per_px[0] / ratio, region.cm_per_px[1] / ratio)
        square = 1 / _PIXEL_ASPECT <= spacing[1] / spacing[0] <= _PIXEL_ASPECT
        if square and MIN_DEPTH_CM <= spacing[0] * (box[1] - box[0]) <= MAX_DEPTH_CM:
            found.append((_overlap(_scaled(region, ratio), box), spacing))
    return max(found)[1] if found else None


def _stored_per_written(region: UltrasoundRegion, box: Box, rows: int, columns: int) -> float | None:
    """Size of the stored frame over that of the frame the region was written for."""
    if region.x1 <= region.x0 or region.y1 <= region.y0:
        return None
    in_frame = region.x1 <= columns - 1 + _OUTSIDE_TOLERANCE_PX and region.y1 <= rows - 1 + _OUTSIDE_TOLERANCE_PX
    if in_frame and _intersection(_scaled(region, 1.0), box) >= _SECTOR_IN_REGION * _area(box):
        return 1.0
    best, best_overlap = None, _REGION_OVERLAP
    for written_columns, written_rows in _SCREEN_SIZES:
        ratio = columns / written_columns
        if abs(rows / written_rows / ratio - 1) > _ASPECT_TOLERANCE or abs(ratio - 1) < _ASPECT_TOLERANCE:
            continue
        if region.x1 >= written_columns + _OUTSIDE_TOLERANCE_PX or region.y1 >= written_rows + _OUTSIDE_TOLERANCE_PX:
            continue
        scaled = _scaled(region, ratio)
        heights = (scaled[1] - scaled[0]) / (box[1] - box[0])
        widths = (scaled[3] - scaled[2]) / (box[3] - box[2])
        if max(abs(heights - 1), abs(widths - 1)) < _SIZE_TOLERANCE and _overlap(scaled, box) > best_overlap:
            best, best_overlap = ratio, _overlap(scaled, box)
    return best


def _scaled(region: UltrasoundRegion, ratio: float) -> tuple[float, float, float, float]:
    return region.y0 * ratio, (region.y1 + 1) * ratio, region.x0 * ratio, (region.x1 + 1) * ratio


def _area(box: tuple[float, float, float, float]) -> float:
    return max(0.0, box[1] - box[0]) * max(0.0, box[3] - box[2])


def _intersection(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    return _area((max(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), min(a[3], b[3])))


def _overlap(a: tuple[float, float, float, float], b: tuple[float, float, float, float]) -> float:
    """Intersection over union."""
    both = _intersection(a, b)
    return both / (_area(a) + _area(b) - both)
