"""Labelled pictures for the view network: rendered hearts upright, turned, mirrored and cut, and what is no heart."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.echo.phantom import Phantom, render_clip
from twin_core.learning.augment import display_change
from twin_core.learning.other_pictures import other_pictures
from twin_core.learning.segmenter import SIZE, WINDOW_FRAMES, normalise, projections
from twin_core.learning.view import VIEWS

WHOLE, CUT = 0.92, 0.6  # parts of the ventricle in the picture: a good view from above, a cut one from below
STILL_SHARE = 0.1  # of samples shown without motion, so that a still frame is understood too


@dataclass(frozen=True, kw_only=True, eq=False)
class Heart:
    """A rendered patient over about one beat.

    Attributes:
        frames: uint8 (T, SIZE, SIZE); for ``unbounded`` ones the tissue goes on beyond the fan.
        fan: pixels inside the fan, bool (SIZE, SIZE).
        ventricle: the cavity at its largest, bool (SIZE, SIZE).
        unbounded: whether the heart can be turned while the fan stays.
    """

    frames: NDArray[np.uint8]
    fan: NDArray[np.bool_]
    ventricle: NDArray[np.bool_]
    unbounded: bool


def render_heart(seed: tuple[int, int]) -> Heart:
    """Patient number seed[1] of data set seed[0]."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    phantom = Phantom.sample(rng, size=SIZE)
    fan, unbounded = phantom.sector.mask, bool(rng.random() < 0.5)
    if unbounded:
        sector = replace(phantom.sector, left_angle=-3.2, right_angle=3.2, skin_cm=-1.0)
        phantom = replace(phantom, sector=replace(sector, depth_cm=1.6 * sector.depth_cm))
    edv, esv = phantom.anatomy.edv_ml, phantom.anatomy.esv_ml
    phase = rng.uniform() + np.linspace(0.0, rng.uniform(0.8, 1.9), WINDOW_FRAMES)
    # Ejection takes the first 35 to 45 % of a beat, filling the rest.
    bent = np.interp(phase % 1.0, [0.0, rng.uniform(0.35, 0.45), 1.0], [0.0, 0.5, 1.0])
    volume = esv + (edv - esv) * (0.5 + 0.5 * np.cos(2 * np.pi * bent))
    clip = render_clip(volume, phase * rng.uniform(0.5, 1.3), phantom)
    return Heart(
        frames=normalise(clip.frames, fan),
        fan=fan,
        ventricle=clip.masks[int(volume.argmax())] & fan,
        unbounded=unbounded,
    )


def render_other(seed: tuple[int, int]) -> NDArray[np.uint8]:
    """Clip number seed[1] of what is no four-chamber view, of data set seed[0]: uint8 (T, SIZE, SIZE)."""
    cv2.setNumThreads(1)
    pictures = other_pictures(np.random.default_rng([*seed, 7]), WINDOW_FRAMES)
    return normalise(pictures, np.ones(pictures.shape[1:], bool))


def render(seed: int, hearts: int, others: int, workers: int = 1) -> tuple[list[Heart], list[NDArray[np.uint8]]]:
    """Hearts and other pictures; the result does not depend on ``workers``."""
    first, second = [(seed, i) for i in range(hearts)], [(seed, i) for i in range(others)]
    if workers <= 1:
        return [render_heart(n) for n in first], [render_other(n) for n in second]
    # Spawned, not forked: the parent may already run torch's threads, which a fork would leave half alive.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(render_heart, first, chunksize=8)), list(pool.map(render_other, second, chunksize=8))


def batch_of(
    rng: np.random.Generator, hearts: list[Heart], others: list[NDArray[np.uint8]]
) -> tuple[torch.Tensor, torch.Tensor]:
    """One upright, one turned, one mirrored and one cut picture of each heart, and the others.

    Returns:
        Images float (B, 5, SIZE, SIZE) in [0, 1] and labels, places in ``VIEWS`` (B,). What is neither whole nor
        cut is left out.
    """
    pictures = torch.from_numpy(np.stack([_seen(rng, h.frames) for h in hearts])).float() / 255.0
    fans = torch.from_numpy(np.stack([h.fan[None] for h in hearts])).float()
    ventricles = torch.from_numpy(np.stack([h.ventricle[None] for h in hearts])).float()
    images, labels = [], []
    for name in VIEWS[:-1]:
        for i, heart in enumerate(hearts):
            image, left = _posed(rng, name, pictures[i], fans[i], ventricles[i], heart.unbounded)
            if (name == "cut_off" and not 0.05 < left < CUT) or (
                name in ("four_chamber", "mirrored") and left <= WHOLE
            ):
                continue
            images.append(image)
            labels.append(VIEWS.index(name))
    if others:
        seen = torch.from_numpy(np.stack([_seen(rng, o) for o in others])).float() / 255.0
        for image in seen:
            turn = float(rng.uniform(0, 2 * np.pi)) * (rng.random() < 0.3)
            pose = _pose(
                turn, bool(rng.random() < 0.5), float(np.exp(rng.uniform(-0.3, 0.2))), rng.uniform(-0.2, 0.2, 2)
            )
            images.append(_moved(image, pose))
            labels.append(VIEWS.index("other"))
    return torch.stack(images), torch.tensor(labels)


