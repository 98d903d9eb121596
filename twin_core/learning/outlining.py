"""How well a segmenter's networks outline frames that they were not trained on: Dice, and volumes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from twin_core.learning.outline_loss import volume_loss
from twin_core.learning.rendered_frames import FRAMES_A_PATIENT, Patient, batch_of
from twin_core.learning.traced_frames import TracedFrames, traced_batch


@torch.inference_mode()
def dice_of(network: nn.Module, images: torch.Tensor, masks: torch.Tensor) -> list[float]:
    """Dice of each image of a batch, without augmentation."""
    device = next(network.parameters()).device
    found = (network(images.to(device)).cpu() > 0).float()
    overlap, total = (found * masks).sum((1, 2, 3)), found.sum((1, 2, 3)) + masks.sum((1, 2, 3))
    return list((2 * overlap / total.clamp(min=1)).tolist())


def test_dice(network: nn.Module, patients: list[Patient], seed: int) -> float:
    """Mean Dice on rendered patients never trained on."""
    network.eval()
    rng = np.random.default_rng([seed, 2])
    scores = []
    for start in range(0, len(patients), 16):
        images, masks, _ = batch_of(rng, patients[start : start + 16], 0.0, 0.0, augment=False)
        scores += dice_of(network, images, masks)
    return float(np.mean(scores))


def traced_dice(network: nn.Module, clips: Sequence[TracedFrames]) -> float:
    """Mean Dice on the traced frames of clips, the network being in evaluation mode."""
    rng = np.random.default_rng(0)  # without augmentation nothing is drawn
    scores = []
    for start in range(0, len(clips), 16):
        images, masks, _ = traced_batch(rng, clips[start : start + 16], FRAMES_A_PATIENT, augment=False)
        scores += dice_of(network, images, masks)
    return float(np.mean(scores))


@torch.inference_mode()
def traced_volume_error(network: nn.Module, clips: Sequence[TracedFrames]) -> float:
    """How far the volumes of clips' traced frames and their ratios are off: mean of ``volume_loss`` over clips."""
    device = next(network.parameters()).device
    rng = np.random.default_rng(0)  # without augmentation nothing is drawn
    total = 0.0
    for start in range(0, len(clips), 16):
        part = clips[start : start + 16]
        images, masks, clip = traced_batch(rng, part, FRAMES_A_PATIENT, augment=False)
        total += volume_loss(network(images.to(device)).float().cpu(), masks, clip).item() * len(part)
    return total / len(clips)
