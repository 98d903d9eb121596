"""When each frame of a multi-frame DICOM file was taken."""

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset

from .limits import MAX_FRAME_RATE_HZ, MIN_FRAME_RATE_HZ, ClipError

_Times = NDArray[np.float64]


def dicom_frame_times(dataset: Dataset, frames: int) -> _Times:
    """Times of the frames.

    The attribute that Frame Increment Pointer names comes first, then Frame Time Vector and Frame Time (what
    was measured), Cine Rate, Actual Frame Duration, Effective Duration, and last Recommended Display Frame
    Rate (how fast to play). A value no echo machine can have, such as 0, is passed over.

    Args:
        dataset: the file's attributes.
        frames: number of frames, T.

    Returns:
        (T,) float64, seconds, strictly increasing from 0.

    Raises:
        ClipError: if no attribute gives usable times.

    Source: DICOM PS3.3 C.7.6.5, Cine Module.
    """
    seen = []
    for keyword in _order_of_trust(dataset):
        values = _numbers(dataset, keyword)
        if not values:
            continue
        time_s = _READERS[keyword](values, frames)
        if time_s is not None and _plausible(time_s):
            return time_s
        seen.append(f"{keyword} {values[0] if len(values) == 1 else values[:4]}")
    received = f"unusable values ({'; '.join(seen)})" if seen else "none"
    raise ClipError(
        f"its frame times are missing: {received} in Frame Time, Frame Time Vector and Cine Rate; "
        "export it again with Frame Time (0018,1063)"
    )


def _order_of_trust(dataset: Dataset) -> Iterator[str]:
    pointer = dataset.get("FrameIncrementPointer")
    pointers = [] if pointer is None else pointer if isinstance(pointer, (list, tuple)) else [pointer]
    tags = {0x00181063: "FrameTime", 0x00181065: "FrameTimeVector"}
    first = [tags[tag] for tag in pointers if tag in tags]
    yield from first
    yield from (keyword for keyword in _READERS if keyword not in first)


def _numbers(dataset: Dataset, keyword: str) -> list[float]:
    """The attribute's values as floats; empty where it is absent or not a number."""
    try:
        value = dataset.get(keyword)
        if value is None or value == "":
            return []
        return [float(v) for v in (value if hasattr(value, "__iter__") and not isinstance(value, str) else [value])]
    except (TypeError, ValueError, OverflowError):
        return []


def _plausible(time_s: _Times) -> bool:
    interval = np.diff(time_s)
    if interval.size == 0 or not np.all(np.isfinite(interval)) or np.any(interval <= 0):
        return False
    return bool(MIN_FRAME_RATE_HZ <= 1.0 / np.median(interval) <= MAX_FRAME_RATE_HZ)


def _even(interval_s: float, frames: int) -> _Times:
    return np.arange(frames, dtype=np.float64) * interval_s


def _from_frame_time(values: list[float], frames: int) -> _Times | None:
    return _even(values[0] / 1000.0, frames)


def _from_frame_time_vector(values: list[float], frames: int) -> _Times | None:
    interval_s = np.array(values) / 1000.0
    if interval_s.size == frames:
        # The first value is the first frame's own, always 0 by the standard; some files repeat the interval.
        return np.concatenate([[0.0], np.cumsum(interval_s[1:])])
    if interval_s.size == frames - 1:
        return np.concatenate([[0.0], np.cumsum(interval_s)])
    if interval_s.size == 1:
        return _even(float(interval_s[0]), frames)
    return None


def _from_rate(values: list[float], frames: int) -> _Times | None:
    return _even(1.0 / values[0], frames) if values[0] > 0 else None


def _from_effective_duration(values: list[float], frames: int) -> _Times | None:
    return _even(values[0] / frames, frames)


_READERS: dict[str, Callable[[list[float], int], _Times | None]] = {
    "FrameTimeVector": _from_frame_time_vector,
    "FrameTime": _from_frame_time,
    "CineRate": _from_rate,
    "ActualFrameDuration": _from_frame_time,
    "EffectiveDuration": _from_effective_duration,
    "RecommendedDisplayFrameRate": _from_rate,
}
