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
    """How to train; the same settings give the same weights on a CPU with the same number of threads."""

    seed: int = 0
    samples: int = 16384  # a power of two
    test_samples: int = 2048  # a power of two
    steps: int = 20_000
    batch: int = 1024
    learning_rate: float = 3e-3
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
        workers: processes that solve circuits.
        samples: training circuits, where they are at hand; solved from the seed when None.
        test: test circuits, likewise.
        report: receives one line of progress at a time.

    Returns:
        Metrics: ``test_edv_mae_ml``, ``test_esv_mae_ml`` and the largest single error ``test_worst_ml`` over the
        whole box; ``corners_mae_ml`` and ``worst_corner_ml`` over its 128 corners; ``excluded`` (training
        circuits without a steady beat), ``final_loss``, ``minutes``.

    Raises:
        ValueError: a number of samples is not a power of two, or the device is not there.
    """
    settings, started = settings or Settings(), time.monotonic()
    chosen = pick_device(device)
    if samples is None:
        report(f"solving {settings.samples} circuits")
        samples = circuit_samples(settings.samples, settings.seed, workers=workers, report=report)
    steady = samples.steady()
    excluded = len(samples.periodic) - len(steady.periodic)
    report(f"{excluded} of {len(samples.periodic)} circuits have no steady beat and are left out")

    torch.manual_seed(settings.seed)
    network = Surrogate(settings.width, settings.depth).to(chosen)
    parameters = torch.tensor(steady.parameters, dtype=torch.float32, device=chosen)
    edv = torch.tensor(steady.edv_ml, dtype=torch.float32, device=chosen)
    esv = torch.tensor(steady.esv_ml, dtype=torch.float32, device=chosen)
    # In parts of the stressed volume, which the network's outputs are, an error costs the same at any preload.
    scale = stressed_volume_ml(parameters)
    optimiser = torch.optim.Adam(network.parameters(), lr=settings.learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, settings.steps)
    draw = torch.Generator().manual_seed(settings.seed)
    losses: list[float] = []
    for step in range(settings.steps):
        picked = torch.randint(len(parameters), (settings.batch,), generator=draw).to(chosen)
        found_edv, found_esv = network(parameters[picked])
        unit = scale[picked] / 100.0
        loss = F.mse_loss(found_edv / unit, edv[picked] / unit) + F.mse_loss(found_esv / unit, esv[picked] / unit)
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
        test = circuit_samples(settings.test_samples, settings.seed + TEST_SEED, workers=workers)
    errors, at_corners = volume_errors(network, test), volume_errors(network, solve(corners()))
    metrics = {
        "test_edv_mae_ml": float(errors[:, 0].mean()),
        "test_esv_mae_ml": float(errors[:, 1].mean()),
        "test_worst_ml": float(errors.max()),
        "corners_mae_ml": float(at_corners.mean()),
        "worst_corner_ml": float(at_corners.max()),
        "excluded": float(excluded),
        "final_loss": float(np.mean(losses[-1000:])),
        "minutes": (time.monotonic() - started) / 60,
    }
    command = f"python -m twin_core train surrogate --out DIR --seed {settings.seed}"
    training = {"data": "circuits at Sobol points of the box, solved to their periodic beat", "command": command}
    path = Path(out) / FILE_NAME
    save_weights(path, network.weights({**training, **asdict(settings), "device": chosen.type, **metrics}))
    report(
        f"test error EDV {metrics['test_edv_mae_ml']:.3f} mL, ESV {metrics['test_esv_mae_ml']:.3f} mL; worst corner "
        f"{metrics['worst_corner_ml']:.3f} mL; saved {path}"
    )
    return metrics


@torch.inference_mode()
def volume_errors(network: Surrogate, test: CircuitSamples) -> NDArray[np.float64]:
    """Absolute errors of EDV and ESV on the steady circuits of a set, mL (N, 2).

    Args:
        network: in evaluation mode.
        test: circuits; those without a steady beat are left out.
    """
    steady = test.steady()
    device = next(network.parameters()).device
    found = torch.stack(network(torch.tensor(steady.parameters, dtype=torch.float32, device=device)), dim=-1)
    return np.abs(found.cpu().numpy() - np.stack([steady.edv_ml, steady.esv_ml], axis=-1))
