"""The fan a phased or curved array scans: its geometry, and fitting it to an image."""

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

_WIDEST = np.pi / 3
"""Largest half-angle of a fan, radians."""
_COARSE_SIDE_PX = 80
_EMPTY_COST = 0.5
"""What an empty pixel inside the fan costs, against 1 for a filled one outside: cavities are empty too."""
_TILT_GAIN = 0.6
"""Edge contrast (doublings) that a tilted fan must gain over an upright one, which nearly all are."""
_ARC_CONTRAST, _ARC_VISIBLE = 0.4, 0.1
"""Contrast and visible share from which the lower arc is taken from the image."""


@dataclass(frozen=True, kw_only=True)
class Fan:
    """A fan with its tip up.

    Attributes:
        x, y: where its two straight edges meet, in pixels; above the image for a curved array.
        left, right: angles of the edges from straight down, radians, left negative.
        inner, outer: radii of the transducer face and of the deepest arc, in pixels.
    """

    x: float
    y: float
    left: float
    right: float
    inner: float
    outer: float

    def scaled(self, factor: float) -> "Fan":
        """The same fan in an image resized by `factor`."""
        return replace(self, x=self.x * factor, y=self.y * factor, inner=self.inner * factor, outer=self.outer * factor)

    def mask(self, rows: int, columns: int) -> NDArray[np.bool_]:
        """Pixels whose centre lies in the fan.

        Args:
            rows: image height, H.
            columns: image width, W.

        Returns:
            (H, W) bool.
        """
        angle, radius = _polar(self.x, self.y, rows, columns)
        return (angle >= self.left) & (angle <= self.right) & (radius >= self.inner) & (radius <= self.outer)


