"""AVI and MP4 to grey frames with their true times."""

import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from .decoded import COLOUR_SPREAD, Decoded, colour_spread
from .limits import MAX_DECODED_BYTES, MAX_FRAMES, ClipError, check_frame_count, check_frame_rate, check_frame_size

_SMALLEST_DECODED_PART = 0.5
"""Share of the frames a header promises below which the file is damaged; headers are often off by a few."""


def decode_video(data: bytes) -> Decoded:
    """Decode an AVI or MP4 file.

    Args:
        data: the file's bytes.

    Returns:
        Grey frames (ITU-R BT.601 luma) and their times: the container's time stamps where they are usable,
        as in a clip of variable rate, else the frame number over the container's rate.

    Raises:
        ClipError: if nothing can be decoded, or size, count or rate of the frames are out of bounds.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "clip"  # a name of ours: FFmpeg reads meaning into some names
        path.write_bytes(data)
        capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
        try:
            if not capture.isOpened():
                raise ClipError(
                    "it holds no video that can be decoded: damaged, or an unknown codec; "
                    "export it again, as H.264 MP4 or Motion-JPEG AVI"
                )
            rate_hz = float(capture.get(cv2.CAP_PROP_FPS))
            promised = float(capture.get(cv2.CAP_PROP_FRAME_COUNT))
            rows, columns = capture.get(cv2.CAP_PROP_FRAME_HEIGHT), capture.get(cv2.CAP_PROP_FRAME_WIDTH)
            check_frame_size(int(rows), int(columns))
            frames, stamps_ms, coloured = _read_frames(capture)
        finally:
            capture.release()
    if len(frames) < _SMALLEST_DECODED_PART * promised and promised <= 2 * MAX_FRAMES:
        raise ClipError(
            f"only {len(frames)} of its {promised:.0f} frames can be decoded: it is damaged; copy or export it again"
        )
    check_frame_count(len(frames), *(frames[0].shape if frames else (0, 0)))
    time_s = frame_times(np.array(stamps_ms) / 1000.0, rate_hz)
    return Decoded(frames=np.stack(frames), time_s=time_s, coloured=coloured)


def _read_frames(
    capture: cv2.VideoCapture,
) -> tuple[list[NDArray[Any]], list[float], NDArray[np.bool_]]:
    frames: list[NDArray[Any]] = []
    stamps_ms: list[float] = []
    spread: NDArray[Any] = np.zeros((0, 0), np.uint8)
    while True:
        decoded, picture = capture.read()
        if not decoded:
            return frames, stamps_ms, spread > COLOUR_SPREAD
        if picture.ndim == 2 or picture.shape[2] == 1:
            picture = cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        if not frames:
            spread = colour_spread(picture)
        elif grey.shape != frames[0].shape:
            raise ClipError(
                f"its frames change size, from {frames[0].shape[::-1]} to {grey.shape[::-1]} pixels at frame "
                f"{len(frames) + 1}; export one clip alone"
            )
        spread = np.maximum(spread, colour_spread(picture))
        frames.append(grey)
        stamps_ms.append(float(capture.get(cv2.CAP_PROP_POS_MSEC)))
        if len(frames) > MAX_FRAMES or len(frames) * grey.size > MAX_DECODED_BYTES:
            check_frame_count(len(frames), *grey.shape)


def frame_times(stamp_s: NDArray[np.float64], rate_hz: float) -> NDArray[np.float64]:
    """Times of the frames, from time stamps where they are usable, else from the rate.

    Args:
        stamp_s: (T,) time stamps of the frames in seconds, as the container gives them.
        rate_hz: the container's frames a second.

    Returns:
        (T,) float64, seconds, strictly increasing from 0.

    Raises:
        ClipError: if neither gives a rate an echo machine can have.
    """
    interval = np.diff(stamp_s)
    if interval.size and np.all(np.isfinite(interval)) and np.all(interval > 0):
        check_frame_rate(float(1.0 / np.median(interval)), "frame times")
        return stamp_s - stamp_s[0]
    check_frame_rate(rate_hz, "header")
    return np.arange(stamp_s.size) / rate_hz