def _seen(rng: np.random.Generator, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A frame and its projections under another display, uint8 (5, SIZE, SIZE)."""
    frames = display_change(rng, frames)
    if rng.random() < 0.25:  # dim, after all that normalising can do
        frames = (frames * rng.uniform(0.3, 1.0)).astype(np.uint8)
    i = int(rng.integers(len(frames)))
    return np.concatenate([frames[i : i + 1], projections(frames[i : i + 1] if rng.random() < STILL_SHARE else frames)])


def _posed(
    rng: np.random.Generator,
    name: str,
    picture: torch.Tensor,
    fan: torch.Tensor,
    ventricle: torch.Tensor,
    unbounded: bool,
) -> tuple[torch.Tensor, float]:
    """A heart in the pose of a view, and the part of its ventricle that is in the picture."""
    turn, mirror = float(rng.normal(0, 0.12)), name == "mirrored"
    scale, shift = float(np.exp(rng.uniform(-0.25, 0.2))), rng.uniform(-0.12, 0.12, 2)
    if name == "turned":
        mirror = bool(rng.random() < 0.5)
        quarter = np.pi / 2 * rng.integers(1, 4) + rng.normal(0, 0.1)
        turn = float(quarter if rng.random() < 0.6 else rng.uniform(np.radians(50), np.radians(310)))
    half = torch.ones_like(fan)
    if name == "cut_off":
        kind = rng.random()
        if kind < 0.5:
            scale, shift = float(rng.uniform(0.25, 0.75)), rng.uniform(-0.6, 0.6, 2)
        elif kind < 0.75:
            shift = rng.uniform(-0.9, 0.9, 2)
        else:  # a part of the picture is missing
            half = _half_plane(rng, ventricle)
    pose = _pose(turn, mirror, scale, shift)
    if unbounded and rng.random() < (0.3 if name == "cut_off" else 0.6):
        # The heart moves under a fan that stays.
        small, flip, size = float(rng.normal(0, 0.05)), bool(rng.random() < 0.5), float(np.exp(rng.uniform(-0.15, 0.1)))
        own = _pose(small, flip, size, rng.uniform(-0.08, 0.08, 2))
        shown = _moved(fan, own)
        result, left = _moved(picture * half, pose) * shown, _moved(ventricle * half, pose) * shown
    else:
        result, left = _moved(picture * fan * half, pose), _moved(ventricle * half, pose)
    return result, float(left.sum() * scale**2 / ventricle.sum().clamp(min=1))


def _half_plane(rng: np.random.Generator, ventricle: torch.Tensor) -> torch.Tensor:
    """A cut through the ventricle: 1 on one side of a line through it, (1, SIZE, SIZE)."""
    rows, columns = np.nonzero(ventricle[0].numpy())
    if len(rows) == 0:
        return torch.ones_like(ventricle)
    i = int(rng.integers(len(rows)))
    angle = rng.uniform(0, 2 * np.pi) if rng.random() < 0.5 else np.pi / 2 * rng.integers(4)
    y, x = np.mgrid[:SIZE, :SIZE]
    side = (x - columns[i]) * np.cos(angle) + (y - rows[i]) * np.sin(angle) > 0
    return torch.from_numpy(side[None].astype(np.float32))


def _pose(turn: float, mirror: bool, scale: float, shift: NDArray[np.float64]) -> torch.Tensor:
    """Affine map from output to input places, (2, 3) as ``affine_grid`` takes it; scale below 1 zooms in."""
    cos, sin = np.cos(turn) * scale, np.sin(turn) * scale
    side = -1.0 if mirror else 1.0
    return torch.tensor([[side * cos, side * -sin, shift[0]], [sin, cos, shift[1]]], dtype=torch.float32)


def _moved(image: torch.Tensor, pose: torch.Tensor) -> torch.Tensor:
    """The image (C, SIZE, SIZE) resampled through a pose."""
    grid = F.affine_grid(pose[None], [1, *image.shape], align_corners=False)
    return F.grid_sample(image[None], grid, align_corners=False)[0]
