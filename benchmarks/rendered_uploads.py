"""Clips to upload: rendered patients written as AVI files, with the twin the command line finds in each; no benchmark.

An AVI carries no scale, and MJPG loses a little: what the page is given is a file like any other, not the arrays.
"""

from __future__ import annotations

import contextlib
import io
import json
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2

from twin_core import cli
from twin_core.learning.clip_samples import render_patient


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A clip's file and the twin file that the command line made of it."""

    clip: Path
    twin: Path
    pseudonym: str


def command_line(*arguments: str) -> dict | None:
    """What ``python -m twin_core ... --json`` prints; None where it ends with an error.

    The command runs in this process, so that libraries load once for dozens of calls; the page runs in another.
    """
    with contextlib.redirect_stdout(io.StringIO()) as printed, contextlib.redirect_stderr(io.StringIO()):
        try:
            cli.main([*arguments, "--json"])
        except SystemExit as end:
            return json.loads(printed.getvalue()) if not end.code else None


def write_clip(number: int, seed: int, path: Path) -> None:
    """Rendered patient ``number`` as an AVI file."""
    clip = render_patient((seed, number), long=True).clip
    rows, columns = clip.frames.shape[1:]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), clip.frame_rate_hz, (columns, rows))
    if not writer.isOpened():
        raise SystemExit("error: OpenCV cannot write MJPG here; install opencv-python-headless again")
    for frame in clip.frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


@contextlib.contextmanager
def folder_for(given: Path | None) -> Iterator[Path]:
    """The folder to keep clips in, or one that is gone afterwards."""
    if given is None:
        with tempfile.TemporaryDirectory() as folder:
            yield Path(folder)
    else:
        given.mkdir(parents=True, exist_ok=True)
        yield given


def uploads(count: int, seed: int, folder: Path) -> list[Upload]:
    """The first clips that the command line can use, each with its twin; those the folder already holds are not remade.

    Args:
        count: How many.
        seed: Of the rendered patients; its clips have a folder of their own.
        folder: Where to keep them.
    """
    folder = folder / str(seed)
    folder.mkdir(exist_ok=True)
    found: list[Upload] = []
    for number in range(3 * count):
        clip, twin = folder / f"patient{number}.avi", folder / f"patient{number}.json"
        refused = clip.with_suffix(".refused")
        if not (twin.exists() or refused.exists()):
            write_clip(number, seed, clip)
            if command_line("infer", str(clip), "--out", str(twin)) is None:
                refused.touch()
        if twin.exists():
            found.append(Upload(clip=clip, twin=twin, pseudonym=json.loads(twin.read_text())["pseudonym"]))
        if len(found) == count:
            return found
    raise SystemExit(f"error: of {3 * count} rendered clips only {len(found)} could be used; try another --seed")
