"""Procedural apical four-chamber echo with a known left-ventricular contour and volume."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from twin_core.echo.anatomy import Anatomy
from twin_core.echo.outline import outline_mask
from twin_core.echo.scene import Scene
from twin_core.echo.speckle import ImageFormation, Machine, Sector

SIZE = 112  # pixels; what the segmenter reads


@dataclass(frozen=True, kw_only=True)
class RenderedClip:
    """A rendered clip and its truth.

    Attributes:
        frames: display values, uint8 (T, size, size).
        masks: left-ventricular cavity, bool (T, size, size).
        sector: pixels inside the fan, bool (size, size).
        time_s: time of each frame, s (T,).
        volume_ml: volume the contour was drawn for, mL (T,).
        cm_per_px: centimetres per pixel (row, column).
    """

    frames: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    sector: NDArray[np.bool_]
    time_s: NDArray[np.float64]
    volume_ml: NDArray[np.float64]
    cm_per_px: tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Phantom:
    """One patient, seen by one probe and machine; renders frames at any left-ventricular volume."""

    anatomy: Anatomy
    sector: Sector
    machine: Machine
    scene: Scene
    drift_seed: int

    @classmethod
    def sample(
        cls,
        rng: np.random.Generator,
        *,
        edv_ml: float | None = None,
        esv_ml: float | None = None,
        size: int = SIZE,
        cm_per_px: float | None = None,
    ) -> Phantom:
        """A random phantom; the same generator state gives the same phantom.

        Args:
            rng: source of all randomness.
            edv_ml: end-diastolic volume, mL; drawn when None.
            esv_ml: end-systolic volume, mL; drawn when None.
            size: image width and height in pixels.
            cm_per_px: pixel size; drawn when None.

        Raises:
            ValueError: volumes not positive or not EDV > ESV.
        """
        anatomy = Anatomy.sample(rng)
        if edv_ml is not None or esv_ml is not None:
            anatomy = anatomy.with_volumes(edv_ml, esv_ml)
        heart = anatomy.apex_depth + anatomy.length_ed + 0.5 * anatomy.la_length
        sector = Sector.sample(rng, size, heart, cm_per_px)
        return cls(
            anatomy=anatomy,
            sector=sector,
            machine=Machine.sample(rng),
            scene=Scene.sample(rng),
            drift_seed=int(rng.integers(2**62)),
        )

    @cached_property
    def _formation(self) -> ImageFormation:
        return ImageFormation(self.sector, self.machine)

    def _material(self, volume_ml: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Where each pixel's tissue lies at end-diastole: the heart shrinks towards its apex, the rest stays."""
        a = self.anatomy
        x, y = self.sector.centimetres
        along, across = a.axis()
        apex = a.apex(volume_ml)
        dx, dy = x - apex[0], y - apex[1]
        long, wide = dx * along[0] + dy * along[1], dx * across[0] + dy * across[1]
        stretch_long = a.length_ed / a.length(volume_ml) - 1.0
        ratio = (a.width(a.edv_ml) + 2.0) / (a.width(volume_ml) + 2.0) - 1.0
        centre = 0.6 * a.length_ed
        near = np.exp(-(((long - centre) / 6.0) ** 2) - (wide / 5.0) ** 2)
        descent = a.apical_descent(volume_ml)
        move_long, move_wide = (long * stretch_long - descent) * near, wide * ratio * near
        return (
            (x + move_long * along[0] + move_wide * across[0]).astype(np.float32),
            (y + move_long * along[1] + move_wide * across[1]).astype(np.float32),
        )

    def render(
        self,
        volume_ml: float,
        phase: float = 0.0,
        *,
        mitral_opening: float | None = None,
        shift_cm: tuple[float, float] = (0.0, 0.0),
        rng: np.random.Generator | None = None,
    ) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
        """One frame and its cavity mask.

        Args:
            volume_ml: left-ventricular volume by the method of disks, mL.
            phase: part of the cycle since end-diastole, 0 to 1; sets the mitral valve when its opening is
                not given (closed for the first 0.4 of the cycle), and the frame's own noise.
            mitral_opening: 0 closed to 1 wide open.
            shift_cm: movement of the whole heart (breathing, probe), cm (x, depth).
            rng: source of the frame's own noise; by default fixed by phantom and phase.

        Returns:
            Image uint8 (size, size) and mask bool (size, size).

        Raises:
            ValueError: volume not a positive number.
        """
        if not (np.isfinite(volume_ml) and volume_ml > 0):
            raise ValueError(f"volume_ml must be a positive number of mL, got {volume_ml}: give e.g. 120.0")
        if rng is None:
            rng = np.random.default_rng([self.drift_seed, int(phase * 1e6)])
        if mitral_opening is None:
            mitral_opening = 0.0 if phase % 1.0 < 0.4 else 0.8
        level, blood = self.scene.paint(self.anatomy, self.sector, volume_ml, mitral_opening, shift_cm)
        image = self._formation.form(level, blood, self._material(volume_ml), rng)
        return image, self.mask(volume_ml, shift_cm)

    def mask(self, volume_ml: float, shift_cm: tuple[float, float] = (0.0, 0.0)) -> NDArray[np.bool_]:
        """The cavity as a reader outlines it, bool (size, size), cut at the sector."""
        outline = self.sector.pixels(self.anatomy.lv_outline(volume_ml) + np.array(shift_cm))
        return outline_mask(outline, (self.sector.size, self.sector.size)) & self.sector.mask


def mitral_opening_from(volume_ml: NDArray[np.float64], time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Valve opening (0 to 1) at each time: open while the ventricle fills, widest at the fastest filling."""
    if len(volume_ml) < 2:
        return np.zeros(len(volume_ml))
    inflow = np.gradient(volume_ml, time_s)
    peak = max(float(inflow.max()), 1e-6)
    return np.clip(inflow / (0.5 * peak), 0.0, 1.0) * (inflow > 0.04 * peak)


def render_clip(
    volume_ml: NDArray[np.float64],
    time_s: NDArray[np.float64],
    phantom: Phantom,
) -> RenderedClip:
    """A beating clip that follows a volume curve.

    Args:
        volume_ml: left-ventricular volume at each frame, mL (T,).
        time_s: time of each frame, s (T,), increasing.
        phantom: the patient; make it with the curve's largest and smallest volume, so that end-diastole and
            end-systole are where its anatomy has them.

    Raises:
        ValueError: shapes differ, no frame, or a volume is not positive.
    """
    volume, time = np.asarray(volume_ml, float), np.asarray(time_s, float)
    if volume.shape != time.shape or volume.ndim != 1 or len(volume) == 0:
        raise ValueError(f"volume_ml and time_s must be 1-D and of one length, got {volume.shape} and {time.shape}")
    rng = np.random.default_rng([phantom.drift_seed, 1])
    opening = mitral_opening_from(volume, time)
    amplitude, period = rng.uniform(0.0, 0.25, 2), rng.uniform(2.5, 6.0, 2)
    turn = rng.uniform(0.0, 6.28, 2)
    images, masks = [], []
    for v, t, o in zip(volume, time, opening, strict=True):
        dx, dy = amplitude * np.sin(2 * np.pi * t / period + turn)
        image, mask = phantom.render(float(v), mitral_opening=float(o), shift_cm=(dx, dy), rng=rng)
        images.append(image)
        masks.append(mask)
    scale = phantom.sector.cm_per_px
    return RenderedClip(
        frames=np.stack(images),
        masks=np.stack(masks),
        sector=phantom.sector.mask,
        time_s=time,
        volume_ml=volume,
        cm_per_px=(scale, scale),
    )
