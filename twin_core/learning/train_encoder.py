"""Train the encoder through the frozen surrogate (physics-guided). Reads top to bottom: render, train, test, save.

The loss sees volumes only, never parameters. Fixed schedule: the last step's weights are kept, no step is selected
on the test patients.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.circuit import LEARNED
from twin_core.learning import box
from twin_core.learning.augment import display_change
from twin_core.learning.clip_samples import MeasuredPatient, measured, render_patients
from twin_core.learning.encoder import CHANNELS, KIND, WIDTH, EncoderNetwork, describe, tensors
from twin_core.learning.segmenter import Segmenter, pick_device
from twin_core.learning.surrogate import Surrogate
from twin_core.learning.variants import reachable_values, shown_values, vary
from twin_core.learning.weights import Weights, save_weights

FILE_NAME = "encoder.safetensors"
TEST_SEED = 1_000_003  # added to the seed: test patients share none with the training patients
HELD = ("emin_mmhg_per_ml", "mitral_resistance", "aortic_resistance", "unstressed_volume_ml")
"""Parameters that volumes and period leave open: a weak prior keeps them near their reference values."""

Targets = Literal["measured", "contour"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads.

    Attributes:
        targets: which volumes the twin is to have: those measured on the clip, so that the twin reproduces the
            measurement shown beside it, or those the rendered contours were drawn for.
        variants: measured values a clip is shown with in one step; see ``variants.py``.
        prior_weight: of the squared distance of the logarithms of the HELD parameters from those of their
            reference values, in parts of the logarithms' range.
    """

    seed: int = 0
    patients: int = 600
    test_patients: int = 160
    targets: Targets = "measured"
    steps: int = 5000
    batch: int = 8
    variants: int = 48
    learning_rate: float = 2e-3
    weight_decay: float = 1e-4
    prior_weight: float = 3.0
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
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Render clips, measure them, train, test and save.

    Args:
        out: folder for ``encoder.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: processes that render.
        surrogate: weight file of the surrogate; the shipped one when None.
        segmenter: weight file of the segmenter that measures the clips; the shipped one when None.
        patients: training patients, where they are at hand; rendered from the seed and measured when None.
        test: test patients, likewise.
        report: receives one line of progress at a time.

    Returns:
        Metrics of ``evaluate`` on test patients, ``final_loss``, ``excluded`` (training clips that the pipeline
        judged unusable), ``minutes``.

    Raises:
        WeightsError: the surrogate's or segmenter's weights are missing, damaged or of another box.
        ValueError: device not there, or no rendered clip could be measured.
    """
    settings, started = settings or Settings(), time.monotonic()
    chosen = pick_device(device)
    physics = Surrogate.load(surrogate, device)  # frozen, in evaluation mode
    if patients is None:
        patients = measured_patients(settings.seed, settings.patients, segmenter, device, workers, report)
    if not patients:
        raise ValueError("no rendered clip could be measured (0 usable): check the segmenter's weights")
    excluded = settings.patients - len(patients)

    torch.manual_seed(settings.seed)
    rng = np.random.default_rng([settings.seed, 1])
    reachable = reachable_values(physics, rng)
    network = EncoderNetwork(settings.channels, settings.width).to(chosen)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    losses: list[float] = []
    training_started = time.monotonic()
    for step in range(settings.steps):
        picked = [patients[i] for i in rng.integers(len(patients), size=settings.batch)]
        pictures, curve, seen, wanted = batch_of(rng, picked, reachable, settings)
        features = network.look(pictures.to(chosen)).repeat_interleave(settings.variants, dim=0)
        parameters = network(features, curve.to(chosen), seen.to(chosen))
        loss = loss_of(parameters, wanted.to(chosen), physics, settings.prior_weight)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            left = (time.monotonic() - training_started) / (step + 1) * (settings.steps - step - 1) / 60
            report(f"step {step + 1}/{settings.steps} loss {np.mean(losses[-100:]):.4f}, {left:.1f} min left")

    network.eval()
    if test is None:
        number = settings.test_patients
        test = measured_patients(settings.seed + TEST_SEED, number, segmenter, device, workers, report)
    metrics = {
        **evaluate(network, physics, test, settings.targets),
        "excluded": float(excluded),
        "final_loss": float(np.mean(losses[-100:])),
        "minutes": (time.monotonic() - started) / 60,
    }
    training = {
        "data": "rendered clips driven by circuit beats, measured by the segmenter",
        "command": f"python -m twin_core train encoder --out DIR --seed {settings.seed}",
        **asdict(settings),
        "device": chosen.type,
        **metrics,
    }
    path = Path(out) / FILE_NAME
    save_weights(path, Weights(kind=KIND, config=describe(network), training=training, tensors=network.state_dict()))
    report(f"twin against measurement: EF {metrics['ef_mae_points']:.2f} points, EDV {metrics['edv_mae_ml']:.2f} mL, "
           f"ESV {metrics['esv_mae_ml']:.2f} mL; saved {path}")  # fmt: skip
    return metrics


def measured_patients(
    seed: int,
    count: int,
    segmenter: str | Path | None,
    device: str,
    workers: int,
    report: Callable[[str], None],
) -> list[MeasuredPatient]:
    """Rendered patients that the pipeline can measure; the rest are counted and left out."""
    reader = Segmenter.load(segmenter, device)
    found = [measured(p, reader) for p in render_patients(seed, count, workers=workers, report=report)]
    usable = [p for p in found if p is not None]
    report(f"{count - len(usable)} of {count} rendered clips were not usable and are left out")
    return usable


def batch_of(
    rng: np.random.Generator, patients: Sequence[MeasuredPatient], reachable: torch.Tensor, settings: Settings
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Pictures uint8 (B, 2, T, S, S) and, for B x variants, curve, measured values (EDV, ESV, rate), wanted volumes."""
    pictures, curve, seen = tensors([p.beat for p in patients])
    shown = pictures.numpy().copy()
    for one in shown:
        one[0] = display_change(rng, one[0])
    truth = seen[:, :2]
    if settings.targets == "contour":
        truth = torch.tensor([[p.true_edv_ml, p.true_esv_ml] for p in patients], dtype=torch.float32)
    curve, seen, truth = (x.repeat_interleave(settings.variants, dim=0) for x in (curve, seen, truth))
    return torch.from_numpy(shown), *vary(curve, seen, truth, shown_values(rng, len(seen), reachable))


