"""A clip of echo frames, read from any file: the frames, when each was taken, and how large a pixel is."""

import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from .decode_process import decode
from .formats import detect_format
from .limits import MAX_BYTES, MAX_FRAMES, MIN_FRAMES, ClipError
from .scale import Box, check_depth, sector_box, spacing_from_depth, spacing_from_regions
from .sector import find_sector

__all__ = ["MAX_BYTES", "MAX_FRAMES", "MIN_FRAMES", "Clip", "ClipError", "read_clip"]

CalibrationSource = Literal["dicom_region", "depth_given", "unknown"]


@dataclass(frozen=True, kw_only=True, eq=False)
class Clip:
    """An echo clip. It holds no patient attribute; text burned in beside the sector lies outside `sector`.

    Attributes:
        frames: (T, H, W) uint8, grey, C-contiguous, read-only.
        time_s: (T,) float64, true times of the frames in seconds, strictly increasing from 0.
        cm_per_px: centimetres per pixel, (row, column), or None where the file does not say.
        cm_per_px_source: where that comes from: "dicom_region", "depth_given" or "unknown".
        sector: (H, W) bool, the ultrasound sector.
        format: what the file was: "avi", "mp4" or "dicom".
        sha256: hexadecimal digest of the file's bytes.
    """

    frames: NDArray[np.uint8]
    time_s: NDArray[np.float64]
    cm_per_px: tuple[float, float] | None
    cm_per_px_source: CalibrationSource
    sector: NDArray[np.bool_]
    format: str
    sha256: str

    def __post_init__(self) -> None:
        for name, dtype, dimensions in (("frames", np.uint8, 3), ("time_s", np.float64, 1), ("sector", np.bool_, 2)):
            array = np.ascontiguousarray(getattr(self, name)).view()
            if array.dtype != dtype or array.ndim != dimensions:
                raise ClipError(
                    f"{name} is {array.dtype} with {array.ndim} dimensions; give {np.dtype(dtype)} with {dimensions}"
                )
            array.flags.writeable = False
            object.__setattr__(self, name, array)
        if len(self.time_s) != len(self.frames) or self.sector.shape != self.frames.shape[1:]:
            raise ClipError(
                f"{len(self.time_s)} times and a sector of {self.sector.shape} do not match frames of "
                f"{self.frames.shape}; give one time a frame and a sector of the frames' size"
            )
        if len(self.time_s) == 0 or self.time_s[0] != 0 or not np.all(np.diff(self.time_s) > 0):
            raise ClipError("the frame times do not rise from 0; give the seconds since the first frame")

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of frames, rows and columns."""
        frames, rows, columns = self.frames.shape
        return frames, rows, columns

    @property
    def frame_rate_hz(self) -> float:
        """Frames a second, from the median interval."""
        return float(1.0 / np.median(np.diff(self.time_s)))

    @property
    def duration_s(self) -> float:
        """Seconds from the first frame to the end of the last, which lasts the median interval."""
        return float(self.time_s[-1] + np.median(np.diff(self.time_s)))

    @property
    def crop_box(self) -> Box:
        """The sector's box: first row, end row, first column, end column, in pixels, half open."""
        return sector_box(self.sector)

    def sector_frames(self) -> NDArray[np.uint8]:
        """The frames cut to `crop_box` and black outside the sector: nothing burned in beside it is left.

        Returns:
            (T, h, w) uint8.
        """
        top, bottom, left, right = self.crop_box
        return self.frames[:, top:bottom, left:right] * self.sector[top:bottom, left:right]

    def with_depth(self, depth_cm: float) -> "Clip":
        """The clip calibrated by the image depth the user reads beside the sector.

        Args:
            depth_cm: centimetres from the transducer face to the sector's deepest point.

        Returns:
            A new clip; square pixels.

        Raises:
            ClipError: if the depth is not a number from 3 to 40 cm.
        """
        spacing = spacing_from_depth(self.sector, depth_cm)
        return replace(self, cm_per_px=spacing, cm_per_px_source="depth_given")


def read_clip(source: str | Path | bytes, *, name: str | None = None, depth_cm: float | None = None) -> Clip:
    """Read an AVI, MP4 or multi-frame ultrasound DICOM file.

    Args:
        source: path of the file, or its bytes.
        name: what to call the file in messages; the path's last part by default.
        depth_cm: image depth in centimetres. What the user reads off the screen wins over what the file says.

    Returns:
        The clip.

    Raises:
        ClipError: if there is no such file, it is not a whole clip in one of the formats, is out of the bounds in
            `twin_core.echo.limits`, or shows no ultrasound sector; or if `depth_cm` is out of bounds.
    """
    if depth_cm is not None:
        check_depth(depth_cm)
    if isinstance(source, (str, Path)):
        name = name or Path(source).name or str(source)
        data = _read_file(Path(source), name)
    else:
        name, data = name or "the clip", bytes(source)
    try:
        if len(data) > MAX_BYTES:
            raise _too_large(len(data))
        file_format = detect_format(data)
        decoded = decode(data, file_format)
        sector = find_sector(decoded.frames, decoded.coloured)
    except ClipError as error:
        raise ClipError(f"{name}: {error}") from None
    spacing = spacing_from_regions(decoded.regions, sector)
    clip = Clip(
        frames=decoded.frames,
        time_s=decoded.time_s,
        cm_per_px=spacing,
        cm_per_px_source="unknown" if spacing is None else "dicom_region",
        sector=sector,
        format=file_format,
        sha256=hashlib.sha256(data).hexdigest(),
    )
    return clip if depth_cm is None else clip.with_depth(depth_cm)


def _too_large(size: int) -> ClipError:
    return ClipError(
        f"the file has {size / 1024**2:.0f} MB, the limit is {MAX_BYTES / 1024**2:.0f} MB; export fewer beats"
    )


def _read_file(path: Path, name: str) -> bytes:
    try:
        if path.is_dir():
            raise ClipError(f"{name}: it is a folder; give the clip's file")
        if not path.exists():
            raise ClipError(f"{name}: there is no such file ({path}); check the path")
        if not path.is_file():
            raise ClipError(f"{name}: it is not a regular file; give the clip's file")
        if path.stat().st_size > MAX_BYTES:
            raise ClipError(f"{name}: {_too_large(path.stat().st_size)}")
        return path.read_bytes()
    except (OSError, ValueError) as error:
        if isinstance(error, ClipError):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise ClipError(f"{name}: the file cannot be read ({reason}); check its path and permissions") from None
