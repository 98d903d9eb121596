"""Train the view network on rendered pictures only. Reads top to bottom: render, train, test, save.

Fixed schedule: the last step's weights are kept, nothing is selected on any real clip.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.learning.distributed import Group, joined
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.segmenter import PROJECTIONS, SIZE
from twin_core.learning.sources import Draws
from twin_core.learning.trainer import Plan, fit, one_cycle
from twin_core.learning.view import CHANNELS, KIND, VIEWS, ViewNetwork
from twin_core.learning.view_samples import Heart, batch_of, render
from twin_core.learning.weights import Weights, save_weights


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads."""

    seed: int = 0
    patients: int = 600
    others: int = 900
    test_patients: int = 100
    steps: int = 1300
    patients_a_step: int = 16
    others_a_step: int = 16
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3


class Objective(nn.Module):
    """The network and what it is trained for: pictures and their views to the loss."""

    def __init__(self, network: ViewNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, pictures: torch.Tensor, views: torch.Tensor) -> torch.Tensor:
        """Cross-entropy of a batch, labels smoothed: a picture between two views is not wholly either."""
        return F.cross_entropy(self.network(pictures).float(), views, label_smoothing=0.02)


class Pictures:
    """One process's part of every step: hearts in every pose, and other clips; a ``trainer.Source``."""

    def __init__(
        self, settings: Settings, hearts: Sequence[Heart], others: Sequence[NDArray[np.uint8]], group: Group
    ) -> None:
        each = {"patients_a_step": settings.patients_a_step, "others_a_step": settings.others_a_step}
        for name, count in each.items():
            if count % group.size:
                raise ValueError(
                    f"{name} = {count} does not divide among {group.size} processes: start a number that divides it"
                )
        self.counts = [count // group.size for count in each.values()]
        self.hearts, self.others = hearts, others
        self.draws = Draws([settings.seed, 1] if group.size == 1 else [settings.seed, 1, group.rank])

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Pictures and views of the next step."""
        rng = self.draws.rng
        hearts = [self.hearts[i] for i in rng.integers(len(self.hearts), size=self.counts[0])]
        others = [self.others[i] for i in rng.integers(len(self.others), size=self.counts[1])]
        return batch_of(rng, hearts, others)

    def state_dict(self) -> dict[str, Any]:
        """Where the draws stand."""
        return self.draws.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where the draws stood."""
        self.draws.load_state_dict(state)


def train(
    output: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
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
        workers: processes that render.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Metrics: `test_<view>` (share of rendered pictures of that view, of patients never trained on and under the
        same random displays and poses, told right), `final_loss`, `minutes`. Empty but in the first process.

    Raises:
        TrainingStoppedError: by a signal, with the state saved.
        CheckpointError: the checkpoint to resume from is damaged or of another run.
        ValueError: device not there, or processes do not divide a step's pictures.
    """
    settings, output, started = settings or Settings(), Path(output), time.monotonic()
    with joined(device) as group:
        tell = group.teller(report)
        tell(f"rendering {settings.patients} patients and {settings.others} other clips")
        source = Pictures(settings, *render(settings.seed, settings.patients, settings.others, workers), group)
        torch.manual_seed(settings.seed)
        network = ViewNetwork().to(group.device)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = one_cycle(optimiser, settings.learning_rate, settings.steps)
        plan = Plan(
            steps=settings.steps,
            checkpoint=output.with_suffix(".checkpoint.pt") if checkpoint_every else None,
            checkpoint_every=checkpoint_every or settings.steps,
            resume=resume,
            settings=asdict(settings),
            log_dir=log_dir,
        )
        done = fit(Objective(network), optimiser, schedule, source, plan, group=group, report=tell)
        metrics: dict[str, float] = {}
        if group.first:
            metrics = {
                **test(network, settings, group.device, workers),
                "final_loss": done.final_loss(),
                "minutes": (time.monotonic() - started) / 60,
            }
            made_on = {"device": group.device.type, "processes": group.size}
            _save(output, network, {**asdict(settings), **made_on, **metrics})
            if plan.checkpoint is not None:
                plan.checkpoint.unlink(missing_ok=True)
            tell(", ".join(f"{name} {value:.3f}" for name, value in metrics.items()) + f", saved {output}")
        group.wait()
    return metrics


@torch.inference_mode()
def test(network: ViewNetwork, settings: Settings, device: torch.device, workers: int = 1) -> dict[str, float]:
    """Share told right of each view, single pictures of patients and clips of another seed."""
    network.eval()
    rng = np.random.default_rng([settings.seed, 2])
    hearts, others = render(settings.seed + TEST_SEED, settings.test_patients, settings.test_patients, workers)
    found, truth = [], []
    for start in range(0, settings.test_patients, 20):
        x, y = batch_of(rng, hearts[start : start + 20], others[start : start + 20])
        found.append(network(x.to(device)).argmax(1).cpu())
        truth.append(y)
    right, label = torch.cat(found) == torch.cat(truth), torch.cat(truth)
    return {
        f"test_{name}": float(right[label == i].float().mean()) for i, name in enumerate(VIEWS) if (label == i).any()
    }


def _save(output: Path, network: ViewNetwork, training: dict[str, Any]) -> None:
    config = {
        "inputs": 1 + len(PROJECTIONS),
        "channels": list(CHANNELS),
        "size": SIZE,
        "views": list(VIEWS),
        "inputs_of": f"frame, {', '.join(PROJECTIONS)} over about one beat, uint8 / 255",
    }
    training = {"data": "rendered clips only", **training}
    save_weights(output, Weights(kind=KIND, config=config, training=training, tensors=network.state_dict()))
