"""Where training's batches come from, and how their random order survives a stop."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
import torch

from twin_core.learning.checkpoints import CheckpointError


class Source(Protocol):
    """Where batches come from. Each process has its own; checkpoints keep the state of all."""

    def batch(self) -> tuple[torch.Tensor, ...]:
        """This process's part of the next step's batch, on the CPU; the objective's arguments."""

    def state_dict(self) -> dict[str, Any]:
        """Where the data stand, as JSON's plain values."""

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go where ``state`` says."""


class Draws:
    """Random numbers and items without repetition, whose state can be kept: what a ``Source`` needs.

    Args:
        seed: of ``numpy.random.default_rng``; give each process its own.
    """

    def __init__(self, seed: int | list[int]) -> None:
        self.rng = np.random.default_rng(seed)
        self.order: list[int] = []
        self.total: int | None = None

    def pick(self, total: int, count: int) -> list[int]:
        """The next ``count`` of ``total`` items in random order; all once before any comes again.

        What is left over of a round when it holds fewer than ``count`` is dropped.

        Raises:
            CheckpointError: the state taken over is of another number of items.
        """
        if self.total not in (None, total):
            raise CheckpointError(
                f"the checkpoint is of a run on {self.total} items, this one has {total}: the data are not those of "
                "before; give them, or train from the start without --resume"
            )
        self.total = total
        if len(self.order) < count:
            self.order = self.rng.permutation(total).tolist()
        return [self.order.pop() for _ in range(min(count, len(self.order)))]

    def state_dict(self) -> dict[str, Any]:
        """State as JSON's plain values."""
        return {"rng": self.rng.bit_generator.state, "order": list(self.order), "total": self.total}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take a state over."""
        self.rng.bit_generator.state = state["rng"]
        self.order, self.total = list(state["order"]), state["total"]
