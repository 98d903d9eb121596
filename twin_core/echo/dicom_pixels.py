"""The stored pixels of a DICOM file, in any compression and colour space, to 8-bit grey frames."""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.pixels import apply_color_lut, iter_pixels, pixel_array
from pydicom.uid import UID

from .decoded import COLOUR_SPREAD, colour_spread
from .limits import ClipError

_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # ITU-R BT.601, as in DICOM's YBR_FULL
_CHROMA_ZERO = 128


def decode_pixels(
    dataset: Dataset, frames: int, rows: int, columns: int
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """Decode all frames to grey.

    Args:
        dataset: the file, with PixelData; its size attributes already checked.
        frames: number of frames the file claims, T.
        rows: frame height in pixels, H.
        columns: frame width in pixels, W.

    Returns:
        Frames (T, H, W) uint8, and (H, W) bool: pixels drawn in colour in some frame.

    Raises:
        ClipError: if the pixels are cut short, or in a compression that cannot be decoded.
    """
    meta = getattr(dataset, "file_meta", None)
    syntax = UID(str(meta.get("TransferSyntaxUID", "")) if meta is not None else "")
    if not syntax:
        raise ClipError(
            "the DICOM file gives no Transfer Syntax (0002,0010), so its pixels cannot be decoded; export it again"
        )
    is_native = not syntax.is_private and not syntax.is_encapsulated
    if is_native:
        _check_native_length(dataset, frames, rows, columns)
    photometric = str(dataset.get("PhotometricInterpretation", ""))
    spread = np.zeros((rows, columns), np.uint8)
    grey: list[NDArray[np.uint8]] = []
    deep: list[NDArray[np.integer]] = []  # more than 8 bits: scaled once the whole clip's range is known
    try:
        for raw in _stored_frames(dataset, frames, is_native):
            if photometric == "PALETTE COLOR":
                raw = apply_color_lut(raw, dataset)
            if raw.ndim == 3:
                luma, frame_spread = _from_colour(_to_8_bit(raw, dataset), photometric)
                spread = np.maximum(spread, frame_spread)
                grey.append(luma)
            elif raw.dtype == np.uint8:
                grey.append(raw)
            else:
                deep.append(raw)
    except (MemoryError, ClipError):
        raise
    except Exception as error:  # every decoder plug-in raises its own; their texts may quote the file
        raise ClipError(
            f"its pixels cannot be decoded ({syntax.name}; {type(error).__name__}): damaged, cut short, or a "
            "compression not supported; export it again, uncompressed or as JPEG"
        ) from None
    grey = grey or _window(deep, dataset)
    if len(grey) != frames:
        raise ClipError(
            f"the DICOM file is cut short: {len(grey)} of its {frames} frames are there; copy or export it again"
        )
    stack = np.stack(grey)
    if photometric == "MONOCHROME1":
        np.subtract(255, stack, out=stack)
    return stack, spread > COLOUR_SPREAD


def _stored_frames(dataset: Dataset, frames: int, is_native: bool) -> Iterator[NDArray[Any]]:
    """The frames one by one, (H, W) or (H, W, 3), in the colour space in which they are stored."""
    if is_native and dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        # pydicom 3.0's iterator takes frames after the first to be as long as unpacked ones; by index it does not.
        yield from (pixel_array(dataset, raw=True, index=index) for index in range(frames))
    else:
        yield from iter_pixels(dataset, raw=True)


def _check_native_length(dataset: Dataset, frames: int, rows: int, columns: int) -> None:
    """Compare sizes before decoding, so that a false claim costs nothing."""
    bits = int(dataset.get("BitsAllocated", 8)) * int(dataset.get("SamplesPerPixel", 1))
    if dataset.get("PhotometricInterpretation") == "YBR_FULL_422":
        bits = 16
    expected, received = frames * rows * columns * bits // 8, len(dataset.PixelData)
    if received < expected:
        raise ClipError(
            f"the DICOM file is cut short: {received} bytes of pixels where {frames} frames of {columns} x {rows} "
            f"need {expected}; copy or export it again"
        )


def _to_8_bit(picture: NDArray[np.integer], dataset: Dataset) -> NDArray[np.uint8]:
    if picture.dtype == np.uint8:
        return picture  # type: ignore[return-value]
    bits = 16 if dataset.get("PhotometricInterpretation") == "PALETTE COLOR" else int(dataset.BitsStored)
    return (picture >> max(bits - 8, 0)).astype(np.uint8)


def _from_colour(picture: NDArray[np.uint8], photometric: str) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Grey and colour spread of an (H, W, 3) picture.

    What the file declares and what its JPEG stream holds often differ, so the pixels decide: an echo frame is
    mostly grey, which is equal channels in RGB and two channels at 128 in YBR.
    """
    first, second, third = (picture[..., channel].astype(np.int16) for channel in range(3))
    off_ybr = float(np.median(abs(second - _CHROMA_ZERO) + abs(third - _CHROMA_ZERO)))
    off_rgb = float(np.median(abs(first - second) + abs(second - third)))
    is_ybr = off_ybr < off_rgb or (off_ybr == off_rgb and photometric.startswith("YBR"))
    if is_ybr:
        chroma = np.maximum(abs(second - _CHROMA_ZERO), abs(third - _CHROMA_ZERO))
        # R - Y = 1.402 Cr and B - Y = 1.772 Cb: about twice the chroma is the spread of the channels.
        return np.ascontiguousarray(picture[..., 0]), np.minimum(2 * chroma, 255).astype(np.uint8)
    return np.rint(picture @ _LUMA).astype(np.uint8), colour_spread(picture)


def _window(deep: list[NDArray[np.integer]], dataset: Dataset) -> list[NDArray[np.uint8]]:
    """Scale frames of more than 8 bits to grey, by the file's window or else by the range of the clip.

    Source: DICOM PS3.3 C.11.2.1.2, linear window.
    """
    if not deep:
        return []
    centre, width = (_first_number(dataset, keyword) for keyword in ("WindowCenter", "WindowWidth"))
    if centre is not None and width is not None and width > 1:
        low, high = centre - 0.5 - (width - 1) / 2, centre - 0.5 + (width - 1) / 2
    else:
        low = float(min(0, *(int(frame.min()) for frame in deep)))
        high = float(max(255, *(int(frame.max()) for frame in deep)))
    scale = 255.0 / (high - low)
    return [np.clip(np.rint((frame - low) * scale), 0, 255).astype(np.uint8) for frame in deep]


def _first_number(dataset: Dataset, keyword: str) -> float | None:
    value = dataset.get(keyword)
    try:
        return float(value[0] if hasattr(value, "__getitem__") else value)
    except (TypeError, ValueError, IndexError):
        return None
