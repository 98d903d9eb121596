"""What the segmenter's networks are trained for: every pixel, and how the volume differs between a patient's frames.

Pixels alone leave a network free to draw one frame of a patient too wide and another too narrow, which changes EF most
of all. Each patient is shown by two frames of one clip; how far their volumes lie apart is held to the truth.
"""

from __future__ import annotations

import torch
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

ALONE_SHARE = 0.3  # weight of a frame's own volume, in parts of that of the two frames' ratio
FARTHEST = 0.5  # logarithms of volumes that lie further apart than this pull no more: at first no contour has a volume
LEAST = 20.0  # pixels³, added to volumes: an empty contour has a logarithm too


def pixel_loss(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus soft Dice (Milletari 2016, arXiv 1606.04797), the latter per image.

    Args:
        logits: of the cavity (B, 1, H, W).
        masks: 1 in the cavity, 0 outside (B, 1, H, W).
    """
    probability = torch.sigmoid(logits)
    overlap = (probability * masks).sum((1, 2, 3))
    total = probability.sum((1, 2, 3)) + masks.sum((1, 2, 3))
    dice = (2.0 * overlap + 1.0) / (total + 1.0)
    return F.binary_cross_entropy_with_logits(logits, masks) * 2.0 + (1.0 - dice).mean()


def log_volume(probability: torch.Tensor) -> torch.Tensor:
    """Logarithm of the disks' volume but for a constant: one disk a row of pixels, as an upright ventricle has them.

    Args:
        probability: of the cavity (B, 1, H, W).

    Returns:
        (B,).
    """
    return torch.log((probability.sum(3) ** 2).sum((1, 2)) + LEAST)


def volume_loss(logits: torch.Tensor, masks: torch.Tensor, patient: torch.Tensor) -> torch.Tensor:
    """How far volumes are off, as mean absolute differences of logarithms.

    Args:
        logits: of the cavity (B, 1, H, W).
        masks: 1 in the cavity, 0 outside (B, 1, H, W).
        patient: whose frame each is (B,); frames of one patient follow each other.

    Returns:
        Error of the ratio of each two neighbouring frames of one patient, and a part of each frame's own error.
    """
    error = (log_volume(torch.sigmoid(logits)) - log_volume(masks)).clamp(-FARTHEST, FARTHEST)
    ratios = (error[1:] - error[:-1])[patient[1:] == patient[:-1]]
    ratio = ratios.abs().sum() / max(len(ratios), 1)
    return ratio + ALONE_SHARE * error.abs().mean()
