"""How well a segmenter's networks outline frames that they were not trained on: Dice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

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
        scores += dice_of(network, *batch_of(rng, patients[start : start + 16], still_share=0.0, augment=False))
    return float(np.mean(scores))


def traced_dice(network: nn.Module, clips: Sequence[TracedFrames]) -> float:
    """Mean Dice on the traced frames of clips, the network being in evaluation mode."""
    rng = np.random.default_rng(0)  # without augmentation nothing is drawn
    scores = []
    for start in range(0, len(clips), 16):
        scores += dice_of(network, *traced_batch(rng, clips[start : start + 16], FRAMES_A_PATIENT, augment=False))
    return float(np.mean(scores))
