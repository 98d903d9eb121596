"""Train one of the segmenter's networks on rendered beating clips, or on the tracings of a data set, or on both.

Reads top to bottom. Two stages: contours, pixel by pixel; then volumes too, see ``outline_loss``. On rendered clips
alone the schedule is fixed and the last step's weights are kept: nothing is selected on any real clip. On a data set
its training split is trained on and its validation split selects; its test split is not read.
"""

from __future__ import annotations

import copy
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from twin_core.learning.datasets import EchoDataset
from twin_core.learning.distributed import Group, joined
from twin_core.learning.outline_loss import pixel_loss, volume_loss
from twin_core.learning.outlining import test_dice, traced_dice, traced_volume_error
from twin_core.learning.rendered_frames import FRAMES_A_PATIENT, Patient, batch_of, render_patients
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.segmenter import (
    CHANNELS,
    KIND,
    PROJECTIONS,
    SIZE,
    Networks,
    UNet,
)
from twin_core.learning.segmenter_settings import Settings, Stage
from twin_core.learning.sources import Draws
from twin_core.learning.traced_frames import TracedFrames, Tracings, read_tracings, traced_batch
from twin_core.learning.trainer import Fit, Plan, Validation, fit, one_cycle
from twin_core.learning.weights import Weights, save_weights


class Objective(nn.Module):
    """The network and what it is trained for: images, masks and whose they are to the loss."""

    def __init__(self, network: UNet, stage: Stage) -> None:
        super().__init__()
        self.network, self.volume_weight, self.kept_share = network, stage.volume_weight, stage.kept_share
        # A part of this module, so that a checkpoint holds it too.
        self.before = copy.deepcopy(network).requires_grad_(False) if stage.kept_share < 1 else None

    def forward(self, images: torch.Tensor, masks: torch.Tensor, patient: torch.Tensor) -> torch.Tensor:
        """Loss of a batch."""
        logits = self.network(images).float()
        loss = pixel_loss(logits, masks)
        return loss + self.volume_weight * volume_loss(logits, masks, patient) if self.volume_weight else loss

    @torch.no_grad()
    def keep_part(self) -> None:
        """Take back all but the kept share of what the stage changed in the network's weights and statistics."""
        if self.before is not None:
            before = self.before.state_dict()
            for name, now in self.network.state_dict().items():
                if now.is_floating_point():
                    now.copy_(torch.lerp(before[name], now, self.kept_share))


class Batches:
    """One process's part of every step: rendered patients and clips of a data set, each shown in turn."""

    def __init__(
        self,
        settings: Settings,
        patients: Sequence[Patient],
        traced: Sequence[TracedFrames],
        group: Group,
        contrasted_share: float = 0.0,
    ) -> None:
        if settings.patients_a_step % group.size:
            raise ValueError(
                f"{settings.patients_a_step} patients a step do not divide among {group.size} processes: start a "
                f"number of processes that divides {settings.patients_a_step}"
            )
        # Of a step's places the first are rendered; processes take them in turn, some maybe of one kind alone.
        mine = range(group.rank, settings.patients_a_step, group.size)
        self.rendered = sum(place < settings.rendered_a_step for place in mine)
        self.real = len(mine) - self.rendered
        self.patients, self.traced = patients, traced
        self.still_share, self.contrasted_share = settings.still_share, contrasted_share
        own = [settings.seed, 1] if group.size == 1 else [settings.seed, 1, group.rank]
        self.draws, self.real_draws = Draws(own), Draws([*own, 1])

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Images, masks and whose they are, of the next step."""
        parts = []
        if self.rendered:
            picked = [self.patients[i] for i in self.draws.pick(len(self.patients), self.rendered)]
            parts.append(batch_of(self.draws.rng, picked, self.still_share, self.contrasted_share, augment=True))
        if self.real:
            clips = [self.traced[i] for i in self.real_draws.pick(len(self.traced), self.real)]
            images, masks, clip = traced_batch(self.real_draws.rng, clips, FRAMES_A_PATIENT, augment=True)
            parts.append((images, masks, self.rendered + clip))
        images, masks, patient = (torch.cat(kind) for kind in zip(*parts, strict=True))
        return images.to(memory_format=torch.channels_last), masks, patient

    def state_dict(self) -> dict[str, Any]:
        """State of both orders."""
        return {"rendered": self.draws.state_dict(), "real": self.real_draws.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take a state over."""
        self.draws.load_state_dict(state["rendered"])
        self.real_draws.load_state_dict(state["real"])


def made_from(settings: Settings, dataset: EchoDataset | None) -> dict[str, Any]:
    """What a run's checkpoint and weights say that they are of, as plain values."""
    if dataset is None:
        return {**asdict(settings), "data": "rendered clips only"}
    return {**asdict(settings), "data": dataset.kind, "records": dataset.digest}


