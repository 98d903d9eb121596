"""Self-describing weight files: safetensors with what is needed to use and to reproduce them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import nn

from twin_core import __version__
from twin_core.learning.whole_file import written_whole

N = TypeVar("N", bound=nn.Module)

FORMAT = 1
ASSETS = Path(__file__).resolve().parents[2] / "assets"


class WeightsError(ValueError):
    """A weight file that is missing, damaged, of another kind or newer than this software."""


@dataclass(frozen=True, kw_only=True)
class Weights:
    """Contents of a weight file.

    Attributes:
        kind: which network it is for, e.g. "segmenter".
        config: what the network's constructor and its input preparation need (bounds, sizes, scales).
        training: how it was made: command, seed, data, steps, metrics.
        tensors: state dict.
        software: version of this package that wrote it.
        path: file the weights were read from; None for weights not read from one.
        sha256: its digest; empty likewise.
    """

    kind: str
    config: dict[str, Any]
    training: dict[str, Any]
    tensors: dict[str, torch.Tensor]
    software: str = __version__
    path: Path | None = None
    sha256: str = ""

    def network(self, make: Callable[[dict[str, Any]], N]) -> N:
        """The network they are of.

        Args:
            make: builds it, without its weights, from ``config``.

        Raises:
            WeightsError: ``config`` lacks what ``make`` needs, or the tensors are those of another network.
        """
        try:
            network = make(self.config)
            network.load_state_dict(self.tensors)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise WeightsError(
                f"{self.path or f'the {self.kind}'}, written by version {self.software}, holds another network than "
                f"this software builds ({type(error).__name__}): fetch or train it again"
            ) from error
        return network


def save_weights(path: str | Path, weights: Weights) -> None:
    """Write a weight file; parent folders are made."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {
        "format": str(FORMAT),
        "kind": weights.kind,
        "config": json.dumps(weights.config, sort_keys=True),
        "training": json.dumps(weights.training, sort_keys=True),
        "software": weights.software,
    }
    with written_whole(path) as beside:
        save_file({k: v.detach().cpu().contiguous() for k, v in weights.tensors.items()}, beside, metadata)
        beside.chmod(0o644)  # safetensors leaves it to its owner alone, but a server may run as somebody else


def weight_kind(path: str | Path) -> str | None:
    """What a weight file says it is of, None where it cannot be read: ``load_weights`` says why."""
    try:
        with safe_open(path, framework="pt") as file:
            return (file.metadata() or {}).get("kind")
    except (SafetensorError, OSError):
        return None


def digest(path: str | Path) -> str:
    """SHA-256 of a weight file, in hexadecimal; raises WeightsError where it cannot be read."""
    try:
        return hashlib.sha256(Path(path).read_bytes()).hexdigest()
    except OSError as error:
        raise WeightsError(f"{path} is not a readable weight file ({error.strerror}): fetch or train it") from error


def load_weights(path: str | Path, kind: str) -> Weights:
    """Read a weight file and check that it is what the caller needs.

    Raises:
        WeightsError: missing, not a weight file, of another kind, or of a newer format.
    """
    path = Path(path)
    if not path.is_file():
        raise WeightsError(f"no weight file {path}: train one with `python -m twin_core train {kind}`")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError) as error:
        raise WeightsError(f"{path} is not a readable weight file ({error}): fetch or train it again") from error
    found, version = metadata.get("kind"), metadata.get("format", "")
    if not version.isdigit() or int(version) > FORMAT:
        raise WeightsError(f"{path} has format {version or 'none'}, this software reads {FORMAT}: update it")
    if found != kind:
        raise WeightsError(f"{path} holds weights of kind {found!r}, expected {kind!r}: give the right file")
    try:
        config, training = json.loads(metadata["config"]), json.loads(metadata["training"])
    except (KeyError, ValueError) as error:
        raise WeightsError(f"{path} does not say what it holds ({error!r}): fetch or train it again") from error
    return Weights(
        kind=kind,
        config=config,
        training=training,
        tensors=tensors,
        software=metadata.get("software", "unknown"),
        path=path,
        sha256=digest(path),
    )
