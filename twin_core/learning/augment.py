"""Random changes of view and display that make a network trained on rendered frames read real ones."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 (the library's usual name)


def display_change(rng: np.random.Generator, frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Another machine's display curve, resolution and noise, one draw for a whole clip (T, H, W)."""
    x = np.linspace(0.0, 1.0, 256)
    curve = np.clip(x * rng.uniform(0.7, 1.5) + rng.uniform(-0.12, 0.08), 0, 1) ** np.exp(rng.normal(0, 0.3))
    curve += 0.06 * np.sin(2 * np.pi * x + rng.uniform(0, 6.28)) * rng.uniform(0, 1)
    out = np.clip(curve * 255, 0, 255).astype(np.uint8)[frames]
    kind = rng.random()
    if kind < 0.35:
        sigma = rng.uniform(0.4, 1.3)
        out = np.stack([cv2.GaussianBlur(f, (0, 0), sigma) for f in out])
    elif kind < 0.6:  # edge enhancement, which many machines apply
        amount, sigma = rng.uniform(0.3, 1.2), rng.uniform(0.7, 1.5)
        soft = [cv2.GaussianBlur(f, (0, 0), sigma) for f in out]
        out = np.stack([cv2.addWeighted(f, 1 + amount, s, -amount, 0) for f, s in zip(out, soft, strict=True)])
    if rng.random() < 0.3:
        noise = rng.normal(0, rng.uniform(2, 14), (2, *out.shape[1:])).astype(np.float32)
        out = np.stack([np.clip(f + noise[i % 2], 0, 255) for i, f in enumerate(out)]).astype(np.uint8)
    if rng.random() < 0.25:  # shadow or patch of another gain
        size = out.shape[1]
        rows, columns = np.mgrid[:size, :size]
        at, width = rng.uniform(0, size, 2), rng.uniform(0.06, 0.25, 2) * size
        bump = np.exp(-(((rows - at[0]) / width[0]) ** 2) - ((columns - at[1]) / width[1]) ** 2)
        out = np.clip(out * (1 + rng.uniform(-0.9, 0.8) * bump), 0, 255).astype(np.uint8)
    return out


def view_change(
    rng: np.random.Generator, images: torch.Tensor, masks: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Rotation, scale, stretch, shear and shift; one draw an item.

    Args:
        rng: source of the draws.
        images: float (B, C, H, W).
        masks: float (B, 1, H, W).
    """
    count = len(images)
    turn = rng.normal(0, 0.12, count)
    scale = np.exp(rng.uniform(-0.25, 0.18, count))
    stretch = np.exp(rng.normal(0, 0.06, count))
    shear = rng.normal(0, 0.06, count)
    theta = np.empty((count, 2, 3), np.float32)
    theta[:, 0, 0], theta[:, 0, 1] = np.cos(turn) * scale * stretch, -np.sin(turn) * scale + shear
    theta[:, 1, 0], theta[:, 1, 1] = np.sin(turn) * scale, np.cos(turn) * scale / stretch
    theta[:, :, 2] = rng.uniform(-0.14, 0.14, (count, 2))
    grid = F.affine_grid(torch.from_numpy(theta), list(images.shape), align_corners=False)
    both = F.grid_sample(torch.cat([images, masks], 1), grid, align_corners=False)
    return both[:, :-1], (both[:, -1:] > 0.5).float()