def train(
    output: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    patients: list[Patient] | None = None,
    dataset: EchoDataset | None = None,
    tracings: Tracings | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Render, train, test and save; in each of the processes that torchrun started, of which the first writes.

    Args:
        output: weight file to write (.safetensors).
        settings: what to train; defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: processes that render, and clips read at a time.
        patients: rendered patients of the first stage, where they are at hand; rendered from the seed when None.
        dataset: its tracings are trained on, beside ``settings.rendered_share`` of rendered patients.
        tracings: those, where they are at hand; read when None.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Metrics: `final_loss`, `minutes`; `test_dice` on rendered patients where such were trained on; with a data
        set `val_dice`, `best_step`, `train_clips`, `val_clips`, `left_out`. Empty but in the first process.

    Raises:
        TrainingStoppedError: by a signal, with the state saved.
        DatasetError: the data set has no traced clip to train or to validate on.
        ValueError: device not there, or processes do not divide ``patients_a_step``.
    """
    settings, output = settings or Settings(), Path(output)
    started = time.monotonic()
    if dataset is None and settings.rendered_share != 1.0:
        raise ValueError(f"rendered_share is {settings.rendered_share} without a data set: give one with --data")
    with joined(device) as group:
        tell = group.teller(report)
        if tracings is None:
            tracings = read_tracings(dataset, group, workers, tell)
        traced, held_out = tracings.train, tracings.validation
        torch.manual_seed(settings.seed)
        network = UNet().to(group.device).to(memory_format=torch.channels_last)
        made_of = made_from(settings, dataset)
        stages = [(stage, output.with_suffix(f"{stage.suffix}.checkpoint.pt")) for stage in settings.stages]
        if group.first and not resume:  # what an earlier run left is none of this one's to go on with
            for _, checkpoint in stages:
                checkpoint.unlink(missing_ok=True)
        group.wait()
        begun = [i for i, (_, checkpoint) in enumerate(stages) if resume and checkpoint.is_file()]
        for stage, checkpoint in stages[max(begun, default=0) :]:
            told = _named(tell, stage)
            shown: list[Patient] = []
            if patients is not None and not stage.name:
                shown = patients
            elif settings.rendered_share > 0:
                told(f"rendering {stage.patients} patients")
                sharing = group if group.size > 1 else None
                shown = render_patients(stage.seed, stage.patients, workers, sharing, stage.circuits_share)
            objective = Objective(network, stage)
            optimiser = torch.optim.AdamW(
                network.parameters(), lr=stage.learning_rate, weight_decay=settings.weight_decay
            )
            plan = Plan(
                steps=stage.steps,
                clip_norm=settings.clip_norm,
                checkpoint=checkpoint if checkpoint_every else None,
                checkpoint_every=checkpoint_every or stage.steps,
                resume=resume,
                settings=made_of,
                log_dir=log_dir / stage.name if log_dir is not None else None,
            )
            done = fit(
                objective,
                optimiser,
                one_cycle(optimiser, stage.learning_rate, stage.steps),
                Batches(settings, shown, traced, group, stage.contrasted_share),
                plan,
                group=group,
                validation=_validation(network, settings, held_out, stage) if dataset is not None else None,
                report=told,
            )
            objective.keep_part()
        metrics: dict[str, float] = {}
        clips, without = (sum(group.gather(own)) for own in (len(traced), tracings.left_out))
        if group.first:
            metrics = _metrics(network, settings, done, workers)
            if dataset is not None:
                metrics["val_dice"] = traced_dice(network, held_out)
                left = float(without + len(dataset.problems))
                metrics |= {"train_clips": float(clips), "val_clips": float(len(held_out)), "left_out": left}
            metrics["minutes"] = (time.monotonic() - started) / 60
            _save(output, network, {**made_of, "device": group.device.type, "processes": group.size, **metrics})
            for _, checkpoint in stages:
                checkpoint.unlink(missing_ok=True)
            known = ", ".join(f"{name} {metrics[name]:.3f}" for name in ("test_dice", "val_dice") if name in metrics)
            tell(f"{known}, saved {output}")
        group.wait()
    return metrics


def _validation(network: UNet, settings: Settings, held_out: Sequence[TracedFrames], stage: Stage) -> Validation:
    """What selects a stage's weights on a data set: Dice; then volumes, which are what the second stage is for."""

    def lack_of_overlap() -> float:
        return 1.0 - traced_dice(network, held_out)

    def error_of_volumes() -> float:
        return traced_volume_error(network, held_out)

    name, score = ("val volume error", error_of_volumes) if stage.volume_weight else ("1 - val Dice", lack_of_overlap)
    return Validation(name=name, score=score, every=settings.validate_every, patience=settings.patience)


def _named(tell: Callable[[str], None], stage: Stage) -> Callable[[str], None]:
    return (lambda line: tell(f"{stage.name}: {line}")) if stage.name else tell


def _metrics(network: UNet, settings: Settings, done: Fit, workers: int) -> dict[str, float]:
    metrics = {"final_loss": done.final_loss()}
    if settings.rendered_share > 0:
        test = render_patients(settings.seed + TEST_SEED, settings.test_patients, workers)
        metrics["test_dice"] = test_dice(network, test, settings.seed)
    if done.best_step is not None:
        metrics["best_step"] = float(done.best_step)
    return metrics


def _save(output: Path, network: UNet, training: dict[str, Any]) -> None:
    config = {
        "networks": 1,
        "inputs": 1 + len(PROJECTIONS),
        "channels": list(CHANNELS),
        "size": SIZE,
        "inputs_of": f"frame, {', '.join(PROJECTIONS)} over about one beat, uint8 / 255",
    }
    save_weights(output, Weights(kind=KIND, config=config, training=training, tensors=Networks([network]).state_dict()))
