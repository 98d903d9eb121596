"""Labelled echo data sets that a licence holder has: EchoNet-Dynamic and CAMUS, as released."""

from collections.abc import Callable
from pathlib import Path

from twin_core.learning.datasets.camus import open_camus
from twin_core.learning.datasets.echonet import open_echonet
from twin_core.learning.datasets.records import DatasetError, EchoDataset, Record, Split, TracedClip, Tracing

__all__ = ["KINDS", "DatasetError", "EchoDataset", "Record", "Split", "TracedClip", "Tracing", "open_dataset"]

KINDS: dict[str, Callable[[str | Path], EchoDataset]] = {"echonet": open_echonet, "camus": open_camus}


def open_dataset(kind: str, folder: str | Path) -> EchoDataset:
    """The records of a data set; clips are read later, one by one, by ``Record.read``.

    Args:
        kind: "echonet" or "camus".
        folder: the data set as released.

    Raises:
        DatasetError: unknown kind, or nothing usable in the folder.
    """
    if kind not in KINDS:
        raise DatasetError(f"no data set {kind!r}: choose from {', '.join(KINDS)}")
    return KINDS[kind](folder)
