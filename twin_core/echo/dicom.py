"""Multi-frame ultrasound DICOM to grey frames, their times and the regions' calibration. No patient tag is read."""

import io
import math

from pydicom import Dataset, dcmread

from .decoded import Decoded, UltrasoundRegion
from .dicom_pixels import decode_pixels
from .frame_times import dicom_frame_times
from .limits import ClipError, check_frame_count, check_frame_size

_US_MULTI_FRAME = ("1.2.840.10008.5.1.4.1.1.3", "1.2.840.10008.5.1.4.1.1.3.1")
_US_VOLUME = "1.2.840.10008.5.1.4.1.1.6.2"
_PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_CM = 3
_TWO_D, _TISSUE = 1, 1


def decode_dicom(data: bytes) -> Decoded:
    """Decode a multi-frame ultrasound DICOM file.

    Args:
        data: the file's bytes.

    Returns:
        Grey frames, their times and the 2-D tissue regions with a calibration in centimetres.

    Raises:
        ClipError: if the file is damaged, encrypted, of another modality, has no pixels or frame times, cannot
            be decoded, or is out of bounds. The message holds no patient attribute.
    """
    try:
        dataset = dcmread(io.BytesIO(data), force=True)
    except MemoryError:
        raise
    except Exception as error:  # pydicom raises whatever the damaged bytes lead to
        raise ClipError(f"the DICOM file is damaged or cut short ({_kind(error)}); copy or export it again") from None
    _check_is_clip(dataset)
    frames = _integer(dataset, "NumberOfFrames", default=1)
    rows, columns = _integer(dataset, "Rows"), _integer(dataset, "Columns")
    check_frame_size(rows, columns)
    check_frame_count(frames, rows, columns)
    time_s = dicom_frame_times(dataset, frames)
    pictures, coloured = decode_pixels(dataset, frames, rows, columns)
    return Decoded(frames=pictures, time_s=time_s, coloured=coloured, regions=_regions(dataset))


def _kind(error: Exception) -> str:
    """The error's type only: pydicom's texts may quote the file's values."""
    return type(error).__name__


def _check_is_clip(dataset: Dataset) -> None:
    if len(dataset) == 0:
        raise ClipError("the DICOM file is cut short: no complete element can be read; copy or export it again")
    has_pixels = any(keyword in dataset for keyword in _PIXEL_KEYWORDS)
    # De-identified files keep the identity encrypted beside readable pixels: only those without pixels are refused.
    if "EncryptedAttributesSequence" in dataset and not has_pixels:
        raise ClipError("the DICOM file is encrypted; decrypt it, or export it again without encryption")
    modality = str(dataset.get("Modality", "")).strip()[:16]
    sop_class = str(dataset.get("SOPClassUID", ""))
    if modality != "US" and not (modality == "" and sop_class in _US_MULTI_FRAME):
        raise ClipError(
            f"its modality is {modality or 'not given'}, not US (ultrasound); choose the apical four-chamber clip "
            "of an echocardiogram"
        )
    if sop_class == _US_VOLUME:
        raise ClipError("it is a 3-D ultrasound volume; export a 2-D apical four-chamber clip")
    if not has_pixels:
        raise ClipError(
            "the DICOM file has no pixel data: a report, a measurement, or a file cut short; "
            "choose the image file of the clip, or export it again"
        )
    if "PixelData" not in dataset:
        raise ClipError("its pixels are floating-point numbers, not an image; export an 8-bit ultrasound clip")


def _integer(dataset: Dataset, keyword: str, *, default: int | None = None) -> int:
    value = dataset.get(keyword)
    if value in (None, "") and default is not None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ClipError(f"the DICOM file gives no usable {keyword}; export it again") from None


def _regions(dataset: Dataset) -> tuple[UltrasoundRegion, ...]:
    """The 2-D tissue regions whose pixels are calibrated in centimetres."""
    found = []
    for item in dataset.get("SequenceOfUltrasoundRegions", None) or []:
        try:
            if (int(item.RegionSpatialFormat), int(item.RegionDataType)) != (_TWO_D, _TISSUE):
                continue
            if (int(item.PhysicalUnitsXDirection), int(item.PhysicalUnitsYDirection)) != (_CM, _CM):
                continue
            region = UltrasoundRegion(
                x0=int(item.RegionLocationMinX0),
                y0=int(item.RegionLocationMinY0),
                x1=int(item.RegionLocationMaxX1),
                y1=int(item.RegionLocationMaxY1),
                # Some machines count y upwards and write a negative step.
                cm_per_px=(abs(float(item.PhysicalDeltaY)), abs(float(item.PhysicalDeltaX))),
            )
        except (AttributeError, TypeError, ValueError):
            continue  # an incomplete region calibrates nothing
        if all(math.isfinite(step) and step > 0 for step in region.cm_per_px):
            found.append(region)
    return tuple(found)
