"""Are bad clips refused for the right reason, and good ones let through? A confusion table.

Run: PYTHONPATH=. python benchmarks/quality.py [--patients 60] [--seed B] [--clips DIR] [--figures]

Every clip goes through the whole `infer`, as a file of lossless video. Rendered patients are of seed B, never trained
on and not those that the thresholds were set with (seed A: `--seed 20001 --figures` prints the figures they were set
on). Real clips are no part of this repository; the five were looked at while this was developed.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pydicom
import pydicom.examples
import torch

from twin_core.echo.clip import ClipError, read_clip
from twin_core.echo.quality import PictureFigures
from twin_core.inference import Inference, infer
from twin_core.learning.clip_samples import render_patient
from twin_core.learning.other_pictures import organ, short_axis
from twin_core.learning.view import ViewReader

SEED_A, SEED_B = 20_001, 30_001
DEFAULT_CLIPS = Path(__file__).resolve().parents[2] / "shared" / "real_echo"
REAL = ("normal.avi", "low_ef.avi", "arrhythmia.avi", "a4c_with_ecg_582px.mp4")
Frames = np.ndarray
Row = tuple[str, Frames, float, tuple[str, ...]]  # kind, frames (T, H, W[, 3]), frames/s, words of the right reasons

TURNED, MIRRORED, CUT, OTHER = ("turned",), ("mirrored",), ("cut off",), ("no apical", "no whole", "no ultrasound")
STILL = ("still", "does not beat")


def degraded(frames: Frames, rate: float, masks: np.ndarray, rng: np.random.Generator) -> Iterator[Row]:
    """A good clip spoilt in every way; ``masks`` (T, H, W) say where its ventricle is."""
    frames = frames[:60]  # two beats are enough to be refused on
    _, rows, columns = frames.shape
    row, column = (int(np.mean(at)) for at in np.nonzero(masks.any(axis=0)))
    for quarters in (1, 2, 3):
        yield f"turned by {90 * quarters} degrees", np.rot90(frames, quarters, (1, 2)), rate, TURNED
    yield "upside down", frames[:, ::-1], rate, TURNED
    yield "mirrored", frames[:, :, ::-1], rate, MIRRORED
    fan = frames.max(axis=0) > 8
    yield "turned by 180 degrees in a standing fan", np.rot90(frames, 2, (1, 2)) * fan, rate, TURNED
    yield "turned by 120 degrees in a standing fan", rotated(frames, 120) * fan, rate, TURNED
    yield "cropped: right of the ventricle's middle gone", frames[:, :, : max(column, 32)], rate, CUT
    yield "cropped: above the ventricle's middle gone", frames[:, min(row, rows - 32) :], rate, CUT
    half_height, half_width = max(rows // 6, 16), max(columns // 6, 16)
    top, left = np.clip(row - half_height, 0, rows - 2 * half_height), np.clip(column, 0, columns - 2 * half_width)
    yield "zoomed in three times", frames[:, top : top + 2 * half_height, left : left + 2 * half_width], rate, CUT
    for share in (0.10, 0.05):
        yield f"darkened to {share:.0%}", (frames * share).astype(np.uint8), rate, ("dark", "no ultrasound")
    noise = rng.normal(0, 80, frames.shape)
    yield "heavy noise", np.clip(frames + noise, 0, 255).astype(np.uint8), rate, ("noise", "no apical", "no ultrasound")
    yield "0.2 s", frames[: max(round(0.2 * rate), 2)], rate, ("too short", "frames")
    yield "one frame", frames[:1], rate, ("frame",)
    yield "frozen", np.repeat(frames[:1], 40, axis=0), rate, STILL


def rotated(frames: Frames, degrees: float) -> Frames:
    """Frames turned about their middle."""
    _, rows, columns = frames.shape
    matrix = cv2.getRotationMatrix2D((columns / 2, rows / 2), degrees, 1.0)
    return np.stack([cv2.warpAffine(f, matrix, (columns, rows)) for f in frames])


def cartoon(rng: np.random.Generator) -> Frames:
    """A coloured face that opens its mouth as often as a heart beats, before a hill and the sun."""
    colour = [tuple(int(v) for v in rng.integers(40, 255, 3)) for _ in range(5)]
    frames = np.empty((60, 180, 240, 3), np.uint8)
    for i, f in enumerate(frames):
        f[:] = colour[0]
        cv2.ellipse(f, (120, 210), (160, 70), 0, 0, 360, colour[1], -1)
        cv2.circle(f, (200, 35), 18, colour[2], -1)
        x = 100 + int(20 * np.sin(i / 9))
        cv2.circle(f, (x, 90), 50, colour[3], -1)
        cv2.circle(f, (x, 90), 50, (0, 0, 0), 3)
        for side in (-18, 18):
            cv2.circle(f, (x + side, 75), 7, (255, 255, 255), -1)
            cv2.circle(f, (x + side + 2, 76), 3, (0, 0, 0), -1)
        cv2.ellipse(f, (x, 110), (20, 4 + int(9 * (1 + np.sin(i / 4)))), 0, 0, 360, colour[4], -1)
    return frames


def test_pattern(rng: np.random.Generator) -> Frames:
    """Colour bars with a scrolling grey ramp and a turning hand below."""
    frames = np.zeros((60, 180, 240, 3), np.uint8)
    for i, f in enumerate(frames):
        for j in range(8):
            f[:120, j * 30 : j * 30 + 30] = [255 * (j & 4 > 0), 255 * (j & 2 > 0), 255 * (j & 1 > 0)]
        f[120:] = ((np.arange(240) + 3 * i) % 256)[None, :, None]
        end = (int(120 + 40 * np.cos(i / 8)), int(90 + 40 * np.sin(i / 8)))
        cv2.line(f, (120, 90), end, tuple(int(v) for v in rng.integers(0, 255, 3)), 3)
    return frames


def moving_video(rng: np.random.Generator) -> Frames:
    """Balls that bounce before clouds, seen by a camera that pans."""
    cloud = cv2.resize(rng.integers(60, 200, (12, 16), np.uint8), (480, 360), interpolation=cv2.INTER_CUBIC)
    at, speed = rng.uniform(30, 150, (5, 2)), rng.normal(0, 4, (5, 2))
    frames = []
    for i in range(60):
        f = cloud[40 : 40 + 180, 2 * i : 2 * i + 240].copy()
        at += speed
        speed[(at < 10) | (at > [230, 170])] *= -1
        for j, (x, y) in enumerate(at):
            cv2.circle(f, (int(x), int(y)), 8 + 4 * j, 40 + 45 * j, -1)
        frames.append(f)
    return np.stack(frames)


def noise_in_fan(rng: np.random.Generator) -> Frames:
    """New noise in every frame, cut to a fan."""
    rows, columns = np.mgrid[:128, :128]
    fan = (np.abs(np.arctan2(columns - 64, rows - 2)) < 0.75) & (np.hypot(columns - 64, rows - 2) < 122)
    return (rng.integers(0, 200, (60, 128, 128)) * fan).astype(np.uint8)


def no_hearts(count: int, seed: int) -> Iterator[Row]:
    """Clips of other things."""
    makers: dict[str, Callable[[np.random.Generator], Frames]] = {
        "colour cartoon": cartoon,
        "test pattern": test_pattern,
        "moving video": moving_video,
        "moving noise in a fan": noise_in_fan,
        "abdomen-like (as in training, other seed)": lambda rng: organ(rng, 48),
        "short axis (as in training, other seed)": lambda rng: short_axis(rng, 48),
    }
    for kind, make in makers.items():
        for i in range(count):
            yield kind, make(np.random.default_rng([seed, i, 5])), 30.0, OTHER


def pydicom_stills() -> Iterator[Row]:
    """Ultrasound stills that pydicom ships, shaken a little so that they are clips."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    for name in ("examples_jpeg2k.dcm", "examples_rgb_color.dcm", "ExplVR_BigEnd.dcm"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            picture = np.atleast_3d(pydicom.dcmread(folder / name).pixel_array.astype(np.float32)).mean(axis=-1)
        gain = 1.0 + 0.15 * np.sin(np.arange(40) / 3)
        shaken = [np.roll(picture * g, round(2 * np.sin(i / 4)), axis=0) for i, g in enumerate(gain)]
        yield (
            f"pydicom still, shaken: {name}",
            np.clip(shaken, 0, 255).astype(np.uint8),
            30.0,
            (*OTHER, "dark"),
        )


