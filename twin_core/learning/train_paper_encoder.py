"""Train the paper's encoder through the frozen surrogate, on rendered clips or on a real data set.

The loss sees EF, or EDV and ESV, never parameters. The weights kept are those with the smallest EF error on the
validation split; the test split is looked at once, afterwards.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.circuit import LEARNED
from twin_core.learning.clip_batches import ClipBatches, Strips, grey_levels
from twin_core.learning.distributed import joined
from twin_core.learning.labelled_clips import Splits
from twin_core.learning.paper_encoder import KIND, PaperEncoder, describe
from twin_core.learning.surrogate import DEFAULT_WEIGHTS as SURROGATE
from twin_core.learning.surrogate import Surrogate
from twin_core.learning.trainer import Plan, Validation, fit, one_cycle
from twin_core.learning.weights import Weights, digest, save_weights

FILE_NAME = "paper_encoder.safetensors"
EVALUATED_AT_ONCE = 16

Target = Literal["ef", "volumes"]
_RATE = LEARNED.index("heart_rate_bpm")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads.

    Attributes:
        target: ``ef``: squared error of EF alone, in points, as the paper does on EchoNet-Dynamic, where volumes and
            pressures then stay free; ``volumes``: squared errors of EDV and ESV, in mL, as it does on CAMUS.
        period_weight: of the squared error of heart rate, in bpm, where it is known and volumes are the target: what
            anchors Tc, which neither EF nor volumes do. Not in the paper; 0 is the paper's loss.
        batch: clips a step, over all processes.
        epochs: how often each training clip is shown.
        steps: optimiser steps, in place of epochs.
        patience: validations, one an epoch, without a smaller EF error after which training stops.
    """

    seed: int = 0
    target: Target = "volumes"
    period_weight: float = 1.0
    epochs: int = 40
    steps: int | None = None
    batch: int = 16
    learning_rate: float = 1e-3
    patience: int = 10


