import stat
import sys
import zlib

import numpy as np
import pytest
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
    # Deflated zeros shrink a thousandfold: a small file may claim any memory. The limit is low to be quick.
    whole = to_bytes(dicom(fan_frames(), syntax=DeflatedExplicitVRLittleEndian))
    meta_end = 144 + int.from_bytes(whole[140:144], "little")  # File Meta Information Group Length
    deflate = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    zeros = bytes(2**24)
    body = b"".join(deflate.compress(zeros) for _ in range(72)) + deflate.flush()
    with pytest.raises(ClipError, match=r"more than 1\.0 GB of memory"):
        decode(whole[:meta_end] + body, "dicom", memory_bytes=10**9)