def _polar(x: float, y: float, rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Angle from straight down and distance from (x, y) of every pixel's centre."""
    across = np.arange(columns) + 0.5 - x
    down = (np.arange(rows) + 0.5 - y)[:, None]
    return np.arctan2(across, down), np.hypot(across, down)


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
    fan = _refine(_search(filled), brightness)
    fan = _fit_radii(fan, filled, brightness)
    return fan, float(np.mean(_side_contrast(fan, brightness, 2.0)))


def _search(filled: NDArray[np.bool_]) -> Fan:
    scale = _COARSE_SIDE_PX / max(filled.shape)
    rows, columns = (max(1, round(side * scale)) for side in filled.shape)
    density = cv2.resize(filled.astype(np.float32), (columns, rows), interpolation=cv2.INTER_AREA)
    worth = (density * (1 + _EMPTY_COST) - _EMPTY_COST).ravel()
    angles, radii, reach = 30, 60, 1.4 * float(np.hypot(rows, columns))
    best, best_worth = Fan(x=columns / 2, y=0.0, left=-_WIDEST, right=_WIDEST, inner=0.0, outer=reach), -np.inf
    for x in np.linspace(0.2, 0.8, 25) * columns:
        for y in np.linspace(-0.5, 0.4, 31) * rows:
            angle, radius = (values.ravel() for values in _polar(x, y, rows, columns))
            inside = abs(angle) < _WIDEST
            cell = (abs(angle) / _WIDEST * angles).astype(int) * radii + (radius / reach * radii).astype(int)
            table = np.bincount(cell[inside], worth[inside], minlength=angles * radii).reshape(angles, radii)
            first, last, total = 0, radii, 0.0
            for _ in range(3):  # alternate: best angle for the radii, best radii for the angle
                width = int(np.argmax(np.cumsum(table[:, first:last].sum(axis=1)))) + 1
                first, last, total = _largest_run(table[:width].sum(axis=0))
            if total > best_worth:
                half, step = width / angles * _WIDEST, reach / radii
                best_worth = total
                best = Fan(x=x, y=y, left=-half, right=half, inner=first * step, outer=last * step)
    return best.scaled(1 / scale)


def _largest_run(worth: NDArray[Any]) -> tuple[int, int, float]:
    """First and end index of the stretch with the largest sum, and that sum."""
    total = np.concatenate([[0.0], np.cumsum(worth)])
    gain = total - np.minimum.accumulate(total)
    end = int(np.argmax(gain))
    start = int(np.argmin(total[: end + 1]))
    return start, end, float(gain[end])


def _step_across(
    brightness: NDArray[np.float32],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    inward: tuple[NDArray[np.float64], NDArray[np.float64]],
    reach: float,
) -> tuple[float, float]:
    """Mean brightness step inwards over the points of a boundary, and the share of points in the image."""
    rows, columns = brightness.shape
    step = np.zeros(x.size)
    seen = np.ones(x.size, bool)
    for distance in (0.5 * reach, reach, -0.5 * reach, -reach):
        across, down = x + inward[0] * distance, y + inward[1] * distance
        values = cv2.remap(
            brightness,
            (across - 0.5).astype(np.float32)[None],
            (down - 0.5).astype(np.float32)[None],
            cv2.INTER_LINEAR,
            borderMode=cv2.BORDER_REPLICATE,
        )[0]
        step += np.copysign(0.5, distance) * values
        seen &= (across > 1) & (across < columns - 1) & (down > 1) & (down < rows - 1)
    # A fifth of the points at least is asked for: a sliver seen at the border proves no edge.
    step = np.clip(step, -1.0, 3.0)
    return float(step[seen].sum() / max(int(seen.sum()), x.size // 5)), float(seen.mean())


def _side_contrast(fan: Fan, brightness: NDArray[np.float32], reach: float) -> tuple[float, float]:
    radius = np.linspace(fan.inner + 0.03 * (fan.outer - fan.inner), 0.98 * fan.outer, 128)
    contrast = []
    for angle, side in ((fan.left, 1.0), (fan.right, -1.0)):
        inward = (np.full(128, side * np.cos(angle)), np.full(128, -side * np.sin(angle)))
        x, y = fan.x + radius * np.sin(angle), fan.y + radius * np.cos(angle)
        contrast.append(_step_across(brightness, x, y, inward, reach)[0])
    return contrast[0], contrast[1]


def _arc_contrast(fan: Fan, brightness: NDArray[np.float32], reach: float) -> tuple[float, float]:
    angle = np.linspace(0.95 * fan.left, 0.95 * fan.right, 128)
    x, y = fan.x + fan.outer * np.sin(angle), fan.y + fan.outer * np.cos(angle)
    return _step_across(brightness, x, y, (-np.sin(angle), -np.cos(angle)), reach)


def _refine(fan: Fan, brightness: NDArray[np.float32]) -> Fan:
    diagonal = float(np.hypot(*brightness.shape))
    for reach in (0.02 * diagonal, 0.01 * diagonal, 2.0):
        fan = _climb(fan, brightness, reach, upright=True)
    # An edge in the dark leaves the upright search astray; freed of the other edge, the clear one is found, and
    # mirrored it starts the upright search anew.
    tilted = _climb(fan, brightness, 2.0, upright=False)
    mirrored = []
    for angle in (tilted.left, tilted.right):
        for along in np.linspace(-0.15, 0.15, 13) * diagonal:
            x, y = tilted.x + along * np.sin(angle), tilted.y + along * np.cos(angle)
            mirrored.append(replace(tilted, x=x, y=y, left=-abs(angle), right=abs(angle)))

    def contrast(one: Fan) -> float:
        return sum(_side_contrast(one, brightness, 2.0))

    again = _climb(max(mirrored, key=contrast), brightness, 2.0, upright=True)
    upright = max(fan, again, key=contrast)
    return tilted if contrast(tilted) > contrast(upright) + _TILT_GAIN else upright


def _climb(fan: Fan, brightness: NDArray[np.float32], reach: float, *, upright: bool) -> Fan:
    """Move tip and angles to the largest contrast of the two edges."""

    def moved(free: NDArray[np.float64]) -> Fan:
        left = -free[2] if upright else free[3]
        return replace(fan, x=free[0], y=free[1], left=left, right=free[2])

    start = np.array([fan.x, fan.y, fan.right] if upright else [fan.x, fan.y, fan.right, fan.left])
    steps = np.array([reach, reach, *([1.5 * reach / np.hypot(*brightness.shape)] * (start.size - 2))])
    result = minimize(
        lambda free: -sum(_side_contrast(moved(free), brightness, reach)),
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
    angle, radius = _polar(fan.x, fan.y, *filled.shape)
    wedge = (angle >= fan.left) & (angle <= fan.right)
    if not wedge.any():
        return fan
    worth = np.where(filled[wedge], 1.0, -_EMPTY_COST)
    start, end, _ = _largest_run(np.bincount(radius[wedge].astype(int), worth))
    fan = replace(fan, inner=float(start), outer=float(end))
    tries = [replace(fan, outer=outer) for outer in np.arange(0.8 * fan.outer, 1.1 * fan.outer, 0.5)]
    steps = [_arc_contrast(trial, brightness, 2.0) for trial in tries]
    best = int(np.argmax([step for step, _ in steps]))
    step, visible = steps[best]
    return tries[best] if step > _ARC_CONTRAST and visible > _ARC_VISIBLE else fan
