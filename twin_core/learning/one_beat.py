"""One beat of a clip as the encoder reads it: pictures and contours at fixed phases, and the measured curve."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.clip import Clip
from twin_core.echo.volumes import Measurement
from twin_core.learning.segmenter import Crop, prepared

PICTURES = 24  # phases at which the beat is seen
SIDE = 64  # pixels
CURVE = 32  # phases at which the volume curve is read


@dataclass(frozen=True, kw_only=True, eq=False)
class OneBeat:
    """One beat, from end-diastole to end-diastole, at evenly spaced phases, with the clip's measured values.

    Attributes:
        pictures: grey image and cavity mask (0 or 255) of the sector's square, uint8 (2, PICTURES, SIDE, SIDE).
        curve: measured volume over the measured end-diastolic volume of that beat, float32 (CURVE,).
        edv_ml: measured end-diastolic volume, mean of the clip's beats, mL.
        esv_ml: measured end-systolic volume, likewise.
        heart_rate_bpm: measured heart rate.
    """

    pictures: NDArray[np.uint8]
    curve: NDArray[np.float32]
    edv_ml: float
    esv_ml: float
    heart_rate_bpm: float


def one_beat(clip: Clip, masks: NDArray[np.uint8], measurement: Measurement) -> OneBeat:
    """Cut one beat out of a measured clip: the one whose ejection fraction is nearest to the mean of all.

    Where the clip ends before the beat does, the missing phases are taken one period earlier.

    Args:
        clip: the clip.
        masks: its cavity masks (T, H, W).
        measurement: what was measured on these masks.

    Raises:
        ValueError: the measurement lacks a beat or a heart rate, holds values that are not finite and positive, or
            the masks do not fit the clip.
    """
    if masks.shape != clip.frames.shape:
        raise ValueError(f"masks must be {clip.frames.shape} like the frames, got {masks.shape}: segment this clip")
    edv, esv, rate = measurement.edv_ml, measurement.esv_ml, measurement.heart_rate_bpm
    if edv is None or esv is None or not measurement.beats:
        raise ValueError("no complete beat was measured (0 beats): give a longer clip")
    if rate is None:
        raise ValueError(f"no heart rate was measured: {measurement.heart_rate_reason}")
    if not (np.isfinite([edv, esv, rate]).all() and edv > esv > 0 and rate > 0):
        raise ValueError(f"EDV {edv} mL, ESV {esv} mL, {rate} bpm are not finite with EDV > ESV > 0: check the masks")
    mean_ef = 100.0 * (edv - esv) / edv
    beat = min(measurement.beats, key=lambda b: abs(b.ef_pct - mean_ef))
    time, period = clip.time_s, 60.0 / rate
    start = float(time[beat.ed_index])
    seen_at = _inside(start + np.arange(PICTURES) / PICTURES * period, period, float(time[-1]))
    frames = np.abs(time[None, :] - seen_at[:, None]).argmin(axis=1)
    read_at = _inside(start + np.arange(CURVE) / CURVE * period, period, float(time[-1]))
    curve = np.interp(read_at, time, measurement.volume_ml) / beat.edv
    crop = Crop.around(clip.sector)
    image = prepared(clip.frames[frames], clip.sector, crop)
    mask = np.stack([crop.cut(m.astype(np.uint8) * np.uint8(255)) for m in masks[frames]])
    return OneBeat(
        pictures=np.stack([_small(image), _small(mask)]),
        curve=np.nan_to_num(curve, nan=1.0).astype(np.float32),
        edv_ml=edv,
        esv_ml=esv,
        heart_rate_bpm=rate,
    )


def _inside(times: NDArray[np.float64], period: float, end: float) -> NDArray[np.float64]:
    """Times after the clip's end moved back by whole periods; a clip shorter than a period is clamped."""
    late = np.ceil(np.maximum(times - end, 0.0) / period)
    return np.asarray(np.clip(times - late * period, 0.0, end))


def _small(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return np.stack([cv2.resize(i, (SIDE, SIDE), interpolation=cv2.INTER_AREA) for i in images])