def loss_of(parameters: torch.Tensor, wanted: torch.Tensor, physics: Surrogate, prior_weight: float) -> torch.Tensor:
    """Misfit of the circuit's volumes, and the prior of what volumes leave open.

    EDV and ESV errors count in percent of the wanted EDV, EF errors in points; each is squared up to one and grows
    straight beyond, so that clips outside what the circuit can do do not outweigh the others.

    Args:
        parameters: the network's (N, 7).
        wanted: EDV and ESV, mL (N, 2).
        physics: the surrogate, frozen.
        prior_weight: of the prior.
    """
    edv, esv = physics(parameters)
    error = 100.0 * (torch.stack([edv, esv], dim=-1) - wanted) / wanted[:, :1]
    ef_error = 100.0 * (esv / edv - wanted[:, 1] / wanted[:, 0])
    misfit = F.smooth_l1_loss(error, torch.zeros_like(error)) + F.smooth_l1_loss(ef_error, torch.zeros_like(ef_error))
    columns = [LEARNED.index(name) for name in HELD]
    reference = parameters.new_tensor([getattr(box.DEFAULTS, name) for name in HELD])
    span = parameters.new_tensor(np.log(box.UPPER[columns] / box.LOWER[columns]))
    away = torch.log(parameters[:, columns] / reference) / span  # all four are positive scales, resistances wide ones
    return misfit + prior_weight * away.square().sum(-1).mean()


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
        the six network outputs in parts of their range.
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
    volumes = torch.stack(physics(parameters), dim=-1).cpu().double().numpy()
    ef_error = np.abs(_ef(volumes) - _ef(wanted))
    return {
        "ef_mae_points": float(ef_error.mean()),
        "ef_worst_points": float(ef_error.max()),
        "edv_mae_ml": float(np.abs(volumes - wanted)[:, 0].mean()),
        "esv_mae_ml": float(np.abs(volumes - wanted)[:, 1].mean()),
        "true_ef_mae_points": float(np.abs(_ef(volumes) - _ef(truth)).mean()),
        "measured_true_ef_mae_points": float(np.abs(_ef(measured_volumes) - _ef(truth)).mean()),
        "picture_effect": float(moved.sum() / (len(LEARNED) - 1)),
        "patients": float(len(patients)),
    }


def _ef(volumes: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(100.0 * (1.0 - volumes[:, 1] / volumes[:, 0]))
