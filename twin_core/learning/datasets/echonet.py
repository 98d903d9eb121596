"""EchoNet-Dynamic as released (Ouyang et al., Nature 2020;580:252-256): FileList.csv, VolumeTracings.csv, Videos/."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_core.echo.clip import ClipError, read_clip
from twin_core.echo.outline import outline_mask
from twin_core.learning.datasets.records import (
    DatasetError,
    EchoDataset,
    Record,
    Split,
    TracedClip,
    Tracing,
    number,
)

LABELS, TRACINGS, VIDEOS = "FileList.csv", "VolumeTracings.csv", "Videos"
LABEL_COLUMNS = ("FileName", "EF", "ESV", "EDV", "FPS", "Split")
TRACING_COLUMNS = ("FileName", "X1", "Y1", "X2", "Y2", "Frame")
MIN_CHORDS = 3  # long axis aside, fewer enclose nothing
MAX_ML, MAX_FPS = 1000.0, 500.0
SPLIT_OF: dict[str, Split] = {"TRAIN": "train", "VAL": "val", "TEST": "test"}

Chords = NDArray[np.float64]
"""Long axis, then one chord a disk, (N, 4): x1, y1, x2, y2 in pixels."""


def open_echonet(folder: str | Path) -> EchoDataset:
    """Read the tables; clips are decoded later, one by one.

    Frame rates are taken from FileList.csv. A row that cannot be used, or whose video is missing, is left out and
    named in ``problems``; so is a tracing row.

    Raises:
        DatasetError: the folder, a table or one of its columns is missing, or no row is left.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DatasetError(f"{root} is no folder: give the one that holds {LABELS} and {VIDEOS}")
    problems: list[str] = []
    labels = list(_rows(root / LABELS, LABEL_COLUMNS))
    traced = _tracings(root / TRACINGS, problems)
    records: list[Record] = []
    seen: set[str] = set()
    for row, values in labels:
        where = f"{LABELS} row {row}"
        try:
            record = _record(root, where, values, traced)
            if record.name in seen:
                raise DatasetError(f"{where}: {record.name} was listed before: delete one of the rows")
        except DatasetError as error:
            problems.append(str(error))
            continue
        seen.add(record.name)
        records.append(record)
    if not records:
        raise DatasetError(f"{root / LABELS} has no usable row; the first problem: {(problems or ['it is empty'])[0]}")
    return EchoDataset(
        kind="echonet",
        records=tuple(records),
        problems=tuple(problems),
        has_scale=False,
        split_rule=f"the Split column of {LABELS}",
    )


def _rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Line number and cells of each row."""
    try:
        with path.open(newline="", encoding="utf-8-sig", errors="replace") as file:
            reader = csv.DictReader(file)
            missing = [c for c in columns if c not in (reader.fieldnames or [])]
            if missing:
                raise DatasetError(
                    f"{path} lacks the column {missing[0]}, it has {', '.join(reader.fieldnames or ['none'])}: "
                    "give EchoNet-Dynamic as it was released"
                )
            for values in reader:
                yield reader.line_num, values
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}): give EchoNet-Dynamic's own folder") from None
    except csv.Error as error:  # a quote that is never closed, a byte of zero
        raise DatasetError(f"{path} is no readable table ({error}): correct it, or copy it from the release") from None


def _stem(name: str | None) -> str:
    """File name without .avi: one table has it, the other has not."""
    plain = (name or "").strip()
    return plain[:-4] if plain.lower().endswith(".avi") else plain


def _record(root: Path, where: str, values: dict[str, str], traced: dict[str, dict[int, Chords]]) -> Record:
    name = _stem(values["FileName"])
    if not name or Path(name).name != name:
        raise DatasetError(f"{where}: FileName is {values['FileName']!r}, not the name of a video: correct the row")
    split = SPLIT_OF.get((values["Split"] or "").strip().upper())
    if split is None:
        raise DatasetError(f"{where}: Split is {values['Split']!r}: expected {', '.join(SPLIT_OF)}")
    edv, esv = (number(values[c], c, where, 0.0, MAX_ML) for c in ("EDV", "ESV"))
    rate = number(values["FPS"], "FPS", where, 1.0, MAX_FPS)
    ef = number(values["EF"], "EF", where, 0.0, 100.0)
    video = root / VIDEOS / f"{name}.avi"
    if not video.is_file():
        raise DatasetError(f"{where}: {VIDEOS}/{video.name} is missing: copy it from the release")
    return Record(
        name=name,
        split=split,
        where=where,
        ef_pct=ef,
        edv_ml=edv,
        esv_ml=esv,
        frame_rate_hz=rate,
        read=partial(_read, video, where, rate, traced.get(name, {})),
    )


def _tracings(path: Path, problems: list[str]) -> dict[str, dict[int, Chords]]:
    """Chords of every frame of every video, in the file's order."""
    found: dict[str, dict[int, list[list[float]]]] = {}
    for row, values in _rows(path, TRACING_COLUMNS):
        where = f"{TRACINGS} row {row}"
        try:
            line = [number(values[c], c, where, -1e4, 1e4) for c in ("X1", "Y1", "X2", "Y2")]
            frame = int(number(values["Frame"], "Frame", where, 0, 1e6))
        except DatasetError as error:
            problems.append(str(error))
            continue
        found.setdefault(_stem(values["FileName"]), {}).setdefault(frame, []).append(line)
    return {name: {f: np.array(lines) for f, lines in frames.items()} for name, frames in found.items()}


def chords_mask(chords: Chords, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """The cavity that the chords span, bool (H, W); the first row, the long axis, is no part of its outline.

    Args:
        chords: long axis and chords (N, 4), in pixels.
        shape: rows and columns.
    """
    x1, y1, x2, y2 = chords[1:].T
    outline = np.stack([np.concatenate([x1, x2[::-1]]), np.concatenate([y1, y2[::-1]])], axis=1)
    return outline_mask(outline, shape)


def _read(video: Path, where: str, rate_hz: float, chords: dict[int, Chords]) -> TracedClip:
    try:
        clip = read_clip(video)
    except ClipError as error:
        raise DatasetError(f"{where}: {error}") from None
    clip = replace(clip, time_s=np.arange(len(clip.frames)) / rate_hz)
    tracings, problems = [], []
    for frame in sorted(chords):
        if frame >= len(clip.frames):
            problems.append(f"{video.stem}: tracing of frame {frame}, the clip has {len(clip.frames)} frames")
        elif len(chords[frame]) <= MIN_CHORDS:
            problems.append(f"{video.stem}: tracing of frame {frame} has {len(chords[frame])} rows, too few to enclose")
        else:
            mask = chords_mask(chords[frame], clip.sector.shape)
            if mask.any():
                tracings.append(Tracing(frame=frame, mask=mask))
            else:
                problems.append(f"{video.stem}: tracing of frame {frame} lies outside the picture")
    return TracedClip(clip=clip, tracings=tuple(tracings), problems=tuple(problems))
