"""Small data sets of rendered patients in the very formats of the releases, to try loaders and commands on."""

from __future__ import annotations

import csv
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.contour import trace
from twin_core.echo.phantom import Phantom, RenderedClip, render_clip
from twin_core.learning.datasets.records import SPLITS

FRAME_RATE_HZ = 40.0
BEATS, PERIOD_S = 2.2, 0.8
DISKS = 20
INSIDE = 0.015  # of the long axis: chords keep so far from apex and annulus


@dataclass(frozen=True, kw_only=True, eq=False)
class MadePatient:
    """A rendered clip with its frames of end-diastole and end-systole, and volumes in mL."""

    clip: RenderedClip
    ed: int
    es: int
    edv_ml: float
    esv_ml: float

    @property
    def ef_pct(self) -> float:
        """Ejection fraction, percent."""
        return 100.0 * (self.edv_ml - self.esv_ml) / self.edv_ml


def made_patient(seed: tuple[int, int], *, size: int = 112, half_beat: bool = False) -> MadePatient:
    """Patient number seed[1] of data set seed[0], at 75 bpm: two beats, or one contraction alone."""
    rng = np.random.default_rng(seed)
    edv = rng.uniform(90.0, 180.0)
    esv = edv * rng.uniform(0.35, 0.75)
    duration = 0.4 * PERIOD_S if half_beat else BEATS * PERIOD_S
    time = np.arange(round(duration * FRAME_RATE_HZ) + 1) / FRAME_RATE_HZ
    phase = time / PERIOD_S % 1.0
    # Ejection over two fifths of the beat, filling over the rest.
    emptied = np.where(
        phase < 0.4, 0.5 - 0.5 * np.cos(np.pi * phase / 0.4), 0.5 + 0.5 * np.cos(np.pi * (phase - 0.4) / 0.6)
    )
    volume = edv - (edv - esv) * emptied
    clip = render_clip(volume, time, Phantom.sample(rng, edv_ml=edv, esv_ml=esv, size=size))
    first = phase.argmax() if half_beat else round(PERIOD_S * FRAME_RATE_HZ)
    beat = slice(0, int(first) + 1)
    ed, es = int(volume[beat].argmax()), int(volume[beat].argmin())
    return MadePatient(clip=clip, ed=ed, es=es, edv_ml=float(volume[ed]), esv_ml=float(volume[es]))


def backwards(p: MadePatient) -> MadePatient:
    """The same patient, the last frame first."""
    clip, last = p.clip, len(p.clip.frames) - 1
    turned = replace(clip, frames=clip.frames[::-1], masks=clip.masks[::-1], volume_ml=clip.volume_ml[::-1])
    return replace(p, clip=turned, ed=last - p.ed, es=last - p.es)


def chords_of(mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """A mask as VolumeTracings.csv has it: the long axis, then chords across it, (1 + DISKS, 4) in pixels.

    Raises:
        ValueError: the mask is too small to have a long axis.
    """
    shape = trace(mask, (1.0, 1.0))
    if shape is None:
        raise ValueError(f"the mask has {int(mask.sum())} pixels: too few for a long axis")
    apex, annulus = np.array(shape.apex), np.array(shape.annulus)
    along = (annulus - apex) / np.linalg.norm(annulus - apex)
    across = np.array([along[1], -along[0]])
    rows, columns = np.nonzero(mask)
    points = np.stack([columns, rows], axis=1) - apex
    deep, wide = points @ along, points @ across
    lines = [[*apex, *annulus]]
    for depth in np.linspace(INSIDE, 1 - INSIDE, DISKS) * np.linalg.norm(annulus - apex):
        slice_ = wide[np.abs(deep - depth) <= 0.75]
        if len(slice_):
            ends = [apex + along * depth + across * w for w in (slice_.min() - 0.5, slice_.max() + 0.5)]
            lines.append([*ends[0], *ends[1]])
    return np.array(lines)


def write_echonet(folder: str | Path, patients: int = 6, *, seed: int = 0) -> Path:
    """Write EchoNet-Dynamic's folder: FileList.csv, VolumeTracings.csv, Videos/*.avi (112 x 112, Motion-JPEG).

    Patients go to TRAIN, VAL and TEST in turn. As in the release, file names have no suffix in FileList.csv and one
    in VolumeTracings.csv.
    """
    root = Path(folder)
    (root / "Videos").mkdir(parents=True, exist_ok=True)
    with (
        (root / "FileList.csv").open("w", newline="") as labels,
        (root / "VolumeTracings.csv").open("w", newline="") as drawn,
    ):
        table, tracings = csv.writer(labels), csv.writer(drawn)
        table.writerow(["FileName", "EF", "ESV", "EDV", "FrameHeight", "FrameWidth", "FPS", "NumberOfFrames", "Split"])
        tracings.writerow(["FileName", "X1", "Y1", "X2", "Y2", "Frame"])
        for i in range(patients):
            p, name = made_patient((seed, i)), f"0X{0xABC000 + i:X}"
            count, height, width = p.clip.frames.shape
            rate, split = round(FRAME_RATE_HZ), SPLITS[i % 3].upper()
            table.writerow([name, p.ef_pct, p.esv_ml, p.edv_ml, height, width, rate, count, split])
            for frame in (p.es, p.ed):
                for line in chords_of(p.clip.masks[frame]):
                    tracings.writerow([f"{name}.avi", *line, frame])
            # The header's rate is another one than the table's, which is the one to trust.
            _write_avi(root / "Videos" / f"{name}.avi", p.clip.frames, 50.0)
    return root


def _write_avi(path: Path, frames: NDArray[np.uint8], rate_hz: float) -> None:
    size = (frames.shape[2], frames.shape[1])
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), rate_hz, size)
    if not writer.isOpened():
        raise RuntimeError("this OpenCV cannot write Motion-JPEG: install opencv-python-headless from PyPI")
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()


