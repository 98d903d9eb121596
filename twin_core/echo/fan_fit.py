"""Fitting a fan to an image."""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .fan import Fan, polar

_WIDEST = np.pi / 3
"""Largest half-angle of a fan, radians."""
_COARSE_SIDE_PX = 64
_ANGLES, _RADII = 30, 60
"""Beams and rings the coarse search counts in."""
_SAMPLE = 2000
_EMPTY_COST = 0.5
"""What an empty pixel inside the fan costs, against 1 for a filled one outside: cavities are empty too."""
_CLOSE_PX = 2.0
"""How far from an edge its two sides are compared at last, in pixels."""
_OUTSIDE_COST = 4.0
"""Edge contrast (doublings) that leaving all of the signal outside the edges would cost."""
_TILT_GAIN = 0.6
"""Edge contrast (doublings) that a tilted fan must gain over an upright one, which nearly all are."""
_RING_FILLED = 0.1
"""Share of a ring filled from which it belongs to the fan."""
_ARC_CONTRAST, _ARC_VISIBLE = 0.4, 0.1
"""Contrast and visible share from which the lower arc is taken from the image."""


@dataclass(frozen=True, kw_only=True)
class _Picture:
    """What a fan is judged by: the brightness, and x and y of a sample of the signal's pixels."""

    brightness: NDArray[np.float32]
    x: NDArray[np.float64]
    y: NDArray[np.float64]

    @property
    def diagonal(self) -> float:
        return float(np.hypot(*self.brightness.shape))

    def score(self, fan: Fan, reach: float = _CLOSE_PX) -> float:
        """Contrast of the straight edges, less what signal outside them costs."""
        angle = np.arctan2(self.x - fan.x, self.y - fan.y)
        outside = 1.0 - float(((angle >= fan.left) & (angle <= fan.right)).mean())
        return side_contrast(fan, self.brightness, reach) - _OUTSIDE_COST * outside


