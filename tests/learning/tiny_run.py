"""A small training run as a program: killed, resumed and distributed by the tests of the trainer.

Usage: tiny_run.py CHECKPOINT LOSSES STEPS [--resume] [--slow]
"""

import json
import os
import sys
import time
from pathlib import Path

import torch
from torch import nn

from twin_core.learning.distributed import joined
from twin_core.learning.sources import Draws
from twin_core.learning.trainer import Plan, TrainingStoppedError, fit

BATCH, POINTS = 8, 40


class Regression(nn.Module):
    """A line's misfit, with dropout so that torch's own random numbers matter."""

    def __init__(self, dropout=0.0):
        super().__init__()
        self.network = nn.Sequential(nn.Linear(3, 16), nn.Tanh(), nn.Dropout(dropout), nn.Linear(16, 1))

    def forward(self, x, y):
        return nn.functional.mse_loss(self.network(x)[:, 0], y)


class Points:
    """Batches of points, of which each process takes its part, with noise where it is alone."""

    def __init__(self, rank=0, size=1, noise=0.0, pause=0.0):
        made = torch.Generator().manual_seed(7)
        self.x = torch.randn(POINTS, 3, generator=made)
        self.y = self.x @ torch.tensor([1.0, -2.0, 0.5])
        self.draws, self.rank, self.size, self.noise, self.pause = Draws([3, 1]), rank, size, noise, pause

    def batch(self):
        time.sleep(self.pause)
        mine = self.draws.pick(POINTS, BATCH)[self.rank :: self.size]
        x = self.x[mine]
        if self.noise:
            x = x + self.noise * torch.from_numpy(self.draws.rng.normal(size=x.shape)).float()
        return x, self.y[mine]

    def state_dict(self):
        return self.draws.state_dict()

    def load_state_dict(self, state):
        self.draws.load_state_dict(state)


def parts(dropout=0.0, steps=60):
    torch.manual_seed(11)
    objective = Regression(dropout)
    optimiser = torch.optim.AdamW(objective.parameters(), lr=0.02)
    return objective, optimiser, torch.optim.lr_scheduler.OneCycleLR(optimiser, 0.02, total_steps=steps)


def threads():
    """Names of this process's threads, those of libraries included; none where the system does not tell."""
    return [(task / "comm").read_text().strip() for task in Path("/proc/self/task").glob("*")]


def main():
    torch.set_num_threads(1)
    checkpoint, losses, steps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
    slow = "--slow" in sys.argv
    with joined("cpu") as group:
        alone = group.size == 1
        source = Points(group.rank, group.size, noise=0.1 if alone else 0.0, pause=0.02 if slow else 0.0)
        plan = Plan(
            steps=steps,
            clip_norm=1.0,
            checkpoint=checkpoint,
            checkpoint_every=10,
            resume="--resume" in sys.argv,
            report_every=1,
        )
        try:
            found = fit(
                *parts(0.1 if alone else 0.0, steps), source, plan, group=group, report=lambda s: print(s, flush=True)
            )
        except TrainingStoppedError as stop:
            print(stop, flush=True)
            os._exit(3)
        if group.first:
            losses.write_text(json.dumps(found.losses))
    if group.size > 1 and (left := [name for name in threads() if "gloo" in name]):
        raise SystemExit(f"threads of the process group are left after it: {left}")


if __name__ == "__main__":
    main()
