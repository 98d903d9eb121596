"""Long axis and method-of-disks volume of one left-ventricular contour."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

DISKS = 20  # Lang et al., ASE/EACVI chamber quantification, J Am Soc Echocardiogr 2015;28:1-39
MIN_PIXELS = 12  # fewer carry no shape


@dataclass(frozen=True, kw_only=True)
class Contour:
    """Geometry of one cavity mask; lengths in cm, points (x, y) in cm from the image's top-left corner.

    Attributes:
        area_cm2: cavity area.
        length_cm: long axis, apex to the middle of the mitral annulus.
        volume_ml: single-plane method of disks.
        apex: apical end of the long axis.
        septal_annulus: left end of the mitral annulus in the image.
        lateral_annulus: its right end.
        centroid: centre of the area.
        solidity: area / area of the convex hull.
    """

    area_cm2: float
    length_cm: float
    volume_ml: float
    apex: tuple[float, float]
    septal_annulus: tuple[float, float]
    lateral_annulus: tuple[float, float]
    centroid: tuple[float, float]
    solidity: float

    @property
    def annulus(self) -> tuple[float, float]:
        """Middle of the mitral annulus: basal end of the long axis."""
        (ax, ay), (bx, by) = self.septal_annulus, self.lateral_annulus
        return ((ax + bx) / 2, (ay + by) / 2)


def trace(mask: NDArray[np.integer | np.bool_], cm_per_px: tuple[float, float]) -> Contour | None:
    """Measure a mask of one apical view, apex towards the top of the image.

    The long axis runs from the middle of the mitral annulus to the contour point farthest from it (ASE 2015,
    section 2.2). The annulus' two ends are the contour's extreme points between "towards the base" and
    "sideways". The volume is the sum of 20 disks perpendicular to that axis, V = sum pi/4 d_i^2 L/20.

    Args:
        mask: nonzero in the cavity, (H, W).
        cm_per_px: centimetres per pixel (row, column).

    Returns:
        None where the mask has fewer than 12 pixels.
    """
    binary = np.asarray(mask) if mask.dtype == np.uint8 else (np.asarray(mask) != 0).astype(np.uint8)
    left, top, width, height = cv2.boundingRect(binary)
    if width * height < MIN_PIXELS:  # OpenCV has no moments of an empty picture
        return None
    cavity = binary[top : top + height, left : left + width]
    moments = cv2.moments(cavity, binaryImage=True)
    pixels = round(moments["m00"])
    if pixels < MIN_PIXELS:
        return None
    scale = np.array([cm_per_px[1], cm_per_px[0]])
    corner = np.array([left, top]) * scale
    contours, _ = cv2.findContours(cavity, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    edge_px = max(contours, key=len)[:, 0, :]
    edge = edge_px * scale + corner
    centroid = np.array([moments["m10"], moments["m01"]]) / pixels * scale + corner
    along = _first_axis(moments, scale)
    for _ in range(3):  # annulus and axis settle after two rounds
        across = np.array([along[1], -along[0]])  # to the right when `along` points down
        t, x = (edge - centroid) @ along, (edge - centroid) @ across
        septal, lateral = edge[np.argmax(t - x)], edge[np.argmax(t + x)]
        annulus = (septal + lateral) / 2
        reach = np.linalg.norm(edge - annulus, axis=1)
        apex = edge[np.argmax(np.where(t < 0, reach, -1.0))]
        length = float(np.linalg.norm(annulus - apex))
        if length <= 0:
            return None
        along = (annulus - apex) / length
    hull_area = cv2.contourArea(cv2.convexHull(edge_px)) * scale[0] * scale[1]
    outline_area = cv2.contourArea(edge_px) * scale[0] * scale[1]
    pixel_area = float(scale[0] * scale[1])
    length += float(np.sqrt(pixel_area))  # pixel centres to pixel borders: half a pixel at either end
    return Contour(
        area_cm2=pixels * pixel_area,
        length_cm=length,
        volume_ml=_disks(cavity, scale, apex - corner, along, length),
        apex=(float(apex[0]), float(apex[1])),
        septal_annulus=(float(septal[0]), float(septal[1])),
        lateral_annulus=(float(lateral[0]), float(lateral[1])),
        centroid=(float(centroid[0]), float(centroid[1])),
        solidity=float(outline_area / hull_area) if hull_area > 0 else 0.0,
    )


def _first_axis(moments: Mapping[str, float], scale: NDArray[np.float64]) -> NDArray[np.float64]:
    """Direction of greatest extent, pointing down the image; straight down for a nearly round shape."""
    covariance = np.array([[moments["mu20"], moments["mu11"]], [moments["mu11"], moments["mu02"]]])
    values, vectors = np.linalg.eigh(covariance * np.outer(scale, scale))
    axis = vectors[:, 1] * (1.0 if vectors[1, 1] >= 0 else -1.0)
    # An apical view's axis is within 45 degrees of vertical; a round or lying shape says nothing about it.
    if values[1] < 1.15 * values[0] or axis[1] < 0.7:
        return np.array([0.0, 1.0])
    return np.asarray(axis)


def _disks(
    cavity: NDArray[np.uint8],
    scale: NDArray[np.float64],
    apex: NDArray[np.float64],
    along: NDArray[np.float64],
    length: float,
) -> float:
    """Volume in mL; a disk's diameter is the area of its slice divided by its height.

    What a slanted annulus puts beyond its middle counts in the last disk, for what it lacks on the other side.
    """
    height, pixel = length / DISKS, float(scale[0] * scale[1])
    rows, columns = (np.arange(n) * step for n, step in zip(cavity.shape, scale[::-1], strict=True))
    depth = ((rows - apex[1]) * along[1])[:, None] + (columns - apex[0]) * along[0] + 0.5 * np.sqrt(pixel)
    slot = np.clip(np.floor(depth / height), 0, DISKS - 1).astype(np.uint8)
    areas = np.bincount(slot[cavity != 0], minlength=DISKS) * pixel
    diameters = areas / height
    return float(np.pi / 4 * np.sum(diameters**2) * height)
