"""Clips with what is known of their patient, in three splits: rendered ones or those of a real data set."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

from twin_core.echo.clip import Clip
from twin_core.learning.clip_samples import RenderedPatient, render_patients
from twin_core.learning.datasets import DatasetError, EchoDataset, Record, Split
from twin_core.learning.seeds import TEST_SEED, VALIDATION_SEED


@dataclass(frozen=True, kw_only=True, eq=False)
class LabelledClip:
    """A clip and its labels.

    Attributes:
        read: gives the clip; real ones are read from their file each time, and raise DatasetError where that fails.
        ef_pct: ejection fraction, percent.
        edv_ml: end-diastolic volume, mL; None where not known.
        esv_ml: end-systolic volume, mL; None where not known.
        heart_rate_bpm: heart rate; None where not known.
    """

    read: Callable[[], Clip]
    ef_pct: float
    edv_ml: float | None = None
    esv_ml: float | None = None
    heart_rate_bpm: float | None = None

    def labels(self) -> list[float]:
        """EF, EDV, ESV and heart rate, NaN where not known."""
        known = (self.ef_pct, self.edv_ml, self.esv_ml, self.heart_rate_bpm)
        return [float("nan") if value is None else value for value in known]


@dataclass(frozen=True, kw_only=True, eq=False)
class Splits:
    """Training, validation and test clips, no patient in two of them.

    Attributes:
        source: what they are, in a few words, for the weight file.
        option: what chooses them on the command line, with a blank after it, or nothing.
    """

    train: Sequence[LabelledClip]
    validation: Sequence[LabelledClip]
    test: Sequence[LabelledClip]
    source: str
    option: str = ""

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the training and validation clips' labels."""
        told = [[clip.labels() for clip in split] for split in (self.train, self.validation)]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]


def rendered(
    seed: int,
    patients: int,
    held_out: int = 100,
    *,
    workers: int = 1,
    report: Callable[[str], None] = lambda line: None,
) -> Splits:
    """Rendered clips labelled with the volumes their contours were drawn for.

    Args:
        seed: of the training patients; validation and test have seeds of their own.
        patients: training patients.
        held_out: patients of the validation and of the test split, each.
        workers: processes that render.
        report: receives a line of progress now and then.
    """

    def split(of: int, count: int) -> list[LabelledClip]:
        return [_labelled(patient) for patient in render_patients(of, count, workers=workers, report=report)]

    return Splits(
        train=split(seed, patients),
        validation=split(seed + VALIDATION_SEED, held_out),
        test=split(seed + TEST_SEED, held_out),
        source="rendered clips driven by circuit beats, labelled with the rendered contours' volumes",
    )


def from_dataset(
    data: EchoDataset, *, volumes: bool = False, workers: int = 1, report: Callable[[str], None] = lambda line: None
) -> Splits:
    """A real data set's clips in its own splits, labelled by its readers; none of them has a heart rate.

    Args:
        data: EchoNet-Dynamic or CAMUS, opened.
        volumes: whether EDV and ESV are wanted; where the tables give none and the clips have a scale, they are
            those of the readers' outlines by the method of disks, for which each such clip is read once.
        workers: clips read at a time for that.
        report: told how many clips have no EF, and are left out, how many rows were no use, and what was traced.
    """
    source = f"{data.kind}; split by {data.split_rule}"
    labels = {r.name: Labels(r.ef_pct, r.edv_ml, r.esv_ml) for r in data.records}
    if volumes and data.has_scale:
        lacking = [r for r in data.records if r.edv_ml is None or r.esv_ml is None]
        with ThreadPoolExecutor(workers) as pool:
            traced = [pair for pair in pool.map(_traced, lacking) if pair is not None]
        labels |= traced
        if traced:
            source += "; volumes by the method of disks on the readers' outlines where the tables give none"
            report(f"EDV and ESV of {len(traced)} of {len(data.records)} clips are those of the readers' outlines")
    labelled = {r.name: _from_record(r, labels[r.name]) for r in data.records}
    without = sum(clip is None for clip in labelled.values())
    if without or data.problems:
        first = f"; the first: {data.problems[0]}" if data.problems else ""
        report(f"left out: {without} clips without an EF, {len(data.problems)} rows that cannot be used{first}")

    def split(name: Split) -> list[LabelledClip]:
        return [clip for r in data.of(name) if (clip := labelled[r.name]) is not None]

    return Splits(
        train=split("train"),
        validation=split("val"),
        test=split("test"),
        source=source,
        option=f"--data {data.kind} FOLDER ",
    )


class Labels(NamedTuple):
    """EF in percent, volumes in mL; None where not known."""

    ef_pct: float | None
    edv_ml: float | None
    esv_ml: float | None


def _traced(record: Record) -> tuple[str, Labels] | None:
    """Name and labels of a record by its readers' outlines; None where it cannot be read or has none."""
    try:
        volumes = record.read().traced_volumes_ml()
    except DatasetError:  # told when the clip itself is read
        return None
    return None if volumes is None else (record.name, Labels(record.ef_pct, *volumes))


def _from_record(record: Record, labels: Labels) -> LabelledClip | None:
    ef, edv, esv = labels
    if ef is None and edv and esv is not None:
        ef = 100.0 * (edv - esv) / edv
    if ef is None:
        return None
    return LabelledClip(read=lambda: record.read_whole().clip, ef_pct=ef, edv_ml=edv, esv_ml=esv)


def _labelled(patient: RenderedPatient) -> LabelledClip:
    return LabelledClip(
        read=lambda: patient.clip,
        ef_pct=100.0 * (1.0 - patient.esv_ml / patient.edv_ml),
        edv_ml=patient.edv_ml,
        esv_ml=patient.esv_ml,
        heart_rate_bpm=patient.heart_rate_bpm,
    )
