from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from pydicom import Dataset, dcmwrite, examples
from pydicom.data import get_testdata_file
from pydicom.sequence import Sequence
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from tests.echo.made_clips import dicom, fan_frames, region, to_bytes
from twin_core.echo.dicom import decode_dicom
from twin_core.echo.limits import ClipError

GREY = fan_frames()


def refusal(dataset) -> str:
    with pytest.raises(ClipError) as caught:
        decode_dicom(to_bytes(dataset))
    assert "\n" not in str(caught.value) and "HIPPO" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_uncompressed_syntaxes(syntax):
    decoded = decode_dicom(to_bytes(dicom(GREY, syntax=syntax)))
    assert np.array_equal(decoded.frames, GREY)
    assert decoded.time_s == pytest.approx(0.02 * np.arange(12))


def test_a_file_without_preamble_is_read():
    data = to_bytes(dicom(GREY))[132:]
    assert np.array_equal(decode_dicom(data).frames, GREY)


def test_only_calibrated_tissue_regions_count():
    spectrum = region(0, 0, 9, 9, 0.1)
    spectrum.RegionSpatialFormat, spectrum.RegionDataType = 3, 3
    upwards = region(1, 2, 30, 40, 0.1)
    upwards.PhysicalDeltaY = -0.2
    incomplete = region(0, 0, 9, 9, 0.1)
    del incomplete.PhysicalDeltaX
    items = [spectrum, upwards, incomplete, region(0, 0, 9, 9, 0.1, units=0), region(0, 0, 9, 9, 0.0)]
    (found,) = decode_dicom(to_bytes(dicom(GREY, SequenceOfUltrasoundRegions=items))).regions
    assert (found.x0, found.y0, found.x1, found.y1) == (1, 2, 30, 40)
    assert found.cm_per_px == (0.2, 0.1)


def test_other_modalities_are_named():
    assert "modality is MR" in refusal(dicom(GREY, Modality="MR"))
    with pytest.raises(ClipError, match="modality is CT"):
        decode_dicom(Path(get_testdata_file("CT_small.dcm")).read_bytes())
    unnamed = dicom(GREY, Modality=None)
    assert len(decode_dicom(to_bytes(unnamed)).frames) == 12  # its class says ultrasound
    assert "modality is not given" in refusal(dicom(GREY, Modality=None, SOPClassUID="1.2.840.10008.5.1.4.1.1.7"))
    assert "3-D ultrasound volume" in refusal(dicom(GREY, SOPClassUID="1.2.840.10008.5.1.4.1.1.6.2"))


def test_missing_pixels_times_and_sizes():
    assert "no pixel data" in refusal(dicom(GREY, PixelData=None))
    assert "frame times are missing" in refusal(dicom(GREY, FrameTime=None))
    assert "no usable Rows" in refusal(dicom(GREY, Rows=None))
    assert "0 pixels" in refusal(dicom(GREY, Rows=0))


def test_encrypted_files_are_named_unless_their_pixels_are_readable():
    encrypted = Sequence([Dataset()])
    assert "encrypted" in refusal(dicom(GREY, PixelData=None, EncryptedAttributesSequence=encrypted))
    kept = decode_dicom(to_bytes(dicom(GREY, EncryptedAttributesSequence=encrypted)))
    assert np.array_equal(kept.frames, GREY)


def test_frame_counts():
    assert "no frames" in refusal(dicom(GREY, NumberOfFrames=0))
    assert "one frame" in refusal(dicom(GREY[:1]))
    assert "one frame" in refusal(dicom(GREY[:1], NumberOfFrames=None))
    with pytest.raises(ClipError, match="one frame"):
        decode_dicom(Path(examples.get_path("rgb_color")).read_bytes())


def test_claims_beyond_the_data_cost_nothing():
    assert "4.3 GB once decoded" in refusal(dicom(GREY, Rows=4096, Columns=4096, NumberOfFrames=256))
    assert "65535" in refusal(dicom(GREY, Rows=65535, Columns=65535))
    short = refusal(dicom(GREY, NumberOfFrames=1000))
    assert "cut short: 147456 bytes of pixels where 1000 frames of 128 x 96 need 12288000" in short


def test_big_endian_is_read():
    deep = GREY.astype(np.uint16) * 256
    expected = decode_dicom(to_bytes(dicom(deep))).frames
    swapped = dicom(deep, syntax=ExplicitVRBigEndian, PixelData=deep.byteswap().tobytes())
    swapped.set_original_encoding(is_implicit_vr=False, is_little_endian=False)
    buffer = BytesIO()
    dcmwrite(buffer, swapped, implicit_vr=False, little_endian=False, enforce_file_format=True)
    assert np.array_equal(decode_dicom(buffer.getvalue()).frames, expected)
