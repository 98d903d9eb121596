"""Pictures of a clip with the contour drawn on it: one that moves for the page, a still for the report.

A contour that was set aside is not drawn: the volume curve leaves it out, too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.clip import Clip
from twin_core.echo.volumes import Measurement

_SIDE_PX = 320  # longest side of a picture
_MAX_FRAMES = 90  # of the moving picture: keeps it under a few hundred kB
_MAX_RATE_HZ = 30.0
_CONTOUR_BGR = (233, 180, 86)  # sky blue of the Okabe-Ito palette, clear on grey echoes
_QUALITY = 60  # of lossy WebP; speckle at higher quality is only larger

Picture = NDArray[np.uint8]


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A clip's pictures, cut to the sector: nothing burned in around it is left.

    Attributes:
        moving_webp: Looping clip with the contour, at the clip's own pace.
        still_png: End diastole of the first beat whose contour there counts, with that contour.
        rows: Height of the moving picture in pixels.
        columns: Its width.
    """

    moving_webp: bytes
    still_png: bytes
    rows: int
    columns: int


def draw_preview(clip: Clip, masks: NDArray[np.uint8], measurement: Measurement) -> Preview:
    """Draw a clip with its contour.

    Args:
        clip: The clip.
        masks: The cavity in the clip's own pixels, nonzero inside (T, H, W).
        measurement: What was measured on the masks; without a beat the still shows the first contour that counts.
    """
    shown = _frames_to_show(clip.time_s)
    frames = clip.sector_frames()
    top, bottom, left, right = clip.crop_box
    cut = masks[:, top:bottom, left:right]
    counts = ~measurement.rejected
    pictures = [with_contour(frames[i], cut[i] if counts[i] else None) for i in shown]
    kept = [*(beat.ed_index for beat in measurement.beats if counts[beat.ed_index]), *np.flatnonzero(counts)[:1]]
    still = kept[0] if kept else 0
    return Preview(
        moving_webp=_animation(pictures, _durations_ms(clip, shown)),
        still_png=_encoded(".png", with_contour(frames[still], cut[still] if kept else None)),
        rows=pictures[0].shape[0],
        columns=pictures[0].shape[1],
    )


def _frames_to_show(time_s: NDArray[np.float64]) -> list[int]:
    """Frames of the clip's beginning, no closer than the highest rate the picture plays at."""
    shown = [0]
    for i, time in enumerate(time_s):
        if time - time_s[shown[-1]] >= 0.99 / _MAX_RATE_HZ:
            shown.append(i)
    return shown[:_MAX_FRAMES]


def _durations_ms(clip: Clip, shown: list[int]) -> list[int]:
    ends = [*clip.time_s[shown[1:]], clip.time_s[shown[-1]] + np.median(np.diff(clip.time_s[shown]))]
    return [round(1000 * step) for step in np.diff([clip.time_s[shown[0]], *ends])]


def with_contour(frame: NDArray[np.uint8], mask: NDArray[np.uint8] | None) -> Picture:
    """The frame enlarged or reduced to the picture's size, in colour, with the cavity's outline if it has one."""
    scale = _SIDE_PX / max(frame.shape)
    size = (max(1, round(frame.shape[1] * scale)), max(1, round(frame.shape[0] * scale)))
    picture = cv2.cvtColor(
        cv2.resize(frame, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC), cv2.COLOR_GRAY2BGR
    )
    if mask is None:
        return np.asarray(picture, np.uint8)
    # Resized as a smooth field and cut at one half, the outline of a coarse mask has no stairs.
    inside = cv2.resize((mask != 0).astype(np.float32), size, interpolation=cv2.INTER_LINEAR) >= 0.5
    outlines, _ = cv2.findContours(inside.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(picture, outlines, -1, _CONTOUR_BGR, 2, cv2.LINE_AA)
    return np.asarray(picture, np.uint8)


def _animation(pictures: list[Picture], durations_ms: list[int]) -> bytes:
    animation = cv2.Animation()
    animation.frames = pictures
    animation.durations = durations_ms
    animation.loop_count = 0  # for ever
    done, data = cv2.imencodeanimation(".webp", animation, [cv2.IMWRITE_WEBP_QUALITY, _QUALITY])
    return _checked(done, data)


def _encoded(extension: str, picture: Picture) -> bytes:
    return _checked(*cv2.imencode(extension, picture))


def _checked(done: bool, data: NDArray[np.uint8]) -> bytes:
    if not done:
        raise RuntimeError("OpenCV could not write the preview picture; install opencv-python-headless again.")
    return data.tobytes()
