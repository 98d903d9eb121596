"""CAMUS (Leclerc et al., IEEE Trans Med Imaging 2019;38:2198-2210) in both released layouts, four-chamber view.

- MetaImage: patientXXXX/patientXXXX_4CH_sequence.mhd + .raw, _ED, _ES, each with _gt, and Info_4CH.cfg with LVedv,
  LVesv, LVef; pixels are not square, the frame rate is not given, and patients for testing carry no reference.
- NIfTI: database_nifti/patientXXXX/patientXXXX_4CH_half_sequence.nii.gz, _ED, _ES, with _gt, Info_4CH.cfg with EF and
  FrameRate, and the published split in database_split/subgroup_*.txt.

Sequences go from end-diastole to end-systole or back: half a beat. Labels: 1 cavity, 2 myocardium, 3 left atrium.
"""

from __future__ import annotations

import gzip
import hashlib
import re
import zlib
from collections.abc import Iterable
from functools import partial
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.clip import Clip, ClipError
from twin_core.echo.limits import check_frame_count
from twin_core.echo.sector import find_sector
from twin_core.learning.datasets.records import (
    DatasetError,
    EchoDataset,
    HalfBeat,
    Record,
    Split,
    TracedClip,
    Tracing,
    number,
)

VIEW, CAVITY = "4CH", 1
INFO = f"Info_{VIEW}.cfg"
SPLIT_FILES: dict[str, Split] = {
    "subgroup_training.txt": "train",
    "subgroup_validation.txt": "val",
    "subgroup_testing.txt": "test",
}
SEQUENCES = ("half_sequence.nii.gz", "half_sequence.nii", "sequence.nii.gz", "sequence.nii", "sequence.mhd")
ASSUMED_RATE_HZ = 50.0  # where the release gives none; usual for a two-dimensional four-chamber view
SQUARE = 0.02  # sides of a pixel that differ by less are taken as equal
PATIENT = re.compile(r"patient\d+$")


def open_camus(folder: str | Path) -> EchoDataset:
    """Find the patients and read their Info files; pictures are read later, one by one.

    Splits are the published ones where the subgroup_*.txt files lie in the folder or beside it. Else patients in a
    folder "testing" are the test split, and of all others 80, 10 and 10 % train, validate and test, by the
    SHA-256 of the patient's name modulo 10 (8 validates, 9 tests).

    Raises:
        DatasetError: there is no such folder, or no usable patient in it.
    """
    root = Path(folder)
    if not root.is_dir():
        raise DatasetError(f"{root} is no folder: give the one that holds patient0001 and the others")
    published = _published_split(root)
    homes = sorted(p for p in _folders(root) if PATIENT.match(p.name))
    records: list[Record] = []
    problems: list[str] = []
    for home in homes:
        try:
            records.append(_record(root, home, published))
        except DatasetError as error:
            problems.append(str(error))
    if not records:
        first = problems[0] if problems else "it holds no folder named like patient0001"
        raise DatasetError(f"{root} has no usable patient; the first problem: {first}")
    rule = "subgroup_*.txt as published" if published else "80/10/10 by SHA-256 of the patient's name modulo 10"
    return EchoDataset(kind="camus", records=tuple(records), problems=tuple(problems), has_scale=True, split_rule=rule)


def _folders(root: Path) -> Iterable[Path]:
    """Folders in the root and one level down, where database_nifti, training and testing hold the patients."""
    for path in sorted(p for p in root.iterdir() if p.is_dir()):
        yield path
        if not PATIENT.match(path.name):
            yield from (p for p in path.iterdir() if p.is_dir())


def _published_split(root: Path) -> dict[str, Split]:
    found: dict[str, Split] = {}
    for place in (root, root / "database_split", root.parent / "database_split"):
        for name, split in SPLIT_FILES.items():
            if (place / name).is_file():
                found.update(dict.fromkeys((place / name).read_text(encoding="utf-8").split(), split))
    return found


def own_split(name: str) -> Split:
    """Split of a patient where none is published: 80, 10, 10 % by the digest of the name."""
    part = int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10
    return "val" if part == 8 else "test" if part == 9 else "train"


