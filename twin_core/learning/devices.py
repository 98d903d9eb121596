"""Where networks run: a CUDA GPU that works, or the CPU."""

from __future__ import annotations

import torch


def pick_device(device: str) -> torch.device:
    """`auto` is CUDA where it works, else the CPU.

    Raises:
        ValueError: unknown name, or CUDA asked for where there is none that works.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise ValueError(f"unknown device {device!r}: choose auto, cpu or cuda")
    if device == "cpu":
        return torch.device("cpu")
    problem = cuda_problem()
    if device == "cuda" and problem:
        raise ValueError(f"device 'cuda' asked for but {problem}: choose auto or cpu")
    return torch.device("cpu" if problem else "cuda")


def cuda_problem() -> str:
    """Why CUDA cannot be used, empty where it can: a GPU may be seen and yet refuse at its first use."""
    if not torch.cuda.is_available():
        return "no CUDA device is there"
    try:
        torch.ones(1, device="cuda").add(1).item()
    except RuntimeError as error:
        return f"the CUDA device does not work ({str(error).splitlines()[0] or type(error).__name__})"
    return ""
