"""Train the posterior on simulated patients. Reads top to bottom: solve, measure, train, test, save.

Errors and absent values are drawn afresh at every step. Fixed schedule: the last step's weights are kept, no step is
selected on the test patients.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch

from twin_core.learning import identifiability, observation
from twin_core.learning.observation import SETS, hide, observe, only
from twin_core.learning.posterior import BINS, HIDDEN, KIND, TRANSFORMS, PosteriorNetwork, describe
from twin_core.learning.prior import PLAUSIBLE, Patients, draw_patients
from twin_core.learning.weights import Weights, save_weights

FILE_NAME = "posterior.safetensors"
TEST_SEED = 1_000_003  # added to the seed: test patients share no point with the training patients
_LARGEST_GRADIENT = 5.0


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


def train(
    out: str | Path,
    settings: Settings | None = None,
    *,
    patients: Patients | None = None,
    test: Patients | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Solve patients of the prior, train on them, test, tabulate what is learned from what, and save.

    Args:
        out: folder for ``posterior.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        patients: training patients, where they are at hand; solved from the seed when None.
        test: test patients, likewise.
        report: receives one line of progress at a time.

    Returns:
        Metrics: ``patients``, ``drawn``, ``not_periodic`` and ``implausible`` (training circuits left out),
        ``final_loss``, ``test_loss`` over any subset, ``test_loss`` of each set of measurements a clinic has
        (negative log density of the scores, nats; lower is better), ``minutes``.

    Raises:
        ValueError: a number of samples is not a power of two.
    """
    settings, started = settings or Settings(), time.monotonic()
    patients = patients or draw_patients(settings.samples, settings.seed, report)
    report(
        f"{len(patients.parameters)} patients of {patients.drawn} drawn; left out: {patients.not_periodic} without a "
        f"steady beat, {patients.implausible} outside the plausible"
    )
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng(settings.seed)
    network = PosteriorNetwork(settings.transforms, settings.hidden, settings.bins)
    network.fit_inputs(observe(patients, np.arange(len(patients.parameters)), rng))
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=1e-5)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    losses: list[float] = []
    for step in range(settings.steps):
        rows = rng.integers(len(patients.parameters), size=settings.batch)
        values = hide(observe(patients, rows, rng), rng)
        loss = -network.log_prob(patients.parameters[rows], values).mean()
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        size = torch.nn.utils.clip_grad_norm_(network.parameters(), _LARGEST_GRADIENT)
        if torch.isfinite(size):  # one batch with a point where the density vanishes must not spoil the rest
            optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 500 == 0 or step + 1 == settings.steps:
            left = (time.monotonic() - started) / (step + 1) * (settings.steps - step - 1) / 60
            report(f"step {step + 1}/{settings.steps} loss {np.mean(losses[-500:]):.3f}, {left:.0f} min left")

    network.eval()
    test = test or draw_patients(settings.test_samples, settings.seed + TEST_SEED)
    metrics = {
        "patients": float(len(patients.parameters)),
        "drawn": float(patients.drawn),
        "not_periodic": float(patients.not_periodic),
        "implausible": float(patients.implausible),
        "final_loss": float(np.mean(losses[-500:])),
        **test_losses(network, test, rng),
    }
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
    path = Path(out) / FILE_NAME
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
