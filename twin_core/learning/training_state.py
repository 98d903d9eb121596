"""Everything a stopped training run needs to go on as if it had not stopped."""

from __future__ import annotations

import copy
import json
import math
from typing import Any

import torch
from torch import nn

from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.distributed import Group
from twin_core.learning.sources import Source


class TrainingState:
    """Losses and the best weights so far; makes a checkpoint's content and goes back to it."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.best: dict[str, torch.Tensor] | None = None
        self.best_score: float | None = None
        self.best_step: int | None = None
        self.since_best = 0
        self.left_out = 0

    def judge(self, score: float, step: int, objective: nn.Module) -> None:
        """Keep the objective's weights if the score is the lowest so far; any number is lower than none."""
        if self.best_score is None or math.isnan(self.best_score) or score < self.best_score:
            self.best, self.best_score, self.best_step = copy.deepcopy(objective.state_dict()), score, step
            self.since_best = 0
        else:
            self.since_best += 1

    def content(
        self,
        objective: nn.Module,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        sources: list[str],
    ) -> dict[str, Any]:
        """What a checkpoint holds; ``sources`` are the states of every process's data as JSON."""
        return {
            **vars(self),
            "objective": objective.state_dict(),
            "optimiser": optimiser.state_dict(),
            "schedule": schedule.state_dict(),
            "sources": sources,
            "random": torch.get_rng_state(),
            "random_cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
        }

    def restore(
        self,
        saved: dict[str, Any],
        group: Group,
        objective: nn.Module,
        optimiser: torch.optim.Optimizer,
        schedule: torch.optim.lr_scheduler.LRScheduler,
        source: Source,
    ) -> None:
        """Set everything to what ``content`` gave.

        Raises:
            CheckpointError: the checkpoint is of another number of processes.
        """
        if len(saved["sources"]) != group.size:
            raise CheckpointError(
                f"the checkpoint is of {len(saved['sources'])} processes, this run has {group.size}: start as many"
            )
        for name in vars(self):
            setattr(self, name, saved[name])
        objective.load_state_dict(saved["objective"])
        optimiser.load_state_dict(saved["optimiser"])
        schedule.load_state_dict(saved["schedule"])
        source.load_state_dict(json.loads(saved["sources"][group.rank]))
        torch.set_rng_state(saved["random"])
        if torch.cuda.is_available() and len(saved["random_cuda"]) == torch.cuda.device_count():
            torch.cuda.set_rng_state_all(saved["random_cuda"])
