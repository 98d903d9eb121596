"""Train the encoder through the frozen surrogate (physics-guided). Reads top to bottom: render, train, test, save.

The loss compares volumes, and parameters with the prior's reference values, never with a patient's own; the heart rate
is handed through. Fixed schedule: the last step's weights are kept, no step is selected on the test patients.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.circuit import LEARNED
from twin_core.learning.augment import display_change
from twin_core.learning.clip_samples import MeasuredPatient, measured_patients
from twin_core.learning.distributed import Group, joined
from twin_core.learning.encoder import CHANNELS, KIND, WIDTH, EncoderNetwork, describe, tensors
from twin_core.learning.physics_loss import curve_misfit, prior, volume_misfit
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.segmenter import DEFAULT_WEIGHTS as SEGMENTER
from twin_core.learning.sources import Draws
from twin_core.learning.surrogate import DEFAULT_WEIGHTS as SURROGATE
from twin_core.learning.surrogate import Surrogate
from twin_core.learning.trainer import Plan, fit, one_cycle
from twin_core.learning.variants import reachable_values, shown_values, vary
from twin_core.learning.weights import Weights, digest, save_weights

FILE_NAME = "encoder.safetensors"

Targets = Literal["measured", "contour"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads.

    Attributes:
        targets: which volumes the twin is to have: those measured on the clip, so that the twin reproduces the
            measurement shown beside it, or those the rendered contours were drawn for.
        batch: clips a step, over all processes.
        variants: measured values a clip is shown with in one step; see ``variants.py``.
        prior_weight: of ``physics_loss.prior``.
        curve_weight: of ``physics_loss.curve_misfit``.
    """

    seed: int = 0
    patients: int = 600
    test_patients: int = 120
    targets: Targets = "measured"
    steps: int = 4000
    batch: int = 8
    variants: int = 48
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    prior_weight: float = 3.0
    curve_weight: float = 0.0
    channels: tuple[int, ...] = CHANNELS
    width: int = WIDTH