def _info(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise DatasetError(f"{path} cannot be read ({error.strerror}): copy it from the release") from None
    pairs = (line.split(":", 1) for line in lines if ":" in line)
    return {key.strip(): value.strip() for key, value in pairs}


def _record(root: Path, home: Path, published: dict[str, Split]) -> Record:
    where = (home / INFO).relative_to(root).as_posix()
    info = _info(home / INFO)
    name = home.relative_to(root).as_posix() if home.parent.name in ("training", "testing") else home.name
    if published and home.name not in published:
        raise DatasetError(f"{where}: {home.name} is in none of the subgroup files: add it to one")
    own: Split = "test" if home.parent.name == "testing" else own_split(home.name)
    split = published.get(home.name, own)
    sequence = next((p for s in SEQUENCES if (p := home / f"{home.name}_{VIEW}_{s}").is_file()), None)
    if sequence is None:
        raise DatasetError(f"{where}: no {home.name}_{VIEW}_half_sequence.nii.gz or _sequence.mhd beside it: copy it")
    phases = tuple(int(number(info.get(key), key, where, 1, 10_000)) - 1 for key in ("ED", "ES"))  # they count from 1
    count = int(number(info.get("NbFrame"), "NbFrame", where, 1, 10_000))

    def optional(keys: tuple[str, ...], low: float, high: float) -> float | None:
        given = next((k for k in keys if info.get(k)), None)
        return None if given is None else number(info[given], given, where, low, high)

    rate = optional(("FrameRate",), 1.0, 500.0)
    return Record(
        name=name,
        split=split,
        where=where,
        ef_pct=optional(("LVef", "EF"), 0.0, 100.0),
        edv_ml=optional(("LVedv",), 0.0, 1000.0),
        esv_ml=optional(("LVesv",), 0.0, 1000.0),
        frame_rate_hz=rate,
        half_beat=_half_beat(*phases, last=count - 1),
        read=partial(_read, sequence, where, rate or ASSUMED_RATE_HZ, (phases[0], phases[1])),
    )


def _half_beat(end_diastole: int, end_systole: int, *, last: int) -> HalfBeat | None:
    if (end_diastole, end_systole) == (0, last):
        return "emptying"
    return "filling" if (end_systole, end_diastole) == (0, last) else None


def read_picture(path: Path, where: str) -> tuple[NDArray[Any], tuple[float, float]]:
    """A MetaImage or NIfTI file's pixels (T, H, W) and their spacing (row, column) in mm.

    Raises:
        DatasetError: missing or damaged.
    """
    import SimpleITK  # 100 MB: loads only where CAMUS is read

    try:
        if path.suffix == ".gz":  # ITK takes what is missing of a truncated file for zeros
            with gzip.open(path) as file:
                while file.read(1 << 20):
                    pass
        image = SimpleITK.ReadImage(str(path))
    except (OSError, EOFError, zlib.error) as error:
        raise DatasetError(f"{where}: {path.name} cannot be read ({error}): copy it again") from None
    except RuntimeError:  # ITK's texts span lines and name its own sources
        raise DatasetError(f"{where}: {path.name} cannot be read (damaged or no picture): copy it again") from None
    pixels = SimpleITK.GetArrayFromImage(image)
    if pixels.ndim == 2:
        pixels = pixels[None]
    if pixels.ndim != 3:
        raise DatasetError(f"{where}: {path.name} has {pixels.ndim} dimensions, expected frames of pixels")
    spacing = image.GetSpacing()
    return pixels, (float(spacing[1]), float(spacing[0]))


def _read(sequence: Path, where: str, rate_hz: float, phases: tuple[int, int]) -> TracedClip:
    pixels, spacing = read_picture(sequence, where)
    if min(spacing) <= 0:
        raise DatasetError(f"{where}: {sequence.name} has a pixel of {spacing} mm: copy it again")
    grey = np.clip(np.nan_to_num(pixels), 0, 255).astype(np.uint8)
    side = max(spacing) if max(spacing) > (1 + SQUARE) * min(spacing) else None
    frames = np.stack([_squared(f, spacing, side, cv2.INTER_AREA) for f in grey])
    rows, columns = (side, side) if side else spacing
    try:
        check_frame_count(*frames.shape)
        sector = find_sector(frames)
        clip = Clip(
            frames=frames,
            time_s=np.arange(len(frames)) / rate_hz,
            cm_per_px=(rows / 10.0, columns / 10.0),
            cm_per_px_source="depth_given",  # the release's own spacing
            sector=sector,
            format=sequence.name.split(".", 1)[1],
            sha256=hashlib.sha256(sequence.read_bytes()).hexdigest(),
        )
    except ClipError as error:
        raise DatasetError(f"{where}: {sequence.name}: {error}") from None
    stem, end = sequence.name.split(f"_{VIEW}_")[0], "".join(sequence.suffixes)
    tracings, problems = [], []
    for phase, frame in zip(("ED", "ES"), phases, strict=True):
        drawn = sequence.with_name(f"{stem}_{VIEW}_{phase}_gt{end}")
        if not drawn.is_file():
            continue  # patients of the first release's testing folder have none
        if frame >= len(frames):
            problems.append(f"{where}: {phase} is frame {frame + 1}, the clip has {len(frames)} frames")
            continue
        try:
            cavity = read_picture(drawn, where)[0][0] == CAVITY
        except DatasetError as error:  # the clip itself is whole
            problems.append(str(error))
            continue
        mask = _squared(cavity.astype(np.uint8), spacing, side, cv2.INTER_NEAREST)
        if mask.shape != sector.shape or not mask.any():
            problems.append(f"{where}: {drawn.name} does not outline a cavity on the clip's pixels")
            continue
        tracings.append(Tracing(frame=frame, mask=mask > 0))
    return TracedClip(clip=clip, tracings=tuple(sorted(tracings, key=lambda t: t.frame)), problems=tuple(problems))


def _squared(image: NDArray[np.uint8], spacing: tuple[float, float], side: float | None, how: int) -> NDArray[np.uint8]:
    """The picture with square pixels of ``side`` mm: networks learn shapes, which stretched pixels change."""
    if side is None:
        return image
    rows, columns = (max(round(n * s / side), 1) for n, s in zip(image.shape, spacing, strict=True))
    return np.asarray(cv2.resize(image, (columns, rows), interpolation=how), np.uint8)
