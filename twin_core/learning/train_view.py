"""Train the view network on rendered pictures only. Reads top to bottom: render, train, test, save.

Fixed schedule: the last step's weights are kept, nothing is selected on any real clip.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.learning.segmenter import PROJECTIONS, SIZE, pick_device
from twin_core.learning.view import CHANNELS, KIND, VIEWS, ViewNetwork
from twin_core.learning.view_samples import batch_of, render
from twin_core.learning.weights import Weights, save_weights

TEST_SEED = 1_000_003  # added to the seed: test patients share none with the training patients


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


def train(
    output: str | Path,
    settings: Settings | None = None,
    *,
    device: str = "auto",
    workers: int = 1,
    report: Callable[[str], None] = print,
) -> dict[str, float]:
    """Render, train, test and save.

    Args:
        output: weight file to write (.safetensors).
        settings: what to train; defaults are those of the shipped weights.
        device: auto, cpu or cuda.
        workers: processes that render.
        report: receives one line of progress at a time.

    Returns:
        Metrics: `test_<view>` (share of rendered pictures of that view, of patients never trained on and under the
        same random displays and poses, told right), `final_loss`, `minutes`.
    """
    settings = settings or Settings()
    started, chosen = time.monotonic(), pick_device(device)
    report(f"rendering {settings.patients} patients and {settings.others} other clips")
    hearts, others = render(settings.seed, settings.patients, settings.others, workers)
    torch.manual_seed(settings.seed)
    rng = np.random.default_rng([settings.seed, 1])
    network = ViewNetwork().to(chosen)
    optimiser = torch.optim.AdamW(network.parameters(), lr=settings.learning_rate, weight_decay=settings.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, settings.learning_rate, total_steps=settings.steps, pct_start=0.1
    )
    losses: list[float] = []
    training_started = time.monotonic()
    for step in range(settings.steps):
        some_hearts = [hearts[i] for i in rng.integers(len(hearts), size=settings.patients_a_step)]
        some_others = [others[i] for i in rng.integers(len(others), size=settings.others_a_step)]
        x, y = batch_of(rng, some_hearts, some_others)
        with torch.autocast(chosen.type, torch.bfloat16, enabled=chosen.type == "cuda"):
            logits = network(x.to(chosen))
        loss = F.cross_entropy(logits.float(), y.to(chosen), label_smoothing=0.02)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        schedule.step()
        losses.append(loss.item())
        if (step + 1) % 100 == 0 or step + 1 == settings.steps:
            left = (time.monotonic() - training_started) / (step + 1) * (settings.steps - step - 1) / 60
            report(f"step {step + 1}/{settings.steps} loss {np.mean(losses[-100:]):.4f}, {left:.1f} min left")
    metrics = {
        **test(network, settings, chosen, workers),
        "final_loss": float(np.mean(losses[-100:])),
        "minutes": (time.monotonic() - started) / 60,
    }
    weights = Weights(
        kind=KIND,
        config={"inputs": 1 + len(PROJECTIONS), "channels": list(CHANNELS), "size": SIZE, "views": list(VIEWS),
                "inputs_of": "frame, " + ", ".join(PROJECTIONS) + " over about one beat, uint8 / 255"},
        training={"data": "rendered clips only", **asdict(settings), "device": chosen.type, **metrics},
        tensors=network.state_dict(),
    )  # fmt: skip
    save_weights(output, weights)
    report(", ".join(f"{name} {value:.3f}" for name, value in metrics.items()) + f", saved {output}")
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
