"""The shipped pipeline on a labelled data set: read, segment, measure, encode, simulate, and compare."""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from twin_core import __version__
from twin_core.circuit import solve_periodic
from twin_core.learning.agreement import LEVEL_PCT, RESAMPLES, agreement, mean_with_interval
from twin_core.learning.datasets import DatasetError, EchoDataset, Record, Split, TracedClip, Tracing
from twin_core.learning.pipeline import Pipeline

TO_BEAT: dict[str, list[dict[str, Any]]] = {
    "echonet": [
        {"model": "EchoNet-Dynamic", "ef_mae_points": 4.1, "source": "Ouyang et al., Nature 2020;580:252-256"},
        {"model": "CoReEcho", "ef_mae_points": 3.90, "source": "arXiv 2403.10164"},
    ],
    "camus": [],
}
"""Published EF errors on every clip of the test split."""

EF_CLASSES = {
    "severely_reduced_below_30_pct": (0.0, 30.0),
    "moderately_reduced_30_to_40_pct": (30.0, 41.0),
    "mildly_reduced_41_to_51_pct": (41.0, 52.0),
    "normal_from_52_pct": (52.0, 100.1),
}
"""By reference EF: Lang et al., ASE/EACVI chamber quantification, J Am Soc Echocardiogr 2015;28:1-39, men's limits."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Row:
    """One clip's reference and what was found. Volumes in mL, EF in percent; None where there is none.

    ``reasons`` say why the clip is not usable; ``unreadable`` why it could not be read at all.
    """

    name: str
    split: str
    ef_pct: float | None
    edv_ml: float | None
    esv_ml: float | None
    unreadable: str | None = None
    reasons: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    half_beat: bool = False
    seconds: float | None = None
    ef_measured_pct: float | None = None
    edv_measured_ml: float | None = None
    esv_measured_ml: float | None = None
    ef_twin_pct: float | None = None
    edv_twin_ml: float | None = None
    esv_twin_ml: float | None = None
    ef_traced_pct: float | None = None
    edv_traced_ml: float | None = None
    esv_traced_ml: float | None = None
    dice_end_diastole: float | None = None
    dice_end_systole: float | None = None

    @property
    def usable(self) -> bool:
        """Whether the pipeline would give this clip's numbers."""
        return self.unreadable is None and not self.reasons


def evaluate(
    dataset: EchoDataset,
    splits: Sequence[Split],
    pipeline: Pipeline,
    *,
    limit: int | None = None,
    seed: int = 0,
    report: Callable[[str], None] = lambda line: None,
) -> tuple[dict[str, Any], list[Row]]:
    """Run the pipeline on every clip and compare with the reference.

    Args:
        dataset: what to run on.
        splits: which of its splits.
        pipeline: the networks.
        limit: at most so many clips of each split, in the data set's order.
        seed: of the bootstrap.
        report: receives a line of progress now and then.

    Returns:
        The summary (see ``summarise`` for a split's part) as JSON's plain values, and one row a clip.

    Raises:
        DatasetError: the splits hold no clip.
    """
    records = [r for split in splits for r in dataset.of(split)[:limit]]
    if not records:
        raise DatasetError(f"no clip in the split {' or '.join(splits)}: choose another split")
    rows, started = [], time.monotonic()
    for i, record in enumerate(records):
        rows.append(evaluate_clip(record, pipeline))
        if (i + 1) % 20 == 0 or i + 1 == len(records):
            left = (time.monotonic() - started) / (i + 1) * (len(records) - i - 1) / 60
            report(f"clip {i + 1}/{len(records)}, {left:.1f} min left")
    summary = {
        "dataset": dataset.kind,
        "split_rule": dataset.split_rule,
        "splits": {
            split: summarise([r for r in rows if r.split == split], dataset, seed=seed)
            for split in splits
            if any(r.split == split for r in rows)
        },
        "ef_to_beat": TO_BEAT[dataset.kind],
        "left_out_of_the_tables": list(dataset.problems),
        "bootstrap": {"resamples": RESAMPLES, "level_pct": LEVEL_PCT, "seed": seed},
        "models": pipeline.models,
        "software": __version__,
    }
    return summary, rows


def evaluate_clip(record: Record, pipeline: Pipeline) -> Row:
    """Read one clip and run the pipeline on it; whatever is wrong with the clip is in the row."""
    known: dict[str, Any] = {
        "name": record.name,
        "split": record.split,
        "ef_pct": record.ef_pct,
        "edv_ml": record.edv_ml,
        "esv_ml": record.esv_ml,
        "half_beat": record.half_beat is not None,
    }
    started = time.perf_counter()
    try:
        traced = record.read_whole()
        masks, measurement, reasons = pipeline.measure(traced.clip)
        found: dict[str, Any] = {
            "ef_measured_pct": measurement.ef_pct,
            "edv_measured_ml": measurement.edv_ml,
            "esv_measured_ml": measurement.esv_ml,
        }
        if not reasons or pipeline.reads_the_clip_alone:
            beat = solve_periodic(pipeline.circuit(traced.clip, masks, measurement))
            if beat.status == "not_periodic":
                reasons = (*reasons, "the twin's circuit has no steady beat")
            else:
                found["ef_twin_pct"] = beat.ejection_fraction_pct
                found["edv_twin_ml"], found["esv_twin_ml"] = beat.edv_ml, beat.esv_ml
    except ValueError as error:  # DatasetError, ClipError and what the networks refuse: this clip's fault alone
        text = str(error)
        return Row(**known, unreadable=text if record.where in text else f"{record.where}: {text}")
    seconds = time.perf_counter() - started
    return Row(
        **known, **found, **_against_tracings(traced, masks), reasons=reasons, problems=traced.problems, seconds=seconds
    )


