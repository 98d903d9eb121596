"""Frames of real clips that a reader outlined, prepared for the segmenter exactly as it sees a clip in use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from twin_core.learning.augment import display_change, view_change
from twin_core.learning.datasets import DatasetError, EchoDataset, Record, Split, TracedClip
from twin_core.learning.distributed import Group
from twin_core.learning.segmenter import PROJECTIONS, SIZE, Crop, network_input, prepared

# The spread over a beat is no grey value: a display's curve does not apply to it.
GREY = [0, *(1 + i for i, name in enumerate(PROJECTIONS) if name != "std")]


@dataclass(frozen=True, kw_only=True, eq=False)
class TracedFrames:
    """The traced frames of one clip: network inputs uint8 (K, channels, SIZE, SIZE) and masks as packed bits."""

    inputs: NDArray[np.uint8]
    packed: NDArray[np.uint8]

    def mask(self, i: int) -> NDArray[np.uint8]:
        """Mask of traced frame `i`, uint8 (SIZE, SIZE)."""
        return np.unpackbits(self.packed[i]).reshape(SIZE, SIZE)


def prepare(traced: TracedClip) -> TracedFrames:
    """A clip's traced frames with their projections over about one beat.

    Raises:
        DatasetError: the clip has no tracing.
    """
    if not traced.tracings:
        raise DatasetError("no frame of the clip is traced (0 tracings)")
    clip = traced.clip
    crop = Crop.around(clip.sector)
    at = [t.frame for t in traced.tracings]
    inputs = network_input(prepared(clip.frames, clip.sector, crop), 1.0 / clip.frame_rate_hz)[at]
    masks = [crop.cut(t.mask.astype(np.uint8) * np.uint8(255)) > 127 for t in traced.tracings]
    return TracedFrames(inputs=inputs, packed=np.packbits(np.reshape(masks, (len(at), -1)), axis=1))


def load(
    records: Sequence[Record], *, workers: int = 1, report: Callable[[str], None] = lambda line: None
) -> tuple[list[TracedFrames], list[str]]:
    """Read and prepare records, each at most once.

    Args:
        records: clips to read.
        workers: clips read at a time (decoders run in processes of their own).
        report: receives a line of progress now and then.

    Returns:
        Traced frames in the records' order, and a line for each clip or tracing that was left out.
    """

    def one(record: Record) -> tuple[TracedFrames | None, list[str]]:
        cv2.setNumThreads(1)
        try:
            traced = record.read_whole()
            return prepare(traced), list(traced.problems)
        except DatasetError as error:
            text = str(error)
            return None, [text if record.where in text else f"{record.where}: {text}"]

    frames: list[TracedFrames] = []
    problems: list[str] = []
    with ThreadPoolExecutor(workers) as pool:
        for i, (found, told) in enumerate(pool.map(one, records)):
            problems += told
            if found is not None:
                frames.append(found)
            if (i + 1) % 200 == 0:
                report(f"read {i + 1} of {len(records)} clips")
    return frames, problems


def traced_batch(
    rng: np.random.Generator, clips: Sequence[TracedFrames], frames_a_clip: int, augment: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Traced frames as a network is shown them.

    Args:
        rng: source of the draws.
        clips: to take frames from.
        frames_a_clip: at most so many of each.
        augment: change view and display.

    Returns:
        Images float (B, channels, SIZE, SIZE) in [0, 1], masks float (B, 1, SIZE, SIZE), number of the clip int64 (B,).
    """
    images, masks, whose = [], [], []
    for number, clip in enumerate(clips):
        for i in rng.permutation(len(clip.inputs))[:frames_a_clip] if augment else range(len(clip.inputs)):
            image = clip.inputs[i].copy()
            if augment:
                image[GREY] = display_change(rng, image[GREY])
            images.append(image)
            masks.append(clip.mask(i)[None])
            whose.append(number)
    x = torch.from_numpy(np.stack(images)).float() / 255.0
    y = torch.from_numpy(np.stack(masks)).float()
    numbers = torch.tensor(whose)
    return (*view_change(rng, x, y), numbers) if augment else (x, y, numbers)


@dataclass(frozen=True, kw_only=True)
class Tracings:
    """A data set's clips with tracings, read once for all networks that are trained on them.

    Attributes:
        train: this process's part of the training split.
        validation: the validation split, in the first process alone.
        left_out: how many clips this process had to leave out.
    """

    train: list[TracedFrames]
    validation: list[TracedFrames]
    left_out: int


def read_tracings(dataset: EchoDataset | None, group: Group, workers: int, tell: Callable[[str], None]) -> Tracings:
    """Read a data set's traced clips, the test split's left alone; nothing without a data set.

    Raises:
        DatasetError: no clip of a split has a tracing.
    """
    if dataset is None:
        return Tracings(train=[], validation=[], left_out=0)
    found = []
    splits: tuple[Split, ...] = ("train", "val")
    for split in splits:
        wanted = group.share(dataset.of(split)) if split == "train" else dataset.of(split) if group.first else ()
        tell(f"reading {len(wanted)} clips to {'train on' if split == 'train' else 'validate with'}")
        clips, problems = load(wanted, workers=workers, report=tell)
        for problem in problems:
            tell(f"left out: {problem}")
        if not clips and (split == "train" or group.first):
            raise DatasetError(
                f"no clip of the {split} split has a tracing ({len(wanted)} of {len(dataset.of(split))} are this "
                "process's): check the folder, or start fewer processes"
            )
        found.append((clips, len(problems)))
    return Tracings(train=found[0][0], validation=found[1][0], left_out=found[0][1] + found[1][1])