def run(frames: Frames, rate: float, folder: Path) -> tuple[Inference | None, str]:
    """What `infer` says of these frames: the result and, where there is no twin, the reasons."""
    path = folder / "clip.avi"
    size = (frames.shape[2], frames.shape[1])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"FFV1"), rate, size, isColor=True)
    for frame in np.ascontiguousarray(frames):
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame[..., ::-1])
    writer.release()
    try:
        result = infer(path, device="cpu")
    except ClipError as error:
        return None, str(error)
    return result, "" if result.twin else "; ".join(result.quality.reasons)


def rendered_good(seed: int, count: int) -> Iterator[tuple[str, Frames, float]]:
    """Good rendered clips, every third of them dim."""
    for i in range(count):
        clip = render_patient((seed, i)).clip
        dim = 0.4 if i % 3 == 2 else 1.0
        yield "dim" if dim < 1 else "as rendered", (clip.frames * dim).astype(np.uint8), clip.frame_rate_hz


def real_good(folder: Path) -> Iterator[tuple[Frames, float]]:
    """The real clips that are there and pydicom's, black outside the sector."""
    paths = [folder / name for name in REAL if (folder / name).is_file()]
    for path in [*paths, Path(pydicom.examples.get_path("ybr_color"))]:
        clip = read_clip(path)
        yield clip.sector_frames(), clip.frame_rate_hz


