"""Training curves for TensorBoard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch


class TrainingLog:
    """TensorBoard, or nothing."""

    def __init__(self, folder: Path | None, first_step: int) -> None:
        self.folder, self.first_step = folder, first_step
        self.writer: Any = None

    def __enter__(self) -> TrainingLog:
        if self.folder is not None:
            from torch.utils.tensorboard import SummaryWriter  # loads seconds' worth of packages

            self.writer = SummaryWriter(str(self.folder), purge_step=self.first_step + 1)
        return self

    def __exit__(self, *error: object) -> None:
        if self.writer is not None:
            self.writer.close()

    def write(self, step: int, **values: float | torch.Tensor) -> None:
        """Add values of one step."""
        if self.writer is not None:
            for name, value in values.items():
                self.writer.add_scalar(name, float(value), step)
