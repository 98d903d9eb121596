"""What a clip showed, frame by frame: pictures with the contour, volumes and beats, to look through on the page."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from dashboard.preview import with_contour
from twin_core.echo.beats import EchoBeat
from twin_core.echo.clip import Clip
from twin_core.echo.volumes import Measurement

MAX_PICTURES = 240  # about 10 kB each: a longer clip is shown in fewer frames a second
_JPEG_QUALITY = 70


@dataclass(frozen=True, kw_only=True, eq=False)
class EchoRecord:
    """A clip's measurement with its pictures, cut to the sector: nothing burned in around it is left.

    Attributes:
        identity: Tells this record from others.
        pictures: JPEGs, one for each of ``shown``, with the contour where it was not set aside.
        shown: Frames that have a picture.
        rows: Height of a picture in pixels.
        columns: Its width.
        time_s: Time of every frame (T,).
        volume_ml: LV volume of every frame, smoothed over the contours' jitter (T,).
        contour_volume_ml: What each frame's own contour gives, NaN where none was found (T,).
        rejected: Frames whose contour was set aside and interpolated, bool (T,).
        beats: Complete beats that count.
        set_aside: Complete beats whose end-diastole or end-systole was not seen.
        irregularity: Longest minus shortest of all beats found, in parts of the median length; None where fewer than
            two lengths are known.
    """

    identity: str
    pictures: tuple[bytes, ...]
    shown: NDArray[np.int64]
    rows: int
    columns: int
    time_s: NDArray[np.float64]
    volume_ml: NDArray[np.float64]
    contour_volume_ml: NDArray[np.float64]
    rejected: NDArray[np.bool_]
    beats: tuple[EchoBeat, ...]
    set_aside: tuple[EchoBeat, ...]
    irregularity: float | None


def record_echo(clip: Clip, masks: NDArray[np.uint8], measurement: Measurement) -> EchoRecord:
    """The pictures and curves of a clip.

    Args:
        clip: The clip.
        masks: The cavity in the clip's own pixels, nonzero inside (T, H, W).
        measurement: What was measured on the masks.
    """
    frames = clip.sector_frames()
    top, bottom, left, right = clip.crop_box
    shown = np.unique(np.linspace(0, len(frames) - 1, min(len(frames), MAX_PICTURES)).round().astype(np.int64))
    cut = masks[:, top:bottom, left:right]
    drawn = [with_contour(frames[i], None if measurement.rejected[i] else cut[i]) for i in shown]
    pictures = []
    for picture in drawn:
        done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not done:
            raise RuntimeError("OpenCV could not write a picture of the clip; install opencv-python-headless again.")
        pictures.append(data.tobytes())
    return EchoRecord(
        identity=f"{clip.sha256}:{clip.cm_per_px}",
        pictures=tuple(pictures),
        shown=shown,
        rows=drawn[0].shape[0],
        columns=drawn[0].shape[1],
        time_s=measurement.time_s - measurement.time_s[0],
        volume_ml=measurement.volume_ml,
        contour_volume_ml=measurement.contour_volume_ml,
        rejected=measurement.rejected,
        beats=measurement.beats,
        set_aside=measurement.set_aside,
        irregularity=measurement.irregularity,
    )
