"""Clips made by code: a fan of moving speckle with a beating cavity, and the files it can be stored in."""

import struct
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.encaps import encapsulate
from pydicom.uid import ExplicitVRLittleEndian, generate_uid

FRAMES, ROWS, COLUMNS = 12, 96, 128
TIP, HALF_ANGLE, INNER, OUTER = (64.0, 6.0), 0.7, 4.0, 82.0
"""The fan: column and row of its tip, radians, pixels."""
PATIENT = "HIPPOCRATES^OF KOS"


def fan_mask(rows: int = ROWS, columns: int = COLUMNS, scale: float = 1.0) -> NDArray[np.bool_]:
    down, across = np.mgrid[:rows, :columns] + 0.5
    down, across = down / scale - TIP[1], across / scale - TIP[0]
    radius = np.hypot(down, across)
    return (abs(np.arctan2(across, down)) <= HALF_ANGLE) & (radius >= INNER) & (radius <= OUTER)


def fan_frames(frames: int = FRAMES, scale: float = 1.0, seed: int = 0) -> NDArray[np.uint8]:
    """(T, H, W) uint8: speckle in the fan, black around it, a dark ellipse in it that beats."""
    rng = np.random.default_rng(seed)
    rows, columns = round(ROWS * scale), round(COLUMNS * scale)
    down, across = (np.mgrid[:rows, :columns] + 0.5) / scale
    fan = fan_mask(rows, columns, scale)
    pictures = np.zeros((frames, rows, columns), np.uint8)
    for index, picture in enumerate(pictures):
        size = 1.0 + 0.25 * np.cos(2 * np.pi * index / 12)
        cavity = ((across - 66) / (11 * size)) ** 2 + ((down - 44) / (22 * size)) ** 2 < 1
        speckle = np.clip(70 + 40 * rng.standard_normal((rows, columns)), 5, 255)
        picture[:] = np.where(fan, np.where(cavity, 0.1 * speckle, speckle), 0).astype(np.uint8)
    return pictures


def with_overlays(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(T, H, W, 3) uint8 RGB: still white text and a ruler beside the fan, a green trace sweeping under it."""
    colour = np.repeat(grey[..., None], 3, axis=-1)
    rows, columns = grey.shape[1:]
    for index, picture in enumerate(colour):
        cv2.putText(picture, "MI 0.9", (2, 12), cv2.FONT_HERSHEY_PLAIN, 0.7, (255, 255, 255))
        picture[10 : rows - 20 : 8, columns - 3 : columns - 1] = 255
        sweep = np.arange(2, max(3, round(columns * (index + 1) / len(colour))))
        picture[(rows - 4 + 2 * np.sin(sweep / 3)).astype(int), sweep] = (20, 230, 20)
    return colour


def write_video(path: Path, frames: NDArray[np.uint8], fourcc: str, rate_hz: float) -> Path:
    """Grey (T, H, W) or RGB (T, H, W, 3) frames to a video file."""
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*fourcc), rate_hz, frames.shape[2:0:-1])
    assert writer.isOpened(), f"this OpenCV cannot write {fourcc}"
    for frame in frames:
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR) if frame.ndim == 2 else frame[..., ::-1])
    writer.release()
    return path


def region(x0: int, y0: int, x1: int, y1: int, cm_per_px: float, units: int = 3) -> Dataset:
    item = Dataset()
    item.RegionSpatialFormat, item.RegionDataType, item.RegionFlags = 1, 1, 2
    item.RegionLocationMinX0, item.RegionLocationMinY0 = x0, y0
    item.RegionLocationMaxX1, item.RegionLocationMaxY1 = x1, y1
    item.PhysicalUnitsXDirection = item.PhysicalUnitsYDirection = units
    item.PhysicalDeltaX = item.PhysicalDeltaY = cm_per_px
    return item


def dicom(
    pixels: NDArray[np.integer],
    *,
    photometric: str = "MONOCHROME2",
    bits_stored: int | None = None,
    syntax: str = ExplicitVRLittleEndian,
    encoded: list[bytes] | None = None,
    **attributes: object,
) -> FileDataset:
    """A multi-frame ultrasound data set of (T, H, W) or (T, H, W, 3) stored values.

    `encoded` are the frames as compressed; without it the pixels are stored as they are. `attributes` are set
    last; None deletes.
    """
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = syntax
    meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.3.1"
    meta.MediaStorageSOPInstanceUID = generate_uid()
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID, dataset.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
    dataset.Modality, dataset.PatientName, dataset.PatientID = "US", PATIENT, "ID-4711"
    dataset.NumberOfFrames, dataset.Rows, dataset.Columns = pixels.shape[:3]
    dataset.SamplesPerPixel = 3 if pixels.ndim == 4 else 1
    if pixels.ndim == 4:
        dataset.PlanarConfiguration = 0
    dataset.PhotometricInterpretation = photometric
    dataset.BitsAllocated = 8 * pixels.dtype.itemsize
    dataset.BitsStored = bits_stored or dataset.BitsAllocated
    dataset.HighBit, dataset.PixelRepresentation = dataset.BitsStored - 1, 0
    dataset.FrameTime = 20.0
    dataset.FrameIncrementPointer = 0x00181063
    dataset.PixelData = pixels.tobytes() if encoded is None else encapsulate(encoded)
    dataset["PixelData"].VR = "OB" if encoded is not None or pixels.dtype == np.uint8 else "OW"
    for keyword, value in attributes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    return dataset


def to_bytes(dataset: FileDataset) -> bytes:
    from io import BytesIO

    buffer = BytesIO()
    dataset.save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def jpeg(frame: NDArray[np.uint8]) -> bytes:
    """A frame, grey or RGB, as baseline JPEG (in YCbCr where it has colour)."""
    done, data = cv2.imencode(".jpg", frame if frame.ndim == 2 else frame[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 95])
    assert done
    return data.tobytes()


def lossless_jpeg(frame: NDArray[np.integer], bits: int) -> bytes:
    """A grey frame as lossless JPEG, process 14, selection value 1 (ITU-T T.81 annex H).

    All 17 Huffman categories get codes of five bits: no compression to speak of, but every decoder must take it.
    """
    values = frame.astype(np.int64)
    predicted = np.empty_like(values)
    predicted[:, 1:] = values[:, :-1]
    predicted[1:, 0] = values[:-1, 0]
    predicted[0, 0] = 1 << (bits - 1)
    difference = (values - predicted).ravel()
    category = np.zeros(difference.size, np.int64)
    for step in range(17):
        category[abs(difference) >= 1 << step] = step + 1
    extra = np.where(difference < 0, difference + (1 << category) - 1, difference)
    stream = "".join(
        f"{size:05b}" + (f"{value:0{size}b}" if size else "") for size, value in zip(category, extra, strict=True)
    )
    stream += "1" * (-len(stream) % 8)
    scan = int(stream, 2).to_bytes(len(stream) // 8, "big").replace(b"\xff", b"\xff\x00")
    rows, columns = frame.shape
    frame_header = struct.pack(">HBHHBBBB", 11, bits, rows, columns, 1, 1, 0x11, 0)
    table = struct.pack(">HB", 2 + 17 + 17, 0) + bytes([0, 0, 0, 0, 17] + [0] * 11) + bytes(range(17))
    scan_header = struct.pack(">HBBBBBB", 8, 1, 1, 0, 1, 0, 0)
    return b"\xff\xd8\xff\xc3" + frame_header + b"\xff\xc4" + table + b"\xff\xda" + scan_header + scan + b"\xff\xd9"