def _against_tracings(traced: TracedClip, masks: np.ndarray) -> dict[str, Any]:
    """Dice at the traced frames, and the method of disks on the readers' own outlines."""
    ed, es = traced.end_diastole, traced.end_systole
    if ed is None or es is None:
        return {}
    found: dict[str, Any] = {"dice_end_diastole": _dice(ed, masks), "dice_end_systole": _dice(es, masks)}
    volumes = traced.traced_volumes_ml()
    if volumes is not None:
        found["edv_traced_ml"], found["esv_traced_ml"] = edv, esv = volumes
        found["ef_traced_pct"] = 100.0 * (edv - esv) / edv
    return found


def _dice(tracing: Tracing, masks: np.ndarray) -> float:
    found = masks[tracing.frame] != 0
    return float(2 * (found & tracing.mask).sum() / (found.sum() + tracing.mask.sum()))


def summarise(rows: Sequence[Row], dataset: EchoDataset, *, seed: int = 0) -> dict[str, Any]:
    """Counts, agreement and Dice of one split's rows.

    Returns:
        Counts; ``ef_measured`` and ``ef_twin`` on usable clips, ``ef_measured_every_clip`` wherever a beat was found,
        usable or not, and ``ef_twin_every_clip``, wherever there is a twin (of an encoder that reads the clip alone,
        everywhere; else as ``ef_twin``); the same of EDV and ESV where the data give a scale and a reference, else
        None with ``volumes_reason``; ``…_against_tracing``, against the method of disks on the readers' outlines;
        ``ef_of_tracings``, those outlines' EF against the reference; ``ef_classes``; Dice; ``seconds_per_clip``.
    """
    usable = [r for r in rows if r.usable]

    def pairs(found: str, reference: str, among: Sequence[Row], unit: str) -> dict[str, Any] | None:
        both = [(getattr(r, found), getattr(r, reference)) for r in among]
        kept = [(a, b) for a, b in both if a is not None and b is not None]
        return agreement([a for a, _ in kept], [b for _, b in kept], unit, seed=seed)

    def dice(name: str) -> dict[str, Any] | None:
        return mean_with_interval([v for r in rows if (v := getattr(r, name)) is not None], seed=seed)

    result: dict[str, Any] = {
        "clips": len(rows),
        "usable": len(usable),
        "unusable": sum(1 for r in rows if r.reasons),
        "unusable_reasons": dict(Counter(_kind(reason) for r in rows for reason in r.reasons).most_common()),
        "unreadable": sum(1 for r in rows if r.unreadable is not None),
        "without_reference": sum(1 for r in rows if r.ef_pct is None),
        "half_beats_mirrored": sum(1 for r in rows if r.half_beat and r.unreadable is None),
        "ef_measured": pairs("ef_measured_pct", "ef_pct", usable, "points"),
        "ef_twin": pairs("ef_twin_pct", "ef_pct", usable, "points"),
        "ef_measured_every_clip": pairs("ef_measured_pct", "ef_pct", rows, "points"),
        "ef_twin_every_clip": pairs("ef_twin_pct", "ef_pct", rows, "points"),
        "ef_of_tracings": pairs("ef_traced_pct", "ef_pct", rows, "points"),
    }
    for volume in ("edv", "esv"):
        for source in ("measured", "twin"):
            found = f"{volume}_{source}_ml"
            known = pairs(found, f"{volume}_ml", usable, "ml") if dataset.has_scale else None
            drawn = pairs(found, f"{volume}_traced_ml", usable, "ml") if dataset.has_scale else None
            result |= {f"{volume}_{source}": known, f"{volume}_{source}_against_tracing": drawn}
    result["volumes_reason"] = _volumes_reason(rows, dataset)
    result["ef_classes"] = {}
    for name, (low, high) in EF_CLASSES.items():
        inside = [r for r in rows if r.ef_pct is not None and low <= r.ef_pct < high]
        result["ef_classes"][name] = {
            "clips": len(inside),
            "usable": sum(r.usable for r in inside),
            "ef_measured": pairs("ef_measured_pct", "ef_pct", [r for r in inside if r.usable], "points"),
            "ef_twin": pairs("ef_twin_pct", "ef_pct", [r for r in inside if r.usable], "points"),
        }
    result |= {name: dice(name) for name in ("dice_end_diastole", "dice_end_systole")}
    times = [r.seconds for r in rows if r.seconds is not None]
    result["seconds_per_clip"] = {"median": float(np.median(times)), "worst": max(times)} if times else None
    told = [r.unreadable for r in rows if r.unreadable is not None]
    result["problems"] = [*told, *(p for r in rows for p in r.problems)]
    return result


def _volumes_reason(rows: Sequence[Row], dataset: EchoDataset) -> str | None:
    if not dataset.has_scale:
        return "the data set gives no pixel size, so volumes in mL cannot be compared"
    if all(r.edv_ml is None for r in rows):
        return "this release gives no reference volumes; see those against the tracings"
    return None


def _kind(reason: str) -> str:
    """A reason without its figures and remedy, so that equal ones can be counted."""
    return re.sub(r"\s*-?\d[\d.]*\s*%?", "", re.split(r"[:;,(]", reason)[0]).strip()
