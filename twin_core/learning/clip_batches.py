"""Batches of labelled clips for the paper's encoder, read while training from wherever they lie."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from twin_core.learning.datasets import DatasetError
from twin_core.learning.distributed import Group
from twin_core.learning.labelled_clips import LabelledClip
from twin_core.learning.paper_encoder import FRAMES, STEP_S, clip_frames
from twin_core.learning.sources import Draws

LATEST = 10  # frames after which a training clip may start, where it lasts a second longer
NORMALISED_ON = 128  # training clips that the mean and spread of grey levels are taken from


class Strips:
    """Clips as the network reads them, some frames longer, read once and kept: half a megabyte each.

    Args:
        clips: the clips.
        pool: threads that read them.
    """

    def __init__(self, clips: Sequence[LabelledClip], pool: ThreadPoolExecutor) -> None:
        self.clips, self.pool = clips, pool
        self._kept: dict[int, tuple[NDArray[np.uint8], int] | None] = {}

    def get(self, numbers: Sequence[int]) -> list[tuple[NDArray[np.uint8], int] | None]:
        """Frames uint8 (FRAMES + LATEST, SIDE, SIDE) and the last one to start at; None where unreadable."""
        new = [i for i in dict.fromkeys(numbers) if i not in self._kept]
        self._kept.update(zip(new, self.pool.map(_strip, [self.clips[i] for i in new]), strict=True))
        return [self._kept[i] for i in numbers]

    def first_frames(self, numbers: Sequence[int]) -> tuple[list[NDArray[np.uint8]], list[list[float]]]:
        """The first FRAMES and the labels of those that can be read."""
        pairs = [(i, strip[0][:FRAMES]) for i, strip in zip(numbers, self.get(numbers), strict=True) if strip]
        return [frames for _, frames in pairs], [self.clips[i].labels() for i, _ in pairs]

    @property
    def unreadable(self) -> int:
        """How many could not be read so far."""
        return sum(strip is None for strip in self._kept.values())


def _strip(labelled: LabelledClip) -> tuple[NDArray[np.uint8], int] | None:
    try:
        clip = labelled.read()
    except DatasetError:
        return None
    return clip_frames(clip, FRAMES + LATEST), int(np.clip((clip.duration_s - 1.0) / STEP_S, 0, LATEST))


class ClipBatches:
    """Training clips in random order, each from a random moment on; a ``trainer.Source``.

    Clips that cannot be read are passed over.
    """

    def __init__(self, strips: Strips, batch: int, seed: int, group: Group) -> None:
        if batch % group.size:
            raise ValueError(f"a batch of {batch} cannot be shared by {group.size} processes: use a divisor")
        self.strips, self.own = strips, group.share(range(len(strips.clips)))
        self.count = min(batch // group.size, len(self.own))
        self.draws = Draws([seed, 1, group.rank])

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Frames uint8 (B, FRAMES, SIDE, SIDE) and labels, NaN where not known (B, 4): EF, EDV, ESV, heart rate."""
        frames: list[NDArray[np.uint8]] = []
        labels: list[list[float]] = []
        while len(frames) < self.count:
            picked = [self.own[i] for i in self.draws.pick(len(self.own), self.count - len(frames))]
            for i, strip in zip(picked, self.strips.get(picked), strict=True):
                if strip is None:
                    continue
                start = int(self.draws.rng.integers(strip[1] + 1))
                frames.append(strip[0][start : start + FRAMES])
                labels.append(self.strips.clips[i].labels())
            if not frames and self.strips.unreadable == len(self.own):
                raise ValueError(f"none of the {len(self.own)} training clips can be read: check the data set")
        return torch.from_numpy(np.stack(frames)), torch.tensor(labels, dtype=torch.float32)

    def state_dict(self) -> dict[str, Any]:
        """Where the draws stand."""
        return self.draws.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where the draws stood."""
        self.draws.load_state_dict(state)


def grey_levels(strips: Strips) -> tuple[float, float]:
    """Mean and standard deviation of the grey levels of training clips as the network reads them.

    Raises:
        ValueError: none of them can be read.
    """
    frames, _ = strips.first_frames(range(min(NORMALISED_ON, len(strips.clips))))
    if not frames:
        raise ValueError(f"none of the first {NORMALISED_ON} training clips can be read: check the data set")
    return float(np.mean(frames)), max(float(np.std(frames)), 1.0)
