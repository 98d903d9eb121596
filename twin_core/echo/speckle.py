"""Ultrasound image formation: sector geometry, speckle, gain, haze, shadows and display compression."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.anatomy import draw_fields, drawn

Image = NDArray[np.float32]

RANGE_BINS, BEAMS = 224, 128  # of the speckle texture, in polar coordinates


def smooth_field(rng: np.random.Generator, cells: int, size: int) -> Image:
    """A smooth random field of unit scale, shape (size, size): bicubic through cells x cells normals."""
    coarse = rng.standard_normal((cells, cells)).astype(np.float32)
    return np.asarray(cv2.resize(coarse, (size, size), interpolation=cv2.INTER_CUBIC), np.float32)


@dataclass(frozen=True, kw_only=True)
class Sector:
    """Where the fan lies in the image. Lengths in cm, angles in radians from straight down."""

    size: int  # pixels, square image
    cm_per_px: float
    tip_row: float  # pixel row and column of the fan's virtual apex
    tip_column: float
    depth_cm: float = drawn(8.0, 14.0)
    left_angle: float = drawn(-0.86, -0.52)
    right_angle: float = drawn(0.52, 0.86)
    skin_cm: float = drawn(-0.6, 1.2)  # radius of the transducer face; below zero: a point

    @classmethod
    def sample(cls, rng: np.random.Generator, size: int, heart_cm: float, cm_per_px: float | None) -> Sector:
        """A random probe setting deep enough for a heart that reaches down to `heart_cm`."""
        values = draw_fields(cls, rng)
        # Sonographers set the depth so that the heart fills the fan.
        values["depth_cm"] = max(values["depth_cm"], heart_cm * rng.uniform(1.0, 1.45))
        # The segmenter cuts a square as high as the fan; wide fans lose their corners (as in public 112 x 112 data).
        side_cm = values["depth_cm"] * rng.uniform(0.92, 1.1)
        if cm_per_px is not None:
            side_cm = cm_per_px * size
        column = size * rng.uniform(0.42, 0.58)
        row = size * rng.uniform(-0.02, 0.06)
        return cls(size=size, cm_per_px=side_cm / size, tip_row=row, tip_column=column, **values)

    @cached_property
    def polar(self) -> tuple[Image, Image]:
        """Radius (cm) and angle (rad) of every pixel, each of shape (size, size)."""
        x, y = self.centimetres
        return np.hypot(x, y), np.arctan2(x, y)

    @cached_property
    def centimetres(self) -> tuple[Image, Image]:
        """Lateral position and depth (cm) of every pixel."""
        rows, columns = np.mgrid[: self.size, : self.size].astype(np.float32)
        return (columns - self.tip_column) * self.cm_per_px, (rows - self.tip_row) * self.cm_per_px

    @cached_property
    def mask(self) -> NDArray[np.bool_]:
        """Pixels inside the fan."""
        radius, angle = self.polar
        inside = (radius > self.skin_cm) & (radius < self.depth_cm)
        return inside & (angle > self.left_angle) & (angle < self.right_angle)

    def pixels(self, points_cm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Column and row (n, 2) of points given in cm."""
        return points_cm / self.cm_per_px + np.array([self.tip_column, self.tip_row])


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Gain, resolution and display settings of one recording; levels are display fractions (0 to 1)."""

    seed: int
    speckle_depth: float = drawn(0.03, 0.14)  # spread of speckle in display fractions
    axial_sigma: float = drawn(0.5, 1.3)  # speckle cell, in texture bins
    lateral_sigma: float = drawn(0.5, 1.6)
    blur_near: float = drawn(0.45, 1.0)  # point spread in pixels
    blur_far: float = drawn(0.7, 2.2)
    gain: float = drawn(-0.1, 0.1)
    gain_slope: float = drawn(-0.16, 0.14)  # from near to far
    edge_loss: float = drawn(-0.15, 0.5)  # lost at the fan's borders
    haze: float = drawn(-0.12, 0.28)  # near-field clutter; below zero: none
    haze_reach_cm: float = drawn(1.0, 6.0)
    reverberation: float = drawn(-0.2, 0.6)
    black_level: float = drawn(0.02, 0.09)  # width of the display's toe: below it greys are pressed, not cut
    contrast: float = drawn(0.9, 1.5)
    gamma: float = drawn(0.75, 1.35)
    patchiness: float = drawn(0.02, 0.14)  # slow unevenness of gain over the image
    grain: float = drawn(0.05, 0.22)  # multiplicative unevenness of tissue
    dropouts: float = drawn(0.0, 3.99)  # number of shadowed beams groups, floored
    flicker: float = drawn(0.1, 0.6)  # part of the tissue speckle that is new in every frame

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Machine:
        """Random settings."""
        return cls(seed=int(rng.integers(2**62)), **draw_fields(cls, rng))


class ImageFormation:
    """Turns painted echo levels into frames of one recording (one sector, one machine)."""

    def __init__(self, sector: Sector, machine: Machine) -> None:
        self.sector, self.machine = sector, machine
        rng = np.random.default_rng(machine.seed)
        self._tissue = self._texture(rng)
        self._blood = self._texture(rng)
        self._gain = self._fixed_gain(rng)
        self._grain = 1.0 + machine.grain * smooth_field(rng, 26, sector.size)
        radius, _ = sector.polar
        self._farness = np.clip(radius / sector.depth_cm, 0.0, 1.0).astype(np.float32)
        self._haze = self._near_field(rng)

    def _texture(self, rng: np.random.Generator) -> Image:
        """Log-compressed fully developed speckle in polar coordinates: zero mean, unit spread."""
        parts = rng.standard_normal((2, RANGE_BINS, BEAMS)).astype(np.float32)
        sigma = (self.machine.lateral_sigma, self.machine.axial_sigma)
        re, im = (cv2.GaussianBlur(p, (0, 0), sigmaX=sigma[0], sigmaY=sigma[1]) for p in parts)
        log_amplitude = np.log(np.hypot(re, im) + 0.3 * np.std(re))
        return ((log_amplitude - log_amplitude.mean()) / log_amplitude.std()).astype(np.float32)

    def _look_up(self, texture: Image, x: Image, y: Image, shift: tuple[float, float] = (0.0, 0.0)) -> Image:
        """The polar texture at positions (cm), wrapping round."""
        s = self.sector
        bins = np.hypot(x, y) * ((RANGE_BINS - 1) / (1.15 * s.depth_cm)) + np.float32(shift[0])
        span = s.right_angle - s.left_angle
        beams = (np.arctan2(x, y) - s.left_angle) * ((BEAMS - 1) / span) + np.float32(shift[1])
        at = beams.astype(np.float32), bins.astype(np.float32)
        return np.asarray(cv2.remap(texture, *at, cv2.INTER_LINEAR, None, cv2.BORDER_WRAP), np.float32)

    def _fixed_gain(self, rng: np.random.Generator) -> Image:
        """Depth gain, loss towards the borders, slow unevenness and shadowed beams: all fixed in the fan."""
        m, s = self.machine, self.sector
        radius, angle = s.polar
        depth = radius / s.depth_cm
        gain = m.gain + m.gain_slope * (2.0 * depth - 1.0) + m.patchiness * smooth_field(rng, 4, s.size)
        bands = np.interp(depth, np.linspace(0, 1.2, 8), rng.normal(0.0, 0.05, 8))
        middle, half = (s.left_angle + s.right_angle) / 2, (s.right_angle - s.left_angle) / 2
        offset = (angle - middle) / half
        gain = gain + bands - max(m.edge_loss, 0.0) * np.abs(offset) ** 3
        for _ in range(int(m.dropouts)):
            side = rng.choice([-1.0, 1.0])
            where = side * rng.uniform(0.3, 1.0)
            width, strength, start = rng.uniform(0.04, 0.2), rng.uniform(0.05, 0.5), rng.uniform(0.0, 0.5)
            gain = gain - strength * np.exp(-(((offset - where) / width) ** 2)) * (depth > start)
        return gain.astype(np.float32)

    def _near_field(self, rng: np.random.Generator) -> Image:
        """Haze that fades with depth and bright bands parallel to the transducer face."""
        m = self.machine
        radius, _ = self.sector.polar
        haze = max(m.haze, 0.0) * np.exp(-((radius / m.haze_reach_cm) ** 2))
        for _ in range(int(rng.integers(1, 5))):
            at, thick = rng.uniform(0.2, 3.2), rng.uniform(0.06, 0.25)
            level = max(m.reverberation, 0.0) * rng.uniform(0.1, 0.8)
            haze = haze + level * np.exp(-(((radius - at) / thick) ** 2)) * np.exp(-at / 2.0)
        return (haze * (1.0 + 0.35 * smooth_field(rng, 9, self.sector.size))).astype(np.float32)

    def form(
        self, level: Image, blood: Image, material: tuple[Image, Image], rng: np.random.Generator
    ) -> NDArray[np.uint8]:
        """One displayed frame.

        Args:
            level: echo level of every pixel, display fractions, shape (size, size).
            blood: 1 in cavities, 0 in tissue (blood's speckle is new in every frame).
            material: where (cm) each pixel's tissue lies at end-diastole, so that speckle moves with it.
            rng: draws what is new in this frame.

        Returns:
            Display values, uint8 (size, size), zero outside the sector.
        """
        m = self.machine
        near = cv2.GaussianBlur(level, (0, 0), m.blur_near)
        far = cv2.GaussianBlur(level, (0, 0), sigmaX=m.blur_far, sigmaY=max(m.blur_far * 0.6, 0.4))
        soft = near + (far - near) * self._farness
        tissue = self._look_up(self._tissue, *material)
        x, y = self.sector.centimetres
        new = self._look_up(self._blood, x, y, (rng.uniform(0, RANGE_BINS), rng.uniform(0, BEAMS)))
        fresh = np.maximum(blood, m.flicker)
        speckle = np.sqrt(1.0 - fresh**2) * tissue + fresh * new
        # Brighter tissue shows more speckle; near black the display hides it.
        strength = m.speckle_depth * np.clip(0.35 + 1.6 * soft, 0.0, 1.3)
        value = soft * self._grain + self._haze + self._gain + strength * speckle
        value = m.black_level * np.logaddexp(0.0, value * m.contrast / m.black_level)
        value = np.minimum(value, 1.0) ** m.gamma
        return np.where(self.sector.mask, value * 255.0, 0.0).astype(np.uint8)