def main() -> None:
    """Print the table, then the reasons given for what was refused wrongly."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--patients", type=int, default=60)
    parser.add_argument("--spoilt", type=int, default=8, help="rendered patients that are spoilt in every way")
    parser.add_argument("--seed", type=int, default=SEED_B)
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--figures", action="store_true", help="figures of the good rendered clips, then stop")
    options = parser.parse_args()
    torch.set_num_threads(1)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    odd: list[str] = []
    figures: dict[str, list[float]] = defaultdict(list)

    with tempfile.TemporaryDirectory() as folder:

        def judge(kind: str, frames: Frames, rate: float, right: tuple[str, ...]) -> Inference | None:
            result, reasons = run(frames, rate, Path(folder))
            column = 0 if not reasons else 1 if any(word in reasons for word in right) else 2
            counts[kind][column] += 1
            print(f"{kind}: {reasons or 'usable'}", file=sys.stderr, flush=True)  # progress
            if (column == 0) == bool(right) or column == 2:
                odd.append(f"{kind}: {reasons or 'usable'}")
            return result

        rng = np.random.default_rng([options.seed, 9])
        for i, (kind, frames, rate) in enumerate(rendered_good(options.seed, options.patients)):
            result = judge(f"good, rendered, {kind}", frames, rate, ())
            if result is not None and options.figures:
                collect(figures, result)
            elif result is not None and kind == "as rendered" and i < 1.5 * options.spoilt:
                for how, spoilt, speed, right in degraded(frames, rate, result.masks, rng):
                    judge(f"rendered, {how}", spoilt, speed, right)
        if options.figures:
            for name, values in figures.items():
                print(
                    f"{name:22}" + "".join(f"{v:10.3f}" for v in np.nanpercentile(values, [0, 1, 5, 50, 95, 99, 100]))
                )
            print("\n".join(odd))
            return
        for kind, frames, rate, right in [*no_hearts(options.spoilt, options.seed), *pydicom_stills()]:
            judge(kind, frames, rate, right)
        for frames, rate in real_good(options.clips):
            result = judge("good, real", frames, rate, ())
            if result is not None:
                for how, spoilt, speed, right in degraded(frames, rate, result.masks, rng):
                    judge(f"real, {how}", spoilt, speed, right)
    print("| clips | n | usable | refused, right reason | refused, another reason |\n| :-- | --: | --: | --: | --: |")
    for kind, (usable, right_count, other) in counts.items():
        print(f"| {kind} | {usable + right_count + other} | {usable} | {right_count} | {other} |")
    print("\nWrongly let through, or refused for another reason:")
    print("\n".join(f"    {line}" for line in odd))


def collect(figures: dict[str, list[float]], result: Inference) -> None:
    """Every figure that a threshold is held against."""
    clip, m = result.clip, result.measurement
    for name, value in {**vars(PictureFigures.of(clip.frames, clip.sector)), **vars(m.figures)}.items():
        figures[name].append(value)
    share = ViewReader.load(device="cpu").read(clip.frames, clip.sector, 1 / clip.frame_rate_hz).share
    figures["four_chamber share"].append(share["four_chamber"])
    figures["ef_pct"].append(np.nan if m.ef_pct is None else m.ef_pct)


if __name__ == "__main__":
    main()
