import stat
import sys
import zlib

import numpy as np
import pytest
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

from tests.echo.made_clips import dicom, fan_frames, region, to_bytes
from twin_core.echo.decode_process import decode
from twin_core.echo.decoded import UltrasoundRegion
from twin_core.echo.limits import ClipError


def test_everything_decoded_comes_back():
    dataset = dicom(fan_frames(), SequenceOfUltrasoundRegions=[region(1, 2, 100, 90, 0.1)])
    decoded = decode(to_bytes(dataset), "dicom")
    assert np.array_equal(decoded.frames, fan_frames())
    assert decoded.time_s == pytest.approx(0.02 * np.arange(12))
    assert decoded.coloured.shape == (96, 128) and not decoded.coloured.any()
    assert decoded.regions == (UltrasoundRegion(x0=1, y0=2, x1=100, y1=90, cm_per_px=(0.1, 0.1)),)


def test_a_message_comes_back_as_it_was():
    with pytest.raises(ClipError, match="its modality is MR, not US"):
        decode(to_bytes(dicom(fan_frames(), Modality="MR")), "dicom")


def test_taking_too_long_is_a_message():
    with pytest.raises(ClipError, match=r"more than 0\.01 s"):
        decode(to_bytes(dicom(fan_frames())), "dicom", seconds=0.01)


@pytest.mark.skipif(sys.platform == "win32", reason="no shell script")
def test_a_crash_is_a_message(tmp_path, monkeypatch):
    crashing = tmp_path / "python"
    crashing.write_text("#!/bin/sh\nkill -SEGV $$\n")
    crashing.chmod(crashing.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(sys, "executable", str(crashing))
    with pytest.raises(ClipError, match="stopped with status -11"):
        decode(b"anything", "avi")


@pytest.mark.skipif(sys.platform != "linux", reason="the memory limit is enforced on Linux")
def test_a_file_that_inflates_without_end_is_a_message():
    # 1.2 GB of zeros deflate to about a megabyte; the limit is set lower still, to be quick.
    whole = dicom(fan_frames(), syntax=DeflatedExplicitVRLittleEndian)
    header = to_bytes(whole)
    start = header.index(DeflatedExplicitVRLittleEndian.encode()) + len(DeflatedExplicitVRLittleEndian)
    del whole.PixelData
    elements = DicomBytesIO()
    elements.is_little_endian, elements.is_implicit_VR = True, False
    write_dataset(elements, whole)
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    body = deflate.compress(elements.getvalue())
    zeros = bytes(2**24)
    body += b"".join(deflate.compress(zeros) for _ in range(72)) + deflate.flush()
    meta_end = _meta_end(header)
    assert start <= meta_end
    with pytest.raises(ClipError, match=r"GB of memory|cut short|cannot be decoded"):
        decode(header[:meta_end] + body, "dicom", memory_bytes=10**9)


def _meta_end(data: bytes) -> int:
    length = int.from_bytes(data[140:144], "little")  # File Meta Information Group Length
    return 144 + length
