"""Train the surrogate on solved circuits (the pretext task). Reads top to bottom: solve, train, test, save.

Fixed schedule: the last step's weights are kept, no step is selected on the test circuits.
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
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.learning.distributed import Group, joined
from twin_core.learning.samples import CircuitSamples, circuit_samples, corners, solve
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.surrogate import DEPTH, WIDTH, Surrogate, stressed_volume_ml
from twin_core.learning.trainer import Plan, fit
from twin_core.learning.weights import save_weights

FILE_NAME = "surrogate.safetensors"


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to train; the same settings give the same weights on a CPU with the same number of threads.

    Attributes:
        samples: circuits to learn from, a power of two.
        test_samples: circuits never trained on, a power of two.
        waveform_weight: of the waveform's squared error, beside 1 for EDV's and for ESV's.
    """

    seed: int = 0
    samples: int = 131_072
    test_samples: int = 8192
    steps: int = 20_000
    batch: int = 1024
    learning_rate: float = 3e-3
    waveform_weight: float = 1.0
    width: int = WIDTH
    depth: int = DEPTH


class Objective(nn.Module):
    """The network with its misfit to the circuit."""

    def __init__(self, network: Surrogate, waveform_weight: float) -> None:
        super().__init__()
        self.network, self.waveform_weight = network, waveform_weight

    def forward(
        self, parameters: torch.Tensor, edv: torch.Tensor, esv: torch.Tensor, volume: torch.Tensor
    ) -> torch.Tensor:
        """Squared errors of EDV, ESV and the waveform of what ``Circuits`` gives.

        In parts of the stressed volume, which the network's outputs are, an error costs the same at any preload.
        """
        unit = stressed_volume_ml(parameters) / 100.0
        shape_unit, shape = (edv - esv) / unit, (volume - esv[:, None]) / (edv - esv)[:, None]
        found_edv, found_esv, found_shape = self.network.beat(parameters)
        # The shape is learned on the circuit's own EDV and ESV, in mL: where little is ejected it matters little.
        return (
            F.mse_loss(found_edv / unit, edv / unit)
            + F.mse_loss(found_esv / unit, esv / unit)
            + self.waveform_weight * ((found_shape - shape) * shape_unit[:, None]).square().mean()
        )