def train(
    out: str | Path,
    clips: Splits,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    surrogate: str | Path | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Train, select on the validation split, test and save; in each process torchrun started, the first writes.

    Args:
        out: folder for ``paper_encoder.safetensors``.
        clips: training, validation and test clips with their labels.
        settings: loss and schedule.
        device: auto, cpu or cuda.
        workers: threads that read clips.
        surrogate: weight file of the surrogate; the shipped one when None.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Metrics of ``evaluate`` on the test split, the same for validation with ``validation_`` before each name,
        ``training_unreadable`` (training clips that could not be read), ``best_step``, ``final_loss``, ``minutes``.
        Empty but in the first process.

    Raises:
        WeightsError: the surrogate's weights are missing, damaged or of another box.
        ValueError: device not there, a split is empty or unreadable, or a clip lacks what the target needs.
        TrainingStoppedError: by a signal, with the state saved.
        CheckpointError: the checkpoint to resume from is damaged or of another run.
    """
    settings, path, started = settings or Settings(), Path(out) / FILE_NAME, time.monotonic()
    _check(clips, settings)
    with joined(device) as group, ThreadPoolExecutor(workers) as pool:
        tell = group.teller(report)
        physics = Surrogate.load(surrogate, "cpu").to(group.device)  # frozen, in evaluation mode
        made_of = {
            **asdict(settings),
            "data": clips.source,
            "labels": clips.digest,
            "surrogate": digest(surrogate or SURROGATE),
        }
        torch.manual_seed(settings.seed)
        kept, held_out = Strips(clips.train, pool), Strips(clips.validation, pool)
        network = PaperEncoder(*grey_levels(kept)).to(group.device)
        an_epoch = max(len(clips.train) // settings.batch, 1)
        steps = settings.steps or settings.epochs * an_epoch
        optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        schedule = one_cycle(optimiser, settings.learning_rate, steps, warm_up=0.3)
        plan = Plan(
            steps=steps,
            checkpoint=path.with_suffix(".checkpoint.pt") if checkpoint_every else None,
            checkpoint_every=checkpoint_every or steps,
            resume=resume,
            settings=made_of,
            log_dir=log_dir,
            report_every=min(an_epoch, 100),
        )
        validation = Validation(
            name="validation_ef_mae_points",
            score=lambda: evaluate(network, physics, held_out)["ef_mae_points"],
            every=an_epoch,
            patience=settings.patience,
        )
        source = ClipBatches(kept, settings.batch, settings.seed, group)
        objective = Objective(network, physics, settings)
        fitted = fit(objective, optimiser, schedule, source, plan, group=group, validation=validation, report=tell)
        unreadable = sum(group.gather(kept.unreadable))
        metrics: dict[str, float] = {}
        if group.first:
            on_validation = evaluate(network, physics, held_out)
            metrics = {
                **evaluate(network, physics, Strips(clips.test, pool)),
                **{f"validation_{name}": value for name, value in on_validation.items()},
                "training_unreadable": float(unreadable),
                "best_step": float(fitted.best_step or 0),
                "final_loss": fitted.final_loss(),
                "minutes": (time.monotonic() - started) / 60,
            }
            training = {
                "training_clips": len(clips.train),
                "command": f"python -m twin_core train encoder --architecture paper --target {settings.target} "
                f"{clips.option}--out DIR --seed {settings.seed}",
                **made_of,
                "processes": group.size,
                "device": group.device.type,
                **metrics,
            }
            weights = Weights(kind=KIND, config=describe(network), training=training, tensors=network.state_dict())
            save_weights(path, weights)
            if plan.checkpoint is not None:
                plan.checkpoint.unlink(missing_ok=True)
            tell(f"EF of twin against label, test split: {metrics['ef_mae_points']:.2f} points; saved {path}")
        group.wait()
    return metrics


def _check(clips: Splits, settings: Settings) -> None:
    for name, split in (("training", clips.train), ("validation", clips.validation), ("test", clips.test)):
        if not split:
            raise ValueError(f"the {name} split holds 0 clips with an EF: check the data set's split")
    if settings.target == "volumes":
        lacking = sum(clip.edv_ml is None or clip.esv_ml is None for clip in clips.train)
        if lacking:
            raise ValueError(f"{lacking} training clips have no EDV and ESV: train them with target ef")


class Objective(nn.Module):
    """The network with its loss through the surrogate, which is no part of it: never trained, never saved."""

    def __init__(self, network: PaperEncoder, physics: Surrogate, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings
        self._physics = (physics,)  # a tuple hides it from train(), parameters() and state_dict()

    def forward(self, frames: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        """The loss.

        Args:
            frames: grey levels, uint8 (B, FRAMES, SIDE, SIDE).
            labels: EF in percent, EDV and ESV in mL, heart rate in bpm, NaN where not known (B, 4).
        """
        parameters = self.network(frames)
        with torch.autocast(parameters.device.type, enabled=False):  # half precision would cost volumes 0.5 %
            return loss_of(parameters.float(), labels, self._physics[0], self.settings)


def loss_of(parameters: torch.Tensor, labels: torch.Tensor, physics: Surrogate, settings: Settings) -> torch.Tensor:
    """Squared error of what the target names, mean over the batch; arguments as ``Objective``."""
    edv, esv = physics(parameters)
    ef, wanted_edv, wanted_esv, rate = labels.unbind(-1)
    if settings.target == "ef":
        return (100.0 * (edv - esv) / edv - ef).square().mean()
    known = torch.isfinite(rate)
    off = torch.where(known, parameters[:, _RATE] - torch.where(known, rate, 0.0), 0.0)
    return ((edv - wanted_edv).square() + (esv - wanted_esv).square() + settings.period_weight * off.square()).mean()


@torch.inference_mode()
def evaluate(network: PaperEncoder, physics: Surrogate, strips: Strips) -> dict[str, float]:
    """How far twins of clips are from their labels.

    Args:
        network: in evaluation mode.
        physics: the surrogate.
        strips: clips never trained on.

    Returns:
        Mean absolute errors ``ef_mae_points``, ``edv_mae_ml``, ``esv_mae_ml``, ``heart_rate_mae_bpm``, each over the
        clips with that label and left out where none has it; ``constant_ef_mae_points``, what the best constant
        guess would score on these clips; ``clips`` and ``unreadable``.

    Raises:
        ValueError: none of the clips can be read.
    """
    device = next(network.parameters()).device
    count = len(strips.clips)
    found: list[NDArray[np.float32]] = []
    labels: list[list[float]] = []
    for first in range(0, count, EVALUATED_AT_ONCE):
        frames, known = strips.first_frames(range(first, min(first + EVALUATED_AT_ONCE, count)))
        if frames:
            parameters = network(torch.from_numpy(np.stack(frames)).to(device)).float()
            edv, esv = physics(parameters)
            found.append(torch.stack([100.0 * (edv - esv) / edv, edv, esv, parameters[:, _RATE]], -1).cpu().numpy())
            labels += known
    if not found:
        raise ValueError(f"none of {count} clips can be read: check the data set")
    wanted = np.array(labels)
    errors: NDArray[np.float64] = np.abs(np.concatenate(found).astype(float) - wanted)
    names = ("ef_mae_points", "edv_mae_ml", "esv_mae_ml", "heart_rate_mae_bpm")
    columns = {name: column[np.isfinite(column)] for name, column in zip(names, errors.T, strict=True)}
    ef = wanted[:, 0]
    return {
        **{name: float(column.mean()) for name, column in columns.items() if len(column)},
        "constant_ef_mae_points": float(np.abs(ef - np.median(ef)).mean()),
        "clips": float(len(wanted)),
        "unreadable": float(count - len(wanted)),
    }
