"""The fan a phased or curved array scans: its geometry."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray


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
        angle, radius = polar(self.x, self.y, rows, columns)
        return (angle >= self.left) & (angle <= self.right) & (radius >= self.inner) & (radius <= self.outer)


def polar(x: float, y: float, rows: int, columns: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Polar coordinates of every pixel's centre.

    Args:
        x: column of the origin, in pixels.
        y: row of the origin, in pixels.
        rows: image height, H.
        columns: image width, W.

    Returns:
        Angle from straight down in radians and distance in pixels, (H, W) each.
    """
    across = np.arange(columns) + 0.5 - x
    down = (np.arange(rows) + 0.5 - y)[:, None]
    return np.arctan2(across, down), np.hypot(across, down)