class Circuits:
    """One process's part of every step: solved circuits drawn at random; a ``trainer.Source``."""

    def __init__(self, steady: CircuitSamples, settings: Settings, group: Group) -> None:
        if settings.batch % group.size:
            raise ValueError(
                f"a batch of {settings.batch} circuits cannot be shared by {group.size} processes: use a divisor"
            )
        self.values = [
            torch.tensor(values, dtype=torch.float32)
            for values in (steady.parameters, steady.edv_ml, steady.esv_ml, steady.volume_ml)
        ]
        self.count = settings.batch // group.size
        self.draw = torch.Generator().manual_seed(settings.seed + TEST_SEED * group.rank)

    def batch(self) -> tuple[torch.Tensor, ...]:
        """Parameters, EDV, ESV and volume at each phase of the next step."""
        picked = torch.randint(len(self.values[0]), (self.count,), generator=self.draw)
        return tuple(values[picked] for values in self.values)

    def state_dict(self) -> dict[str, Any]:
        """Where the draws stand."""
        return {"draw": self.draw.get_state().tolist()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where the draws stood."""
        self.draw.set_state(torch.tensor(state["draw"], dtype=torch.uint8))


def train(
    out: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    samples: CircuitSamples | None = None,
    test: CircuitSamples | None = None,
    checkpoint_every: int | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Solve circuits over the whole box, train on them, test and save; the first of torchrun's processes writes.

    Always in single precision: half of it would cost more than the error that is aimed at.

    Args:
        out: folder for ``surrogate.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: cores that solve circuits.
        samples: training circuits, where they are at hand; solved from the seed when None.
        test: test circuits, likewise.
        checkpoint_every: steps between checkpoints, kept beside the weights until those are written; None keeps
            none, and a signal then ends training for good.
        resume: go on from the checkpoint, where there is one.
        log_dir: folder for TensorBoard.
        report: receives one line of progress at a time.

    Returns:
        Mean absolute errors over the box: ``test_edv_mae_ml``, ``test_esv_mae_ml``, ``test_waveform_mae_ml``; the
        largest single errors ``test_volume_worst_ml`` (EDV, ESV) and ``test_waveform_worst_ml``. The same over its
        128 corners: ``corners_volume_mae_ml``, ``corners_waveform_mae_ml``, ``worst_corner_volume_ml``,
        ``worst_corner_waveform_ml``. How far EDV and ESV lie outside the waveform's largest and smallest value at
        its phases, mean and largest: ``extremes_gap_mean_ml``, ``extremes_gap_worst_ml``, beside the circuit's own
        ``circuit_extremes_gap_mean_ml``, ``circuit_extremes_gap_worst_ml``. ``excluded`` (training circuits without
        a steady beat), ``test_excluded``, ``final_loss``, ``minutes``. Empty but in the first process.

    Raises:
        TrainingStoppedError: by a signal, with the state saved.
        CheckpointError: the checkpoint to resume from is damaged or of another run.
        ValueError: a number of samples is not a power of two, the device is not there, or processes do not divide
            the batch.
    """
    settings, path, started = settings or Settings(), Path(out) / FILE_NAME, time.monotonic()
    with joined(device) as group:
        tell = group.teller(report)
        if samples is None:
            tell(f"solving {settings.samples} circuits")
            samples = circuit_samples(settings.samples, settings.seed, threads=workers, report=tell)
        steady = samples.steady()
        excluded = len(samples.periodic) - len(steady.periodic)
        tell(f"{excluded} of {len(samples.periodic)} circuits have no steady beat and are left out")

        torch.manual_seed(settings.seed)
        network = Surrogate(settings.width, settings.depth).to(group.device)
        optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
        plan = Plan(
            steps=settings.steps,
            precision="fp32",
            checkpoint=path.with_suffix(".checkpoint.pt") if checkpoint_every else None,
            checkpoint_every=checkpoint_every or settings.steps,
            resume=resume,
            settings=asdict(settings),
            log_dir=log_dir,
            report_every=1000,
        )
        objective = Objective(network, settings.waveform_weight)
        source = Circuits(steady, settings, group)
        done = fit(objective, optimiser, schedule, source, plan, group=group, report=tell)
        metrics: dict[str, float] = {}
        if group.first:
            if test is None:
                tell(f"solving {settings.test_samples} circuits never trained on")
                test = circuit_samples(settings.test_samples, settings.seed + TEST_SEED, threads=workers)
            metrics = {
                **errors_over(network, test, solve(corners(), threads=workers)),
                "excluded": float(excluded),
                "test_excluded": float((~test.periodic).sum()),
                "final_loss": done.final_loss(1000),
                "minutes": (time.monotonic() - started) / 60,
            }
            training = {
                "data": "circuits at Sobol points of the box, solved to their periodic beat",
                "command": f"python -m twin_core train surrogate --out DIR --seed {settings.seed}",
                **asdict(settings),
                "processes": group.size,
                "device": group.device.type,
                **metrics,
            }
            save_weights(path, network.weights(training))
            if plan.checkpoint is not None:
                plan.checkpoint.unlink(missing_ok=True)
            tell(
                f"test error EDV {metrics['test_edv_mae_ml']:.3f} mL, ESV {metrics['test_esv_mae_ml']:.3f} mL, "
                f"waveform {metrics['test_waveform_mae_ml']:.3f} mL; worst corner "
                f"{metrics['worst_corner_volume_ml']:.2f} mL; saved {path}"
            )
        group.wait()
    return metrics


def errors_over(network: Surrogate, test: CircuitSamples, at_corners: CircuitSamples) -> dict[str, float]:
    """The test's metrics, as ``train`` names them, of a network in evaluation mode."""
    volumes, waveforms = volume_errors(network, test), waveform_errors(network, test)
    corner_volumes, corner_waveforms = volume_errors(network, at_corners), waveform_errors(network, at_corners)
    gaps, own = extremes_gaps(network, test)
    return {
        "test_edv_mae_ml": float(volumes[:, 0].mean()),
        "test_esv_mae_ml": float(volumes[:, 1].mean()),
        "test_volume_worst_ml": float(volumes.max()),
        "test_waveform_mae_ml": float(waveforms.mean()),
        "test_waveform_worst_ml": float(waveforms.max()),
        "corners_volume_mae_ml": float(corner_volumes.mean()),
        "worst_corner_volume_ml": float(corner_volumes.max()),
        "corners_waveform_mae_ml": float(corner_waveforms.mean()),
        "worst_corner_waveform_ml": float(corner_waveforms.max()),
        "extremes_gap_mean_ml": float(gaps.mean()),
        "extremes_gap_worst_ml": float(gaps.max()),
        "circuit_extremes_gap_mean_ml": float(own.mean()),
        "circuit_extremes_gap_worst_ml": float(own.max()),
    }


def volume_errors(network: Surrogate, test: CircuitSamples) -> NDArray[np.float64]:
    """Absolute errors of EDV and ESV on the steady circuits of a set, mL (N, 2).

    Args:
        network: in evaluation mode.
        test: circuits; those without a steady beat are left out.
    """
    steady = test.steady()
    edv, esv, _ = _found(network, steady)
    return np.abs(np.stack([edv - steady.edv_ml, esv - steady.esv_ml], axis=-1))


def waveform_errors(network: Surrogate, test: CircuitSamples) -> NDArray[np.float64]:
    """Absolute errors of the volume at each phase, mL (N, PHASES); arguments as ``volume_errors``."""
    steady = test.steady()
    return np.abs(_found(network, steady)[2] - steady.volume_ml)


def extremes_gaps(network: Surrogate, test: CircuitSamples) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """How far EDV and ESV lie outside the waveform's largest and smallest value, mL (N, 2): network's, circuit's.

    The circuit's own EDV and ESV lie between two of the phases; arguments as ``volume_errors``.
    """
    steady = test.steady()
    edv, esv, volume = _found(network, steady)
    true = steady.volume_ml
    return (
        np.stack([edv - volume.max(-1), volume.min(-1) - esv], axis=-1),
        np.stack([steady.edv_ml - true.max(-1), true.min(-1) - steady.esv_ml], axis=-1),
    )


@torch.inference_mode()
def _found(
    network: Surrogate, circuits: CircuitSamples
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """EDV, ESV and waveform, mL."""
    device = next(network.parameters()).device
    parameters = torch.tensor(circuits.parameters, dtype=torch.float32, device=device)
    edv, esv = (volume.cpu().double().numpy() for volume in network(parameters))
    return edv, esv, network.waveform(parameters).cpu().double().numpy()
