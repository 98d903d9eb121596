"""Train the surrogate on solved circuits (the pretext task). Reads top to bottom: solve, train, test, save.

Fixed schedule: the last step's weights are kept, no step is selected on the test circuits.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.learning.samples import CircuitSamples, circuit_samples, corners, solve
from twin_core.learning.segmenter import pick_device
from twin_core.learning.surrogate import DEPTH, WIDTH, Surrogate, stressed_volume_ml
from twin_core.learning.weights import save_weights

FILE_NAME = "surrogate.safetensors"
TEST_SEED = 1_000_003  # added to the seed: test points share none with the training points


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


def train(
    out: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    samples: CircuitSamples | None = None,
    test: CircuitSamples | None = None,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Solve circuits over the whole box, train on them, test and save.

    Args:
        out: folder for ``surrogate.safetensors``.
        settings: sizes and schedule; the defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: cores that solve circuits.
        samples: training circuits, where they are at hand; solved from the seed when None.
        test: test circuits, likewise.
        report: receives one line of progress at a time.

    Returns:
        Mean absolute errors over the box: ``test_edv_mae_ml``, ``test_esv_mae_ml``, ``test_waveform_mae_ml``; the
        largest single errors ``test_volume_worst_ml`` (EDV, ESV) and ``test_waveform_worst_ml``. The same over its
        128 corners: ``corners_volume_mae_ml``, ``corners_waveform_mae_ml``, ``worst_corner_volume_ml``,
        ``worst_corner_waveform_ml``. How far EDV and ESV lie outside the waveform's largest and smallest value at
        its phases, mean and largest: ``extremes_gap_mean_ml``, ``extremes_gap_worst_ml``, beside the circuit's own
        ``circuit_extremes_gap_mean_ml``, ``circuit_extremes_gap_worst_ml``. ``excluded`` (training circuits without
        a steady beat), ``test_excluded``, ``final_loss``, ``minutes``.

    Raises:
        ValueError: a number of samples is not a power of two, or the device is not there.
    """
    settings, started = settings or Settings(), time.monotonic()
    chosen = pick_device(device)
    if samples is None:
        report(f"solving {settings.samples} circuits")
        samples = circuit_samples(settings.samples, settings.seed, threads=workers, report=report)
    steady = samples.steady()
    excluded = len(samples.periodic) - len(steady.periodic)
    report(f"{excluded} of {len(samples.periodic)} circuits have no steady beat and are left out")

    torch.manual_seed(settings.seed)
    network = Surrogate(settings.width, settings.depth).to(chosen)
    parameters, edv, esv, volume = (
        torch.tensor(values, dtype=torch.float32, device=chosen)
        for values in (steady.parameters, steady.edv_ml, steady.esv_ml, steady.volume_ml)
    )
    # In parts of the stressed volume, which the network's outputs are, an error costs the same at any preload.
    scale = stressed_volume_ml(parameters) / 100.0
    shape_scale = (edv - esv) / scale
    shape = (volume - esv[:, None]) / (edv - esv)[:, None]
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    draw = torch.Generator().manual_seed(settings.seed)
    losses: list[float] = []
    for step in range(settings.steps):
        picked = torch.randint(len(parameters), (settings.batch,), generator=draw).to(chosen)
        found_edv, found_esv, found_shape = network.beat(parameters[picked])
        unit = scale[picked]
        # The shape is learned on the circuit's own EDV and ESV, in mL: where little is ejected it matters little.
        loss = (
            F.mse_loss(found_edv / unit, edv[picked] / unit)
            + F.mse_loss(found_esv / unit, esv[picked] / unit)
            + settings.waveform_weight * ((found_shape - shape[picked]) * shape_scale[picked, None]).square().mean()
        )
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 1000 == 0 or step + 1 == settings.steps:
            report(f"step {step + 1}/{settings.steps} loss {np.mean(losses[-1000:]):.2e}")

    network.eval()
    if test is None:
        report(f"solving {settings.test_samples} circuits never trained on")
        test = circuit_samples(settings.test_samples, settings.seed + TEST_SEED, threads=workers)
    metrics = {
        **errors_over(network, test, solve(corners(), threads=workers)),
        "excluded": float(excluded),
        "test_excluded": float((~test.periodic).sum()),
        "final_loss": float(np.mean(losses[-1000:])),
        "minutes": (time.monotonic() - started) / 60,
    }
    command = f"python -m twin_core train surrogate --out DIR --seed {settings.seed}"
    training = {"data": "circuits at Sobol points of the box, solved to their periodic beat", "command": command}
    path = Path(out) / FILE_NAME
    save_weights(path, network.weights({**training, **asdict(settings), "device": chosen.type, **metrics}))
    report(f"saved {path}")
    report(
        f"test error EDV {metrics['test_edv_mae_ml']:.3f} mL, ESV {metrics['test_esv_mae_ml']:.3f} mL, waveform "
        f"{metrics['test_waveform_mae_ml']:.3f} mL; worst corner {metrics['worst_corner_volume_ml']:.2f} mL"
    )
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
