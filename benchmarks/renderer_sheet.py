"""What do the rendered echoes that the networks learn from look like, beside real ones?

Run: python benchmarks/renderer_sheet.py [--out docs/rendered_echoes.png] [--clips DIR --beside FILE]

Writes a contact sheet of rendered patients at end-diastole and end-systole, without and with the contour they are
labelled with, above frames of the real clip that pydicom ships, with the shipped networks' contours. With --clips, a
second sheet sets the same beside real clips that have masks, for looking at only: it shows recordings that are not part
of this repository and is not written into it.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
import pydicom.examples

from twin_core.echo.clip import read_clip
from twin_core.echo.volumes import measure
from twin_core.learning.rendered_frames import render_patient
from twin_core.learning.segmenter import Crop, Segmenter, normalise

SEED, TILE, COLUMNS = 5, 168, 6
DEFAULT_OUT = Path(__file__).resolve().parents[1] / "docs" / "rendered_echoes.png"


def tile(frame: np.ndarray, mask: np.ndarray) -> np.ndarray:
    """A frame above the same frame with its contour."""
    plain = cv2.cvtColor(cv2.resize(frame, (TILE, TILE), interpolation=cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR)
    drawn = plain.copy()
    large = cv2.resize(mask.astype(np.uint8), (TILE, TILE), interpolation=cv2.INTER_NEAREST)
    contours, _ = cv2.findContours(large, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(drawn, contours, -1, (0, 220, 255), 1)
    return np.vstack([plain, drawn])


def extremes(frames: np.ndarray, masks: np.ndarray) -> list[np.ndarray]:
    """Tiles of the frames with the largest and the smallest cavity."""
    areas = masks.sum(axis=(1, 2))
    return [tile(frames[i], masks[i]) for i in (int(np.argmax(areas)), int(np.argmin(areas)))]


def rendered(count: int) -> list[np.ndarray]:
    """Pairs of tiles of rendered patients."""
    tiles = []
    for number in range(count):
        patient = render_patient((SEED, number))
        masks = np.stack([patient.mask(i) for i in range(len(patient.frames))])
        tiles += extremes(patient.frames, masks)
    return tiles


def real(folder: Path) -> list[np.ndarray]:
    """Pairs of tiles of real clips with masks, prepared as the segmenter sees them."""
    tiles = []
    for path in sorted(folder.glob("*_masks.npz")):
        clip = read_clip(path.with_name(path.name.replace("_masks.npz", ".avi")))
        crop, seen = Crop.around(clip.sector), normalise(clip.frames * clip.sector, clip.sector)
        masks = np.load(path)["masks"].astype(np.uint8)
        tiles += extremes(np.stack([crop.cut(f) for f in seen]), np.stack([crop.cut(m) for m in masks]))
    return tiles


def sample(count: int) -> list[np.ndarray]:
    """Tiles of the real clip that pydicom ships, over the frames in which the ventricle was found."""
    clip = read_clip(Path(pydicom.examples.get_path("ybr_color")))
    masks = Segmenter.load(device="cpu").segment(clip.frames, clip.sector, clip.time_s)
    found = np.flatnonzero(~measure(masks, clip.time_s, clip.cm_per_px, clip.sector).rejected)
    crop, seen = Crop.around(clip.sector), normalise(clip.frames * clip.sector, clip.sector)
    picks = found[np.linspace(0, len(found) - 1, count).round().astype(int)]
    return [tile(crop.cut(seen[i]), crop.cut(masks[i])) for i in picks]


def caption(text: str) -> np.ndarray:
    """A line of text as wide as the sheet."""
    strip = np.full((26, TILE * COLUMNS, 3), 255, np.uint8)
    cv2.putText(strip, text, (6, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, (0, 0, 0), 1, cv2.LINE_AA)
    return strip


def sheet(tiles: list[np.ndarray]) -> np.ndarray:
    """Tiles in rows of COLUMNS, the last row filled with black."""
    tiles = tiles + [np.zeros_like(tiles[0])] * (-len(tiles) % COLUMNS)
    return np.vstack([np.hstack(tiles[i : i + COLUMNS]) for i in range(0, len(tiles), COLUMNS)])


def main() -> None:
    """Write the sheets."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=DEFAULT_OUT)
    parser.add_argument("--clips", type=Path, default=None)
    parser.add_argument("--beside", type=Path, default=None)
    options = parser.parse_args()
    tiles = rendered(12)
    parts = [
        caption("Rendered patients at end-diastole and end-systole; below, the contour they are labelled with"),
        sheet(tiles),
        caption("A real clip (pydicom's sample) through its only beat; below, the shipped networks' contour"),
        sheet(sample(COLUMNS)),
    ]
    cv2.imwrite(str(options.out), np.vstack(parts), [cv2.IMWRITE_PNG_COMPRESSION, 9])
    print(f"wrote {options.out}")
    if options.clips and options.beside:
        cv2.imwrite(str(options.beside), sheet(real(options.clips) + tiles))
        print(f"wrote {options.beside}")


if __name__ == "__main__":
    main()
