"""Rendered clips of about one beat, and batches of their frames for the segmenter."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
import torch
from numpy.typing import NDArray

from twin_core.echo.phantom import Phantom, render_clip
from twin_core.learning.augment import display_change, view_change
from twin_core.learning.distributed import Group
from twin_core.learning.plausible_beat import plausible_beat
from twin_core.learning.segmenter import SIZE, WINDOW_FRAMES, normalise, projections

FRAMES_A_PATIENT = 2  # per step: many patients with few frames each train better than the reverse
EXTREMES = 4  # frames of a clip that count as nearly full, and as nearly empty


@dataclass(frozen=True, kw_only=True)
class Patient:
    """One rendered clip of about one beat: frames uint8 (T, SIZE, SIZE) and masks as packed bits."""

    frames: NDArray[np.uint8]
    packed: NDArray[np.uint8]

    def mask(self, i: int) -> NDArray[np.uint8]:
        """Mask of frame `i`, uint8 (SIZE, SIZE)."""
        return np.unpackbits(self.packed[i]).reshape(SIZE, SIZE)

    def by_area(self) -> NDArray[np.int64]:
        """The frames' numbers, smallest cavity first."""
        return np.argsort(np.unpackbits(self.packed, axis=1).sum(1, dtype=np.int64), kind="stable")


def volume_curve(rng: np.random.Generator, phase: NDArray[np.float64], edv: float, esv: float) -> NDArray[np.float64]:
    """A left-ventricular volume curve over phase (1 = one beat): ejection, early filling, rest, atrial kick."""
    ejection, early = rng.uniform(0.28, 0.48), rng.uniform(0.12, 0.3)
    kick, kick_at = rng.uniform(0.0, 0.35), rng.uniform(0.82, 0.92)
    p = phase % 1.0
    emptying = 0.5 - 0.5 * np.cos(np.pi * np.clip(p / ejection, 0, 1))
    filling = (1.0 - np.exp(-np.clip((p - ejection) / early, 0, None) * 2.5)) * (1.0 - kick)
    atrial = kick * np.clip((p - kick_at) / (1.0 - kick_at), 0, 1)
    left = np.where(p < ejection, 1.0 - emptying, np.clip(filling + atrial, 0, 1))
    return esv + (edv - esv) * left


def render_patient(seed: tuple[int, int], circuits_share: float = 0.0) -> Patient:
    """Patient number seed[1] of data set seed[0].

    Args:
        seed: of the data set, and the patient's number in it.
        circuits_share: probability that the volumes are those of a circuit's beat, drawn as for the encoder; else
            they follow ``volume_curve`` between volumes that most healthy and some failing ventricles have.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    beat = plausible_beat(rng) if circuits_share and rng.random() < circuits_share else None
    if beat is None:
        phantom = Phantom.sample(rng, size=SIZE)
    else:
        phantom = Phantom.sample(rng, edv_ml=beat.edv_ml, esv_ml=beat.esv_ml, size=SIZE)
    beats, start, period = rng.uniform(0.8, 1.9), rng.uniform(), rng.uniform(0.5, 1.3)
    phase = start + np.linspace(0.0, beats, WINDOW_FRAMES)
    if beat is None:
        volume = volume_curve(rng, phase, phantom.anatomy.edv_ml, phantom.anatomy.esv_ml)
    else:
        period = 60.0 / beat.heart_rate_bpm
        volume = np.interp(phase % 1.0 * period, beat.time_s, beat.lv_volume_ml)
    clip = render_clip(volume, phase * period, phantom)
    packed = np.packbits(clip.masks.reshape(len(phase), -1), axis=1)
    return Patient(frames=normalise(clip.frames, clip.sector), packed=packed)


def render_patients(
    seed: int, count: int, workers: int, group: Group | None = None, circuits_share: float = 0.0
) -> list[Patient]:
    """Render `count` patients, or a process's share of them, on `workers` processes; `workers` changes nothing."""
    one = partial(render_patient, circuits_share=circuits_share)
    numbers = [(seed, i) for i in range(count)]
    numbers = numbers if group is None else list(group.share(numbers))
    if workers <= 1:
        return [one(n) for n in numbers]
    # Spawned, not forked: after training the parent holds torch's threads, which a fork leaves half alive.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        return list(pool.map(one, numbers, chunksize=16))


def shown_frames(rng: np.random.Generator, patient: Patient, contrasted_share: float) -> NDArray[np.int64]:
    """Two frames of a patient: nearly empty and nearly full, or with the other probability any two."""
    if contrasted_share and rng.random() < contrasted_share:
        least, most = rng.integers(0, EXTREMES, 2)
        return patient.by_area()[[least, -1 - most]]
    return rng.choice(len(patient.frames), FRAMES_A_PATIENT, replace=False)


def batch_of(
    rng: np.random.Generator, patients: list[Patient], still_share: float, contrasted_share: float, augment: bool
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Frames of patients as a network is shown them.

    Args:
        rng: source of the draws.
        patients: to take two frames of each from.
        still_share: probability that a frame is shown without motion.
        contrasted_share: probability that the two frames are nearly empty and nearly full.
        augment: change view and display.

    Returns:
        Images float (B, 5, SIZE, SIZE) in [0, 1], masks float (B, 1, SIZE, SIZE), number of the patient int64 (B,).
    """
    images, masks = [], []
    for patient in patients:
        frames = display_change(rng, patient.frames) if augment else patient.frames
        beat = projections(frames)
        for i in shown_frames(rng, patient, contrasted_share):
            over_beat = projections(frames[i : i + 1]) if rng.random() < still_share else beat
            images.append(np.concatenate([frames[i : i + 1], over_beat]))
            masks.append(patient.mask(i)[None])
    x = torch.from_numpy(np.stack(images)).float() / 255.0
    y = torch.from_numpy(np.stack(masks)).float()
    whose = torch.arange(len(patients)).repeat_interleave(FRAMES_A_PATIENT)
    return (*view_change(rng, x, y), whose) if augment else (x, y, whose)
