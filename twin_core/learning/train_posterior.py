"""Train the posterior on simulated patients. Reads top to bottom: solve, measure, train, test, save.

Errors and absent values are drawn afresh at every step. Fixed schedule: the last step's weights are kept, no step is
selected on the test patients.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.learning import identifiability, observation
from twin_core.learning.distributed import Group, joined
from twin_core.learning.observation import SETS, hide, observe, only
from twin_core.learning.posterior import BINS, HIDDEN, KIND, TRANSFORMS, PosteriorNetwork, describe
from twin_core.learning.prior import PLAUSIBLE, Patients, draw_patients
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.sources import Draws
from twin_core.learning.trainer import Plan, fit
from twin_core.learning.weights import Weights, save_weights

FILE_NAME = "posterior.safetensors"
LARGEST_GRADIENT = 5.0
# Where the density of a point vanishes there is no gradient; one such batch must not spoil the rest.
MOST_LEFT_OUT = 10


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads."""

    seed: int = 0
    samples: int = 65_536  # circuits solved, a power of two; four times as many drawn, two thirds of them patients
    test_samples: int = 1024  # a power of two
    steps: int = 10_000
    batch: int = 512
    learning_rate: float = 1e-3
    transforms: int = TRANSFORMS
    hidden: tuple[int, ...] = HIDDEN
    bins: int = BINS
    narrowing_patients: int = 100
    narrowing_draws: int = 39


