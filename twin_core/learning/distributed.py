"""The processes that train one network together: one, or as many as torchrun starts (PyTorch DDP)."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from twin_core.learning.devices import pick_device

Item = TypeVar("Item")
WAIT = timedelta(minutes=60)  # the others wait for the first while it validates


@dataclass(frozen=True, kw_only=True)
class Group:
    """This process among those that train together.

    Attributes:
        device: where it computes.
        rank: its number; the first, 0, writes files and reports.
        size: how many there are.
    """

    device: torch.device
    rank: int = 0
    size: int = 1

    @property
    def first(self) -> bool:
        """Whether this process writes and reports."""
        return self.rank == 0

    def teller(self, report: Callable[[str], None]) -> Callable[[str], None]:
        """``report`` in the first process, silence in the others."""
        return report if self.first else lambda line: None

    def share(self, items: Sequence[Item]) -> Sequence[Item]:
        """The part of the items that this process takes: every ``size``-th, from its own rank on."""
        return items[self.rank :: self.size]

    def wrap(self, module: nn.Module) -> nn.Module:
        """The module with gradients averaged over the processes, or as it is where there is one process.

        On GPUs batch normalisation then takes its statistics over all processes; on CPUs, for which PyTorch has
        no such thing, each process takes its own, and evaluation uses those of the first.
        """
        if self.size == 1:
            return module
        if self.device.type == "cuda":
            module = nn.SyncBatchNorm.convert_sync_batchnorm(module)
            return DistributedDataParallel(module, device_ids=[self.device.index])
        return DistributedDataParallel(module)

    def mean_and_any(self, value: float, flag: bool) -> tuple[float, bool]:
        """The mean of a number and whether a flag is up anywhere, the same answer in every process."""
        if self.size == 1:
            return value, flag
        both = torch.tensor([value, float(flag)], dtype=torch.float64, device=self.device)
        dist.all_reduce(both)
        return float(both[0]) / self.size, float(both[1]) > 0

    def from_first(self, value: float) -> float:
        """The first process's value, in every process."""
        if self.size == 1:
            return value
        shared = torch.tensor([value], dtype=torch.float64, device=self.device)
        dist.broadcast(shared, 0)
        return float(shared[0])

    def gather(self, value: Any) -> list[Any]:
        """Every process's value, in order of rank."""
        if self.size == 1:
            return [value]
        values: list[Any] = [None] * self.size
        dist.all_gather_object(values, value)
        return values

    def wait(self) -> None:
        """Return when every process has come this far."""
        if self.size > 1:
            dist.barrier()


@contextmanager
def joined(device: str = "auto") -> Iterator[Group]:
    """Join the processes that torchrun started, or be the only one; what is inside another such block shares its group.

    Args:
        device: auto, cpu or cuda; with several processes on CUDA each takes the GPU of its local rank.

    Raises:
        ValueError: device not there, or more processes than GPUs.
    """
    chosen = pick_device(device)
    size = int(os.environ.get("WORLD_SIZE", "1"))
    if size == 1:
        yield Group(device=chosen)
        return
    local = int(os.environ.get("LOCAL_RANK", "0"))
    if dist.is_initialized():  # joined once: processes that part and join again miss one another
        device_here = torch.device("cuda", local) if chosen.type == "cuda" else chosen
        yield Group(device=device_here, rank=dist.get_rank(), size=size)
        return
    if chosen.type == "cuda":
        if local >= torch.cuda.device_count():
            raise ValueError(
                f"process {local + 1} on this machine has no GPU, there are {torch.cuda.device_count()}: give torchrun "
                f"--nproc-per-node {torch.cuda.device_count()}"
            )
        chosen = torch.device("cuda", local)
        torch.cuda.set_device(chosen)
    # Its functions have the default group of the time it is loaded as their default. DDP loads it at its first step:
    # then they would hold this run's group, whose threads would outlive it into the interpreter's end and abort that.
    importlib.import_module("torch.distributed.nn.functional")
    dist.init_process_group("nccl" if chosen.type == "cuda" else "gloo", timeout=WAIT)
    try:
        yield Group(device=chosen, rank=dist.get_rank(), size=size)
        dist.barrier()  # no process takes its connections down while another still uses them
    finally:
        dist.destroy_process_group()