@dataclass(frozen=True, kw_only=True)
class _Grid:
    """Tips of fans that are tried (N,), and the cell of each tip's own counts every pixel falls into (N, H W)."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    cells: NDArray[np.int64]
    reach: float


def fit_fan(filled: NDArray[np.bool_], signal: NDArray[np.bool_], brightness: NDArray[np.float32]) -> Fan:
    """Find the fan of an image.

    The fan that holds most filled and fewest empty pixels is searched on a grid, small; its edges are then moved to
    where brightness drops outwards most while the signal stays inside.

    Args:
        filled: (H, W) bool, pixels to search by: signal at some level, haze included.
        signal: (H, W) bool, pixels that are surely ultrasound, not all False.
        brightness: (H, W) float32, logarithmic (base 2), low outside the fan.

    Returns:
        The fan.
    """
    rows, columns = np.nonzero(signal)
    sample = np.random.default_rng(0).integers(0, rows.size, _SAMPLE)
    x, y = columns[sample].astype(np.float64) + 0.5, rows[sample].astype(np.float64) + 0.5
    picture = _Picture(brightness=brightness, x=x, y=y)
    upright, tilted = (_fit(filled, signal, picture, upright=one) for one in (True, False))
    return tilted if picture.score(tilted) > picture.score(upright) + _TILT_GAIN else upright


def _fit(filled: NDArray[np.bool_], signal: NDArray[np.bool_], picture: _Picture, *, upright: bool) -> Fan:
    fan = _search(filled, upright=upright)
    for reach in (0.02 * picture.diagonal, 0.01 * picture.diagonal, _CLOSE_PX):
        fan = _climb(fan, picture, reach, upright=upright)
    if upright:
        fan = _undarkened(fan, picture)
    return _fit_radii(fan, filled, signal, picture.brightness)


def _search(filled: NDArray[np.bool_], *, upright: bool) -> Fan:
    scale = _COARSE_SIDE_PX / max(filled.shape)
    rows, columns = (max(1, round(side * scale)) for side in filled.shape)
    density = cv2.resize(filled.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    worth = (density * (1 + _EMPTY_COST) - _EMPTY_COST).ravel()
    grid = _grid(rows, columns, upright)
    size = len(grid.x) * (_ANGLES * _RADII + 1)  # the last of each tip's cells holds what lies in no beam
    weights = np.broadcast_to(worth, grid.cells.shape).ravel()
    counted = np.bincount(grid.cells.ravel(), weights, minlength=size).reshape(len(grid.x), -1)[:, :-1]
    tables = counted.reshape(-1, _ANGLES, _RADII)
    # Sums of worth up to each angle and radius, so that a stretch of them is a difference.
    by_radius, by_angle = _sums_before(tables, axis=2), _sums_before(tables, axis=1)
    origin = np.arange(len(grid.x))
    first, last = np.zeros(len(origin), int), np.full(len(origin), _RADII)
    for _ in range(3):  # alternate: best angles for the radii, best radii for the angles
        start, end, _ = _largest_runs(by_radius[origin, :, last] - by_radius[origin, :, first], from_zero=upright)
        first, last, total = _largest_runs(by_angle[origin, end] - by_angle[origin, start])
    best = int(np.argmax(total))
    step, right = grid.reach / _RADII, (end[best] / _ANGLES if upright else 2 * end[best] / _ANGLES - 1) * _WIDEST
    return Fan(
        x=float(grid.x[best]),
        y=float(grid.y[best]),
        left=float(-right if upright else (2 * start[best] / _ANGLES - 1) * _WIDEST),
        right=float(right),
        inner=float(first[best] * step),
        outer=float(last[best] * step),
    ).scaled(1 / scale)


@lru_cache(maxsize=2)
def _grid(rows: int, columns: int, upright: bool) -> _Grid:
    """The tips that are tried for an image of a size, and for each the ring and beam that every pixel lies in."""
    reach = 1.4 * float(np.hypot(rows, columns))
    tips = [(x, y) for x in np.linspace(0.2, 0.8, 21) * columns for y in np.linspace(-0.5, 0.4, 25) * rows]
    cells = np.empty((len(tips), rows * columns), np.int64)
    for i, (x, y) in enumerate(tips):
        angle, radius = (values.ravel() for values in polar(x, y, rows, columns))
        # Share of the way from the middle to the widest edge; from edge to edge where the sides may differ.
        way = abs(angle) / _WIDEST if upright else (angle / _WIDEST + 1) / 2
        ring = np.minimum(radius / reach * _RADII, _RADII - 1).astype(int)  # a narrow image's end lies beyond the reach
        cell = (way * _ANGLES).astype(int) * _RADII + ring
        cells[i] = np.where(abs(angle) < _WIDEST, cell, _ANGLES * _RADII) + i * (_ANGLES * _RADII + 1)
    x, y = np.array(tips).T
    return _Grid(x=x, y=y, cells=cells, reach=reach)


def _sums_before(values: NDArray[Any], axis: int) -> NDArray[np.float64]:
    """Sum of what lies before each place along an axis, one longer there: from nothing to all."""
    shape = list(values.shape)
    shape[axis] += 1
    sums = np.zeros(shape)
    np.cumsum(values, axis=axis, out=sums[(slice(None),) * axis + (slice(1, None),)])
    return sums


def _largest_runs(
    worth: NDArray[np.float64], *, from_zero: bool = False
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64]]:
    """First and end index of the stretch of each row (N, M) with the largest sum, and that sum, (N,) each."""
    total = _sums_before(worth, axis=1)
    row = np.arange(len(worth))
    if from_zero:
        end = 1 + np.argmax(total[:, 1:], axis=1)
        return np.zeros_like(end), end, total[row, end]
    gain = total - np.minimum.accumulate(total, axis=1)
    end = np.argmax(gain, axis=1)
    before = np.where(np.arange(total.shape[1]) <= end[:, None], total, np.inf)
    return np.argmin(before, axis=1), end, gain[row, end]


def _steps_across(
    brightness: NDArray[np.float32],
    points: tuple[NDArray[np.float64], NDArray[np.float64]],
    inward: tuple[NDArray[np.float64], NDArray[np.float64]],
    reach: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean brightness step inwards over each of B boundaries, and the share of its points in the image.

    `points` and `inward` are x and y of N points a boundary, (B, N) each, and of their unit normals.
    """
    rows, columns = brightness.shape
    distance = reach * np.array([0.5, 1.0, -0.5, -1.0])[:, None, None]
    across, down = points[0] + inward[0] * distance, points[1] + inward[1] * distance
    size = points[0].shape[1]
    values = cv2.remap(
        brightness,
        (across - 0.5).astype(np.float32).reshape(-1, size),
        (down - 0.5).astype(np.float32).reshape(-1, size),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    ).reshape(across.shape)
    step = np.clip((values[:2].sum(axis=0) - values[2:].sum(axis=0)) / 2, -1.0, 3.0)
    seen = ((across > 1) & (across < columns - 1) & (down > 1) & (down < rows - 1)).all(axis=0)
    count = seen.sum(axis=1)
    # A fifth of the points at least is asked for: a sliver seen at the border proves no edge.
    return (step * seen).sum(axis=1) / np.maximum(count, size // 5), count / size


def side_contrast(fan: Fan, brightness: NDArray[np.float32], reach: float = _CLOSE_PX) -> float:
    """Mean brightness step across the two straight edges of a fan.

    Args:
        fan: the fan.
        brightness: (H, W) float32, logarithmic (base 2).
        reach: how far to either side of the edges brightness is compared, in pixels.

    Returns:
        The step inwards, in doublings, -1 to 3.
    """
    radius = np.linspace(fan.inner + 0.03 * (fan.outer - fan.inner), 0.98 * fan.outer, 128)
    angle = np.array([[fan.left], [fan.right]])
    side = np.array([[1.0], [-1.0]])
    points = (fan.x + radius * np.sin(angle), fan.y + radius * np.cos(angle))
    inward = (side * np.cos(angle), -side * np.sin(angle))
    return float(_steps_across(brightness, points, inward, reach)[0].mean())


def _arc_contrast(fan: Fan, brightness: NDArray[np.float32], outer: NDArray[np.float64]) -> tuple[Any, Any]:
    """Mean brightness step across the lower arc at each of the radii, and the share of it in the image."""
    angle = np.linspace(0.95 * fan.left, 0.95 * fan.right, 128)
    radius = outer[:, None]
    points = (fan.x + radius * np.sin(angle), fan.y + radius * np.cos(angle))
    return _steps_across(brightness, points, (-np.sin(angle)[None], -np.cos(angle)[None]), _CLOSE_PX)


def _undarkened(fan: Fan, picture: _Picture) -> Fan:
    """An upright fan with as good a score or better.

    An edge in the dark leads the upright search astray. Freed of it, the clear edge is found; mirrored, it starts
    the search anew.
    """
    freed = _climb(fan, picture, _CLOSE_PX, upright=False)
    mirrored = []
    for angle in (freed.left, freed.right):
        for along in np.linspace(-0.15, 0.15, 13) * picture.diagonal:
            x, y = freed.x + along * np.sin(angle), freed.y + along * np.cos(angle)
            mirrored.append(replace(freed, x=x, y=y, left=-abs(angle), right=abs(angle)))
    again = _climb(max(mirrored, key=picture.score), picture, _CLOSE_PX, upright=True)
    return max(fan, again, key=picture.score)


def _climb(fan: Fan, picture: _Picture, reach: float, *, upright: bool) -> Fan:
    """Move tip and angles to the best score."""

    def moved(free: NDArray[np.float64]) -> Fan:
        left = -free[2] if upright else free[3]
        return replace(fan, x=float(free[0]), y=float(free[1]), left=float(left), right=float(free[2]))

    start = np.array([fan.x, fan.y, fan.right] if upright else [fan.x, fan.y, fan.right, fan.left])
    steps = np.array([reach, reach, *([1.5 * reach / picture.diagonal] * (start.size - 2))])
    result = minimize(
        lambda free: -2 * picture.score(moved(free), reach),
        start,
        method="Nelder-Mead",
        options={
            "initial_simplex": np.vstack([start, start + np.diag(steps)]),
            "xatol": 0.1,
            "fatol": 1e-3,
            "maxfev": 200,
        },
    )
    found = moved(result.x)
    return found if 0.1 < found.right - found.left < 2 * _WIDEST else fan


def _fit_radii(fan: Fan, filled: NDArray[np.bool_], signal: NDArray[np.bool_], brightness: NDArray[np.float32]) -> Fan:
    """Radii of the first and last ring that is filled; the last is moved to a visible lower arc near by."""
    angle, radius = polar(fan.x, fan.y, *signal.shape)
    wedge = (angle >= fan.left) & (angle <= fan.right)
    if not wedge.any():
        return fan
    ring = radius[wedge].astype(int)
    size = np.maximum(np.bincount(ring), 1)
    # Haze counts at the top, where the transducer's face hardly moves; not below, where a trace may run.
    first = np.flatnonzero(np.bincount(ring, filled[wedge]) >= _RING_FILLED * size)
    last = np.flatnonzero(np.bincount(ring, signal[wedge]) >= _RING_FILLED * size)
    if first.size == 0 or last.size == 0 or first[0] > last[-1]:
        return fan
    fan = replace(fan, inner=float(first[0]), outer=float(last[-1] + 1))
    outer = np.arange(0.8 * fan.outer, 1.1 * fan.outer, 0.5)
    step, visible = _arc_contrast(fan, brightness, outer)
    best = int(np.argmax(step))
    if step[best] > _ARC_CONTRAST and visible[best] > _ARC_VISIBLE:
        fan = replace(fan, outer=float(outer[best]))
    return fan
