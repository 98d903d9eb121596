"""Training states on disk: written whole or not at all, read only by the run they belong to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch

from twin_core.learning.whole_file import written_whole

FORMAT = 3


class CheckpointError(ValueError):
    """A checkpoint that is damaged, or of another run."""


def save_checkpoint(path: Path, settings: dict[str, Any], state: dict[str, Any]) -> None:
    """Write a checkpoint beside the old one, then put it in the old one's place.

    Args:
        path: file to write; its folder exists.
        settings: what the run is, as plain values; a run with other settings is refused it.
        state: tensors and plain values, see ``trainer.fit``.
    """
    with written_whole(path) as beside:
        torch.save({"format": FORMAT, "settings": json.dumps(settings, sort_keys=True), "state": state}, beside)


def load_checkpoint(path: Path, settings: dict[str, Any]) -> dict[str, Any]:
    """Read what ``save_checkpoint`` wrote, onto the CPU.

    Raises:
        CheckpointError: not a checkpoint, of another format, or of a run with other settings.
    """
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)  # runs no code from the file
        version, written, state = content["format"], json.loads(content["settings"]), content["state"]
    except Exception as error:  # torch.load raises whatever its parts raise
        raise CheckpointError(
            f"{path} is no readable checkpoint ({type(error).__name__}): delete it and train from the start"
        ) from error
    if version != FORMAT:
        raise CheckpointError(f"{path} has format {version}, this software reads {FORMAT}: train from the start")
    wanted = json.loads(json.dumps(settings))
    for name in sorted(written.keys() | wanted.keys()):
        if written.get(name) != wanted.get(name):
            raise CheckpointError(
                f"{path} is of a run with {name} {written.get(name)!r}, this one has {wanted.get(name)!r}: "
                "give the same options, or train from the start without --resume"
            )
    return dict(state)