def train(
    out: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    surrogate: str | Path | None = None,
    segmenter: str | Path | None = None,
    patients: Sequence[MeasuredPatient] | None = None,
    test: Sequence[MeasuredPatient] | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Render clips, measure them, train, test and save; in each process torchrun started, the first writes.

    Args:
        out: folder for ``encoder.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: processes that render.
        surrogate: weight file of the surrogate; the shipped one when None.
        segmenter: weight file of the segmenter that measures the clips; the shipped one when None.
        patients: training patients, where they are at hand; rendered from the seed and measured when None.
        test: test patients, likewise.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Metrics of ``evaluate`` on test patients, ``final_loss``, ``excluded`` (training clips that the pipeline
        judged unusable), ``minutes``. Empty but in the first process.

    Raises:
        WeightsError: the surrogate's or segmenter's weights are missing, damaged or of another box.
        ValueError: device not there, or no rendered clip could be measured.
        TrainingStoppedError: by a signal, with the state saved.
        CheckpointError: the checkpoint to resume from is damaged or of another run.
    """
    settings, path, started = settings or Settings(), Path(out) / FILE_NAME, time.monotonic()
    with joined(device) as group:
        tell = group.teller(report)
        physics = Surrogate.load(surrogate, "cpu").to(group.device)  # frozen, in evaluation mode
        made_of = {
            **asdict(settings),
            "surrogate": digest(surrogate or SURROGATE),
            "segmenter": digest(segmenter or SEGMENTER),
        }
        excluded = 0
        if patients is None:
            numbers = group.share(range(settings.patients))  # each process renders its own
            patients = measured_patients(settings.seed, numbers, segmenter, group.device.type, workers, tell)
            excluded = sum(group.gather(len(numbers) - len(patients)))
        if not patients:
            raise ValueError("no rendered clip could be measured (0 usable): check the segmenter's weights")

        torch.manual_seed(settings.seed)
        network = EncoderNetwork(settings.channels, settings.width).to(group.device)
        optimiser = torch.optim.AdamW(
            network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay
        )
        schedule = one_cycle(optimiser, settings.learning_rate, settings.steps)
        plan = Plan(
            steps=settings.steps,
            checkpoint=path.with_suffix(".checkpoint.pt") if checkpoint_every else None,
            checkpoint_every=checkpoint_every or settings.steps,
            resume=resume,
            settings=made_of,
            log_dir=log_dir,
        )
        source = PatientBatches(patients, physics, settings, group)
        objective = Objective(network, physics, settings)
        fitted = fit(objective, optimiser, schedule, source, plan, group=group, report=tell)
        metrics: dict[str, float] = {}
        if group.first:
            if test is None:
                numbers = range(settings.test_patients)
                seed = settings.seed + TEST_SEED
                test = measured_patients(seed, numbers, segmenter, group.device.type, workers, tell)
            metrics = {
                **evaluate(network, physics, test, settings.targets),
                "excluded": float(excluded),
                "final_loss": fitted.final_loss(),
                "minutes": (time.monotonic() - started) / 60,
            }
            towards = "" if settings.targets == "measured" else f" --volumes {settings.targets}"
            training = {
                "data": "rendered clips driven by circuit beats, measured by the segmenter",
                "command": f"python -m twin_core train encoder --out DIR --seed {settings.seed}{towards}",
                **made_of,
                "processes": group.size,
                "device": group.device.type,
                **metrics,
            }
            weights = Weights(kind=KIND, config=describe(network), training=training, tensors=network.state_dict())
            save_weights(path, weights)
            if plan.checkpoint is not None:
                plan.checkpoint.unlink(missing_ok=True)
            tell(
                f"twin against measurement: EF {metrics['ef_mae_points']:.2f} points, EDV "
                f"{metrics['edv_mae_ml']:.2f} mL, ESV {metrics['esv_mae_ml']:.2f} mL; saved {path}"
            )
        group.wait()
    return metrics


class Objective(nn.Module):
    """The network with its loss through the surrogate, which is no part of it: never trained, never saved."""

    def __init__(self, network: EncoderNetwork, physics: Surrogate, settings: Settings) -> None:
        super().__init__()
        self.network, self.settings = network, settings
        self._physics = (physics,)  # a tuple hides it from train(), parameters() and state_dict()

    def forward(
        self, pictures: torch.Tensor, curve: torch.Tensor, seen: torch.Tensor, wanted: torch.Tensor
    ) -> torch.Tensor:
        """The loss of what ``PatientBatches`` gives."""
        features = self.network.look(pictures)
        with torch.autocast(features.device.type, enabled=False):  # half precision would cost volumes 0.5 %
            features = features.float().repeat_interleave(self.settings.variants, dim=0)
            parameters = self.network(features, curve, seen)
            return loss_of(parameters, wanted, curve, self._physics[0], self.settings)


class PatientBatches:
    """Random patients with display changes and variants of their measured values; a ``trainer.Source``."""

    def __init__(
        self, patients: Sequence[MeasuredPatient], physics: Surrogate, settings: Settings, group: Group | None = None
    ) -> None:
        self.patients, self.settings = patients, settings
        self.group = group or Group(device=torch.device("cpu"))
        if settings.batch % self.group.size:
            raise ValueError(
                f"a batch of {settings.batch} clips cannot be shared by {self.group.size} processes: use a divisor"
            )
        self.reachable = reachable_values(physics, np.random.default_rng([settings.seed, 2]))
        self.draws = Draws([settings.seed, 1, self.group.rank])

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Pictures uint8 (B, 2, T, S, S); for B x variants: curve, measured EDV, ESV, rate, and wanted volumes."""
        rng = self.draws.rng
        count = self.settings.batch // self.group.size
        picked = [self.patients[i] for i in rng.integers(len(self.patients), size=count)]
        pictures, curve, seen = tensors([p.beat for p in picked])
        shown = pictures.numpy().copy()
        for one in shown:
            one[0] = display_change(rng, one[0])
        truth = seen[:, :2]
        if self.settings.targets == "contour":
            truth = torch.tensor([[p.true_edv_ml, p.true_esv_ml] for p in picked], dtype=torch.float32)
        curve, seen, truth = (x.repeat_interleave(self.settings.variants, dim=0) for x in (curve, seen, truth))
        return torch.from_numpy(shown), *vary(curve, seen, truth, shown_values(rng, len(seen), self.reachable))

    def state_dict(self) -> dict[str, Any]:
        """Where the draws stand."""
        return self.draws.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where the draws stood."""
        self.draws.load_state_dict(state)


def loss_of(
    parameters: torch.Tensor, wanted: torch.Tensor, curve: torch.Tensor, physics: Surrogate, settings: Settings
) -> torch.Tensor:
    """Misfit of the circuit's volumes, weakly that of its curve's shape, and the prior of what they leave open.

    The period needs no term: the network's heart rate is the measured one.

    Args:
        parameters: the network's (N, 7).
        wanted: EDV and ESV, mL (N, 2).
        curve: measured volume over the beat (N, CURVE).
        physics: the surrogate, frozen.
        settings: the terms' weights.
    """
    edv, esv, shape = physics.beat(parameters)
    loss = volume_misfit(edv, esv, wanted) + settings.prior_weight * prior(parameters)
    return loss + settings.curve_weight * curve_misfit(shape, curve) if settings.curve_weight else loss


@torch.inference_mode()
def evaluate(
    network: EncoderNetwork, physics: Surrogate, patients: Sequence[MeasuredPatient], targets: Targets
) -> dict[str, float]:
    """How well twins reproduce the wanted volumes of clips.

    Args:
        network: in evaluation mode.
        physics: the surrogate.
        patients: clips never trained on.
        targets: the volumes wanted, as trained for.

    Returns:
        Mean absolute errors of EF (points), EDV and ESV (mL), ``ef_worst_points``, ``patients``; the true EF's error
        of twin and of measurement (``true_ef_mae_points``, ``measured_true_ef_mae_points``); and
        ``picture_effect``: how much parameters move when every clip is given another clip's pictures, mean over
        the six network outputs in parts of their range; ``curve_rms``: root mean square difference of the twin's
        beat and the measured one, each between its own smallest and largest volume, at the best shift.
    """
    device = next(network.parameters()).device
    pictures, curve, seen = (x.to(device) for x in tensors([p.beat for p in patients]))
    truth = np.array([[p.true_edv_ml, p.true_esv_ml] for p in patients])
    measured_volumes = seen[:, :2].cpu().double().numpy()
    wanted = measured_volumes if targets == "measured" else truth
    features = network.look(pictures)
    parameters = network(features, curve, seen)
    swapped = network(features.roll(1, dims=0), curve, seen)
    moved = ((parameters - swapped).abs() / (network.upper - network.lower)).mean(0)
    edv, esv, shape = physics.beat(parameters)
    volumes = torch.stack([edv, esv], dim=-1).cpu().double().numpy()
    ef_error = np.abs(_ef(volumes) - _ef(wanted))
    return {
        "ef_mae_points": float(ef_error.mean()),
        "ef_worst_points": float(ef_error.max()),
        "edv_mae_ml": float(np.abs(volumes - wanted)[:, 0].mean()),
        "esv_mae_ml": float(np.abs(volumes - wanted)[:, 1].mean()),
        "true_ef_mae_points": float(np.abs(_ef(volumes) - _ef(truth)).mean()),
        "measured_true_ef_mae_points": float(np.abs(_ef(measured_volumes) - _ef(truth)).mean()),
        "picture_effect": float(moved.sum() / (len(LEARNED) - 1)),
        "curve_rms": float(curve_misfit(shape, curve).sqrt()),
        "patients": float(len(patients)),
    }


def _ef(volumes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(100.0 * (1.0 - volumes[:, 1] / volumes[:, 0]))