class Objective(nn.Module):
    """The network and what it is trained for: patients' parameters and measured values to the loss."""

    def __init__(self, network: PosteriorNetwork) -> None:
        super().__init__()
        self.network = network

    def forward(self, parameters: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Mean negative log density of the scores, nats."""
        return -self.network.log_prob(parameters.numpy(), values.numpy()).mean()


class Measured:
    """One process's part of every step: patients with fresh errors and absent values; a ``trainer.Source``."""

    def __init__(self, patients: Patients, settings: Settings, group: Group) -> None:
        if settings.batch % group.size:
            raise ValueError(
                f"a batch of {settings.batch} patients cannot be shared by {group.size} processes: use a divisor"
            )
        self.patients, self.count = patients, settings.batch // group.size
        self.draws = Draws(settings.seed if group.size == 1 else [settings.seed, group.rank])

    def everyone(self) -> NDArray[np.float64]:
        """Every patient measured once (N, 6)."""
        return observe(self.patients, np.arange(len(self.patients.parameters)), self.draws.rng)

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Parameters and measured values of the next step, double precision."""
        rows = self.draws.rng.integers(len(self.patients.parameters), size=self.count)
        values = hide(observe(self.patients, rows, self.draws.rng), self.draws.rng)
        return torch.from_numpy(self.patients.parameters[rows]), torch.from_numpy(values)

    def state_dict(self) -> dict[str, Any]:
        """Where the draws stand."""
        return self.draws.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where the draws stood."""
        self.draws.load_state_dict(state)


def train(
    out: str | Path,
    settings: Settings | None = None,
    *,
    patients: Patients | None = None,
    test: Patients | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Solve patients of the prior, train on them, test, tabulate what is learned from what, and save.

    On the CPU in single precision, where the flow is fastest; the first of torchrun's processes writes.

    Args:
        out: folder for ``posterior.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        patients: training patients, where they are at hand; solved from the seed when None.
        test: test patients, likewise.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Metrics: ``patients``, ``drawn``, ``not_periodic`` and ``implausible`` (training circuits left out),
        ``final_loss``, ``test_loss`` over any subset, ``test_loss`` of each set of measurements a clinic has
        (negative log density of the scores, nats; lower is better), ``minutes``. Empty but in the first process.

    Raises:
        TrainingStoppedError: by a signal, with the state saved.
        CheckpointError: the checkpoint to resume from is damaged or of another run.
        ValueError: a number of samples is not a power of two, or processes do not divide the batch.
    """
    settings, path, started = settings or Settings(), Path(out) / FILE_NAME, time.monotonic()
    with joined("cpu") as group:
        tell = group.teller(report)
        patients = patients or draw_patients(settings.samples, settings.seed, tell)
        tell(
            f"{len(patients.parameters)} patients of {patients.drawn} drawn; left out: {patients.not_periodic} without "
            f"a steady beat, {patients.implausible} outside the plausible"
        )
        torch.manual_seed(settings.seed)
        network = PosteriorNetwork(settings.transforms, settings.hidden, settings.bins)
        source = Measured(patients, settings, group)
        network.fit_inputs(source.everyone())  # DDP takes those of the first process over
        optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=1e-5)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
        plan = Plan(
            steps=settings.steps,
            clip_norm=LARGEST_GRADIENT,
            precision="fp32",
            checkpoint=path.with_suffix(".checkpoint.pt") if checkpoint_every else None,
            checkpoint_every=checkpoint_every or settings.steps,
            resume=resume,
            settings=asdict(settings),
            log_dir=log_dir,
            report_every=500,
            left_out=MOST_LEFT_OUT,
        )
        done = fit(Objective(network), optimiser, schedule, source, plan, group=group, report=tell)
        metrics: dict[str, float] = {}
        if group.first:
            metrics = {
                "patients": float(len(patients.parameters)),
                "drawn": float(patients.drawn),
                "not_periodic": float(patients.not_periodic),
                "implausible": float(patients.implausible),
                "final_loss": done.final_loss(500),
            }
            metrics |= _save(path, network, settings, patients, test, source.draws.rng, metrics, started, tell)
            if plan.checkpoint is not None:
                plan.checkpoint.unlink(missing_ok=True)
        group.wait()
    return metrics


def _save(
    path: Path,
    network: PosteriorNetwork,
    settings: Settings,
    patients: Patients,
    test: Patients | None,
    rng: np.random.Generator,
    metrics: dict[str, float],
    started: float,
    report: Callable[[str], None],
) -> dict[str, float]:
    """Test, tabulate and write; returns the metrics with the test's."""
    test = test or draw_patients(settings.test_samples, settings.seed + TEST_SEED)
    metrics = {**metrics, **test_losses(network, test, rng)}
    report("measuring what each set of measurements narrows")
    among = identifiability.prior_widths(patients)
    narrowing = identifiability.table(
        network,
        test,
        among,
        count=settings.narrowing_patients,
        draws=settings.narrowing_draws,
        rng=np.random.default_rng(settings.seed + TEST_SEED),
        report=report,
    )
    metrics["minutes"] = (time.monotonic() - started) / 60
    config = {
        **describe(),
        "transforms": settings.transforms,
        "hidden": list(settings.hidden),
        "bins": settings.bins,
        "prior_widths": among,
        "identifiability": narrowing,
        "errors": {
            "scale": observation.SCALE_ERROR,
            "volume": observation.VOLUME_ERROR,
            "heart_rate_bpm": observation.RATE_ERROR_BPM,
            "cuff_mmhg": observation.CUFF_ERROR_MMHG,
        },
        "plausible": {name: list(limits) for name, limits in PLAUSIBLE.items()},
    }
    training = {
        "data": "patients of the prior, solved to their periodic beat, measured with errors",
        "command": f"python -m twin_core train posterior --out DIR --seed {settings.seed}",
        **asdict(settings),
        **metrics,
    }
    save_weights(path, Weights(kind=KIND, config=config, training=training, tensors=network.state_dict()))
    report(f"test loss {metrics['test_loss']:.3f}; saved {path}")
    return metrics


@torch.inference_mode()
def test_losses(network: PosteriorNetwork, test: Patients, rng: np.random.Generator) -> dict[str, float]:
    """Mean negative log density of test patients, nats: over any subset of measurements and for each of a clinic's."""
    values = observe(test, np.arange(len(test.parameters)), rng)
    losses = {"test_loss": float(-network.log_prob(test.parameters, hide(values, rng)).mean())}
    for label, names in SETS.items():
        losses[f"test_loss, {label}"] = float(-network.log_prob(test.parameters, only(values, names)).mean())
    return losses
