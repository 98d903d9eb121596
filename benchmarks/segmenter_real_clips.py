"""How well do the shipped segmenter's contours and EF agree with the reference on real clips?

Run: PYTHONPATH=. python benchmarks/segmenter_real_clips.py [--weights FILE] [--clips DIR] [--pictures DIR]

The clips are real recordings that are not part of this repository. None was trained on, but the shipped weights and
how they are read were chosen with these clips in view (assets/segmenter.md). For clips with reference masks: mean and
worst Dice, correlation of the area curves, area ratio at the reference's end-diastole and end-systole; for all: beats,
EF, heart rate, verdict, seconds.
"""

from __future__ import annotations

import argparse
import csv
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pydicom.examples

from twin_core.echo.clip import read_clip
from twin_core.echo.volumes import measure
from twin_core.learning.segmenter import Segmenter

DEFAULT_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "real_echo"


@dataclass(frozen=True, kw_only=True)
class Agreement:
    """Contours beside a reference's: Dice per frame (T,), correlation of the areas, ratios at its ED and its ES."""

    dice: np.ndarray
    area_r: float
    ed_ratio: float
    es_ratio: float


def compare(found: np.ndarray, reference: np.ndarray) -> Agreement:
    """Agreement of two mask stacks; ED and ES are the tenths of the frames where the reference is largest, smallest."""
    n = min(len(found), len(reference))
    a, b = found[:n] != 0, reference[:n] != 0
    areas = a.sum((1, 2)), b.sum((1, 2))
    order, tenth = np.argsort(areas[1]), max(n // 10, 1)
    es, ed = (float(areas[0][i].sum() / areas[1][i].sum()) for i in (order[:tenth], order[-tenth:]))
    return Agreement(
        dice=2 * (a & b).sum((1, 2)) / np.maximum(areas[0] + areas[1], 1),
        area_r=float(np.corrcoef(*areas)[0, 1]),
        ed_ratio=ed,
        es_ratio=es,
    )


def references(clips: Path) -> dict[str, dict[str, str]]:
    """Rows of the folder's reference.csv by the clip's file name; none where there is no such table."""
    table = clips / "reference.csv"
    if not table.is_file():
        return {}
    with table.open(newline="") as file:
        return {row["clip"]: row for row in csv.DictReader(file)}


def draw(path: Path, frames: np.ndarray, masks: np.ndarray, picks: list[int], box: tuple[slice, slice]) -> None:
    """Frames without and with contour, side by side."""
    tiles = []
    for i in picks:
        image = cv2.resize(frames[i][box], (360, 360), interpolation=cv2.INTER_CUBIC)
        mask = cv2.resize(masks[i][box], (360, 360), interpolation=cv2.INTER_NEAREST)
        plain = cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
        drawn = plain.copy()
        contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        cv2.drawContours(drawn, contours, -1, (0, 255, 255), 1)
        tiles.append(np.vstack([plain, drawn]))
    cv2.imwrite(str(path), np.hstack(tiles))


def main() -> None:
    """Print one line a clip."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, default=None)
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--pictures", type=Path, default=None)
    options = parser.parse_args()
    segmenter = Segmenter.load(options.weights, device="cpu")
    paths = sorted(p for p in options.clips.glob("*") if p.suffix in (".avi", ".mp4", ".dcm"))
    paths.append(Path(pydicom.examples.get_path("ybr_color")))
    reference = references(options.clips)
    for path in paths:
        clip = read_clip(path)
        started = time.perf_counter()
        masks = segmenter.segment(clip.frames, clip.sector, clip.time_s)
        found = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
        seconds = time.perf_counter() - started
        row = reference.get(path.name, {})
        ef = "none" if found.ef_pct is None else f"{found.ef_pct:.1f}"
        rate = "none" if found.heart_rate_bpm is None else f"{found.heart_rate_bpm:.0f}"
        print(f"{path.name}: {len(masks)} frames in {seconds:.1f} s")
        print(f"  EF {ef} % (reference {row.get('ef_area_length_pct', '-')}), "
              f"beats {len(found.beats)} (reference {row.get('beats', '-')}), HR {rate} bpm, "
              f"verdict {'usable' if found.usable else '; '.join(found.reasons)}")  # fmt: skip
        if row.get("mask_file"):
            like = compare(masks, np.load(options.clips / row["mask_file"])["masks"])
            print(f"  Dice {like.dice.mean():.3f} (worst {like.dice.min():.2f}), area r {like.area_r:.3f}, "
                  f"area ratio ED {like.ed_ratio:.2f} ES {like.es_ratio:.2f}")  # fmt: skip
        if options.pictures:
            options.pictures.mkdir(parents=True, exist_ok=True)
            beat = found.beats[0] if found.beats else None
            picks = [beat.ed_index, (beat.ed_index + beat.es_index) // 2, beat.es_index] if beat else [0]
            rows, columns = (np.flatnonzero(clip.sector.any(k)) for k in (1, 0))
            box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
            draw(options.pictures / f"{path.stem}.png", clip.frames, masks, picks, box)


if __name__ == "__main__":
    main()
