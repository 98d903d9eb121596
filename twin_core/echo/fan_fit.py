"""Fitting a fan to an image."""

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from .fan import Fan, polar

_WIDEST = np.pi / 3
"""Largest half-angle of a fan, radians."""
_COARSE_SIDE_PX = 64
_EMPTY_COST = 0.5
"""What an empty pixel inside the fan costs, against 1 for a filled one outside: cavities are empty too."""
_CLOSE_PX = 2.0
"""How far from an edge its two sides are compared at last, in pixels."""
_TILT_GAIN = 0.3
"""Edge contrast (doublings) that a tilted fan must gain over an upright one, which nearly all are."""
_ARC_CONTRAST, _ARC_VISIBLE = 0.4, 0.1
"""Contrast and visible share from which the lower arc is taken from the image."""


def fit_fan(filled: NDArray[np.bool_], brightness: NDArray[np.float32]) -> tuple[Fan, float]:
    """Find the fan of an image.

    An upright fan that holds most filled and fewest empty pixels is searched on a grid, small; its edges are then
    moved to where brightness drops outwards most.

    Args:
        filled: (H, W) bool, pixels with signal.
        brightness: (H, W) float32, logarithmic (base 2), low outside the fan.

    Returns:
        The fan, and the mean brightness step across its two straight edges, in doublings.
    """
    fan, contrast = _fit(filled, brightness, upright=True)
    tilted, tilted_contrast = _fit(filled, brightness, upright=False)
    return (tilted, tilted_contrast) if tilted_contrast > contrast + _TILT_GAIN else (fan, contrast)


def _fit(filled: NDArray[np.bool_], brightness: NDArray[np.float32], *, upright: bool) -> tuple[Fan, float]:
    """A fan, and the contrast of its edges."""
    fan = _search(filled, upright=upright)
    diagonal = float(np.hypot(*brightness.shape))
    for reach in (0.02 * diagonal, 0.01 * diagonal, _CLOSE_PX):
        fan = _climb(fan, brightness, reach, upright=upright)
    if upright:
        fan = _undarkened(fan, brightness)
    fan = _fit_radii(fan, filled, brightness)
    return fan, _side_contrast(fan, brightness, _CLOSE_PX)


def _search(filled: NDArray[np.bool_], *, upright: bool) -> Fan:
    scale = _COARSE_SIDE_PX / max(filled.shape)
    rows, columns = (max(1, round(side * scale)) for side in filled.shape)
    density = cv2.resize(filled.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    worth = (density * (1 + _EMPTY_COST) - _EMPTY_COST).ravel()
    angles, radii, reach = 30, 60, 1.4 * float(np.hypot(rows, columns))
    best, best_worth = Fan(x=columns / 2, y=0.0, left=-_WIDEST, right=_WIDEST, inner=0.0, outer=reach), -np.inf
    for x in np.linspace(0.2, 0.8, 21) * columns:
        for y in np.linspace(-0.5, 0.4, 25) * rows:
            angle, radius = (values.ravel() for values in polar(x, y, rows, columns))
            inside = abs(angle) < _WIDEST
            # Share of the way from the middle to the widest edge; from edge to edge where the sides may differ.
            way = abs(angle) / _WIDEST if upright else (angle / _WIDEST + 1) / 2
            cell = (way * angles).astype(int) * radii + (radius / reach * radii).astype(int)
            table = np.bincount(cell[inside], worth[inside], minlength=angles * radii).reshape(angles, radii)
            first, last, total = 0, radii, 0.0
            for _ in range(3):  # alternate: best angles for the radii, best radii for the angles
                start, end, _ = _largest_run(table[:, first:last].sum(axis=1), from_zero=upright)
                first, last, total = _largest_run(table[start:end].sum(axis=0))
            if total > best_worth:
                best_worth, step = total, reach / radii
                right = (end / angles if upright else 2 * end / angles - 1) * _WIDEST
                left = -right if upright else (2 * start / angles - 1) * _WIDEST
                best = Fan(x=x, y=y, left=left, right=right, inner=first * step, outer=last * step)
    return best.scaled(1 / scale)


def _largest_run(worth: NDArray[Any], *, from_zero: bool = False) -> tuple[int, int, float]:
    """First and end index of the stretch with the largest sum, and that sum."""
    total = np.concatenate([[0.0], np.cumsum(worth)])
    if from_zero:
        end = 1 + int(np.argmax(total[1:]))
        return 0, end, float(total[end])
    gain = total - np.minimum.accumulate(total)
    end = int(np.argmax(gain))
    start = int(np.argmin(total[: end + 1]))
    return start, end, float(gain[end])


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


def _side_contrast(fan: Fan, brightness: NDArray[np.float32], reach: float) -> float:
    """Mean brightness step across the two straight edges, `reach` pixels to either side."""
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


def _undarkened(fan: Fan, brightness: NDArray[np.float32]) -> Fan:
    """An upright fan with as much contrast or more.

    An edge in the dark leads the upright search astray. Freed of it, the clear edge is found; mirrored, it starts
    the search anew.
    """
    freed = _climb(fan, brightness, _CLOSE_PX, upright=False)
    mirrored = []
    for angle in (freed.left, freed.right):
        for along in np.linspace(-0.15, 0.15, 13) * np.hypot(*brightness.shape):
            x, y = freed.x + along * np.sin(angle), freed.y + along * np.cos(angle)
            mirrored.append(replace(freed, x=x, y=y, left=-abs(angle), right=abs(angle)))
    best_mirrored = max(mirrored, key=lambda one: _side_contrast(one, brightness, _CLOSE_PX))
    again = _climb(best_mirrored, brightness, _CLOSE_PX, upright=True)
    return max(fan, again, key=lambda one: _side_contrast(one, brightness, _CLOSE_PX))


def _climb(fan: Fan, brightness: NDArray[np.float32], reach: float, *, upright: bool) -> Fan:
    """Move tip and angles to the largest contrast of the two edges."""

    def moved(free: NDArray[np.float64]) -> Fan:
        left = -free[2] if upright else free[3]
        return replace(fan, x=free[0], y=free[1], left=left, right=free[2])

    start = np.array([fan.x, fan.y, fan.right] if upright else [fan.x, fan.y, fan.right, fan.left])
    steps = np.array([reach, reach, *([1.5 * reach / np.hypot(*brightness.shape)] * (start.size - 2))])
    result = minimize(
        lambda free: -2 * _side_contrast(moved(free), brightness, reach),
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


def _fit_radii(fan: Fan, filled: NDArray[np.bool_], brightness: NDArray[np.float32]) -> Fan:
    angle, radius = polar(fan.x, fan.y, *filled.shape)
    wedge = (angle >= fan.left) & (angle <= fan.right)
    if not wedge.any():
        return fan
    worth = np.where(filled[wedge], 1.0, -_EMPTY_COST)
    start, end, _ = _largest_run(np.bincount(radius[wedge].astype(int), worth))
    fan = replace(fan, inner=float(start), outer=float(end))
    outer = np.arange(0.8 * fan.outer, 1.1 * fan.outer, 0.5)
    if outer.size == 0:
        return fan
    step, visible = _arc_contrast(fan, brightness, outer)
    best = int(np.argmax(step))
    if step[best] > _ARC_CONTRAST and visible[best] > _ARC_VISIBLE:
        fan = replace(fan, outer=float(outer[best]))
    return fan