def write_camus(
    folder: str | Path, patients: int = 6, *, layout: str = "nifti", seed: int = 0, filling: bool = False
) -> Path:
    """Write CAMUS' folder, four-chamber view alone, with half sequences from end-diastole to end-systole.

    Args:
        folder: to write into.
        patients: how many; in the NIfTI layout they go to training, validation and testing in turn.
        layout: "nifti" (database_nifti and database_split, square pixels, EF and FrameRate in the Info file) or
            "mhd" (patients in the folder itself, pixels twice as wide as high, LVedv, LVesv and LVef).
        seed: of the patients.
        filling: write the sequences backwards, from end-systole to end-diastole.

    Raises:
        ValueError: unknown layout.
    """
    if layout not in ("nifti", "mhd"):
        raise ValueError(f"no layout {layout!r}: choose nifti or mhd")
    root = Path(folder)
    home = root / "database_nifti" if layout == "nifti" else root
    names: dict[str, list[str]] = {split: [] for split in ("training", "validation", "testing")}
    for i in range(patients):
        name = f"patient{i + 1:04d}"
        (home / name).mkdir(parents=True, exist_ok=True)
        patient = made_patient((seed, i), size=224, half_beat=True)
        _write_patient(home / name, backwards(patient) if filling else patient, layout)
        names[("training", "validation", "testing")[i % 3]].append(name)
    if layout == "nifti":
        (root / "database_split").mkdir(exist_ok=True)
        for split, members in names.items():
            (root / "database_split" / f"subgroup_{split}.txt").write_text("\n".join(members) + "\n")
    return root


def _write_patient(home: Path, p: MadePatient, layout: str) -> None:
    clip, end = p.clip, ".nii.gz" if layout == "nifti" else ".mhd"
    frames, labels = clip.frames, clip.masks.astype(np.uint8)
    spacing = (clip.cm_per_px[0] * 10.0, clip.cm_per_px[1] * 10.0)
    if layout == "mhd":  # every second column: pixels twice as wide as high, as in the release
        frames, labels, spacing = frames[:, :, ::2], labels[:, :, ::2], (spacing[0], 2 * spacing[1])
    half = "half_sequence" if layout == "nifti" else "sequence"
    pictures = {half: frames}
    for phase, at in (("ED", p.ed), ("ES", p.es)):
        pictures[phase] = frames[at : at + 1] if layout == "mhd" else frames[at]
        pictures[f"{phase}_gt"] = labels[at : at + 1] if layout == "mhd" else labels[at]
    for what, pixels in pictures.items():
        _write_picture(home / f"{home.name}_4CH_{what}{end}", pixels, spacing)
    about = {"ED": p.ed + 1, "ES": p.es + 1, "NbFrame": len(frames), "Sex": "F", "Age": 60, "ImageQuality": "Good"}
    if layout == "nifti":
        about |= {"EF": round(p.ef_pct), "FrameRate": FRAME_RATE_HZ}
    else:
        about |= {"LVedv": round(p.edv_ml, 1), "LVesv": round(p.esv_ml, 1), "LVef": round(p.ef_pct, 1)}
    (home / "Info_4CH.cfg").write_text("".join(f"{key}: {value}\n" for key, value in about.items()))


def _write_picture(path: Path, pixels: NDArray[np.uint8], spacing_mm: tuple[float, float]) -> None:
    import SimpleITK

    image = SimpleITK.GetImageFromArray(np.ascontiguousarray(pixels))
    image.SetSpacing((spacing_mm[1], spacing_mm[0], 1.0)[: image.GetDimension()])
    SimpleITK.WriteImage(image, str(path))
