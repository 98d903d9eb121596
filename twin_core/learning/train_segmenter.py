"""Train the segmenter on rendered beating clips only. Reads top to bottom: render, train, test, save.

Fixed schedule: the last step's weights are kept, nothing is selected on any real clip.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.echo.phantom import Phantom, render_clip
from twin_core.learning.augment import display_change, view_change
from twin_core.learning.segmenter import (
    CHANNELS,
    KIND,
    PROJECTIONS,
    SIZE,
    WINDOW_FRAMES,
    UNet,
    normalise,
    pick_device,
    projections,
)
from twin_core.learning.weights import Weights, save_weights

FRAMES_A_PATIENT = 2  # per step: many patients with few frames each train better than the reverse


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads."""

    seed: int = 0
    patients: int = 2500
    test_patients: int = 100
    steps: int = 2000
    patients_a_step: int = 16
    learning_rate: float = 4e-3
    weight_decay: float = 1e-4
    still_share: float = 0.1  # of samples shown without motion, so that a still frame is understood too


@dataclass(frozen=True, kw_only=True)
class Patient:
    """One rendered clip of about one beat: frames uint8 (T, SIZE, SIZE) and masks as packed bits."""

    frames: NDArray[np.uint8]
    packed: NDArray[np.uint8]

    def mask(self, i: int) -> NDArray[np.uint8]:
        """Mask of frame `i`, uint8 (SIZE, SIZE)."""
        return np.unpackbits(self.packed[i]).reshape(SIZE, SIZE)


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


def render_patient(seed: tuple[int, int]) -> Patient:
    """Patient number seed[1] of data set seed[0]."""
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    phantom = Phantom.sample(rng, size=SIZE)
    beats, start, period = rng.uniform(0.8, 1.9), rng.uniform(), rng.uniform(0.5, 1.3)
    phase = start + np.linspace(0.0, beats, WINDOW_FRAMES)
    volume = volume_curve(rng, phase, phantom.anatomy.edv_ml, phantom.anatomy.esv_ml)
    clip = render_clip(volume, phase * period, phantom)
    packed = np.packbits(clip.masks.reshape(len(phase), -1), axis=1)
    return Patient(frames=normalise(clip.frames, clip.sector), packed=packed)


def render_patients(seed: int, count: int, workers: int) -> list[Patient]:
    """Render `count` patients on `workers` processes; the result does not depend on `workers`."""
    numbers = [(seed, i) for i in range(count)]
    if workers <= 1:
        return [render_patient(n) for n in numbers]
    with ProcessPoolExecutor(workers) as pool:
        return list(pool.map(render_patient, numbers, chunksize=16))


def batch_of(
    rng: np.random.Generator, patients: list[Patient], still_share: float, augment: bool
) -> tuple[torch.Tensor, torch.Tensor]:
    """Images float (B, 5, SIZE, SIZE) in [0, 1] and masks float (B, 1, SIZE, SIZE)."""
    images, masks = [], []
    for patient in patients:
        frames = display_change(rng, patient.frames) if augment else patient.frames
        beat = projections(frames)
        for i in rng.choice(len(frames), FRAMES_A_PATIENT, replace=False):
            over_beat = projections(frames[i : i + 1]) if rng.random() < still_share else beat
            images.append(np.concatenate([frames[i : i + 1], over_beat]))
            masks.append(patient.mask(i)[None])
    x = torch.from_numpy(np.stack(images)).float() / 255.0
    y = torch.from_numpy(np.stack(masks)).float()
    return view_change(rng, x, y) if augment else (x, y)


def loss_of(logits: torch.Tensor, masks: torch.Tensor) -> torch.Tensor:
    """Cross-entropy plus soft Dice (Milletari 2016), the latter per image."""
    probability = torch.sigmoid(logits)
    overlap = (probability * masks).sum((1, 2, 3))
    total = probability.sum((1, 2, 3)) + masks.sum((1, 2, 3))
    dice = (2.0 * overlap + 1.0) / (total + 1.0)
    return F.binary_cross_entropy_with_logits(logits, masks) * 2.0 + (1.0 - dice).mean()


@torch.inference_mode()
def test_dice(network: UNet, patients: list[Patient], seed: int, device: torch.device) -> float:
    """Mean Dice on rendered patients never trained on, without augmentation."""
    network.eval()
    rng = np.random.default_rng([seed, 2])
    scores = []
    for start in range(0, len(patients), 16):
        x, y = batch_of(rng, patients[start : start + 16], still_share=0.0, augment=False)
        found = (network(x.to(device)).cpu() > 0).float()
        overlap, total = (found * y).sum((1, 2, 3)), found.sum((1, 2, 3)) + y.sum((1, 2, 3))
        scores += (2 * overlap / total.clamp(min=1)).tolist()
    return float(np.mean(scores))


def train(
    output: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    patients: list[Patient] | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Render, train, test and save.

    Args:
        output: weight file to write (.safetensors).
        settings: what to train; defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: processes that render.
        patients: rendered training patients, where they are at hand; rendered from the seed when None.
        report: receives one line of progress at a time.

    Returns:
        Metrics: `test_dice` on rendered patients, `final_loss`, `minutes`.
    """
    settings = settings or Settings()
    started, chosen = time.monotonic(), pick_device(device)
    if patients is None:
        report(f"rendering {settings.patients} patients")
        patients = render_patients(settings.seed, settings.patients, workers)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng([settings.seed, 1])
    network = UNet().to(chosen).to(memory_format=torch.channels_last)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    order: list[int] = []
    losses: list[float] = []
    training_started = time.monotonic()
    for step in range(settings.steps):
        if len(order) < settings.patients_a_step:
            order = rng.permutation(len(patients)).tolist()
        picked = [patients[order.pop()] for _ in range(min(settings.patients_a_step, len(order)))]
        x, y = batch_of(rng, picked, settings.still_share, augment=True)
        x, y = x.to(chosen, memory_format=torch.channels_last), y.to(chosen)
        with torch.autocast(chosen.type, torch.bfloat16, enabled=chosen.type == "cuda"):
            logits = network(x)
        loss = loss_of(logits.float(), y)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            left = (time.monotonic() - training_started) / (step + 1) * (settings.steps - step - 1) / 60
            report(f"step {step + 1}/{settings.steps} loss {np.mean(losses[-100:]):.4f}, {left:.1f} min left")
    test = render_patients(settings.seed + 1_000_003, settings.test_patients, workers)
    metrics = {
        "test_dice": test_dice(network, test, settings.seed, chosen),
        "final_loss": float(np.mean(losses[-100:])),
        "minutes": (time.monotonic() - started) / 60,
    }
    weights = Weights(
        kind=KIND,
        config={"inputs": 1 + len(PROJECTIONS), "channels": list(CHANNELS), "size": SIZE, "inputs_of": "frame, "
                + ", ".join(PROJECTIONS) + " over about one beat, uint8 / 255"},
        training={"data": "rendered clips only", **asdict(settings), "device": chosen.type, **metrics},
        tensors=network.state_dict(),
    )  # fmt: skip
    save_weights(output, weights)
    report(f"test Dice {metrics['test_dice']:.3f} (rendered patients), saved {output}")
    return metrics
