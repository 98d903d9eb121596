import struct

import pytest

from twin_core.echo.formats import detect_format
from twin_core.echo.limits import ClipError


def avi(body: bytes = b"x" * 100, claimed: int | None = None) -> bytes:
    return b"RIFF" + struct.pack("<I", 4 + len(body) if claimed is None else claimed) + b"AVI " + body


def box(kind: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", 8 + len(body)) + kind + body


def test_formats_are_told_by_content():
    assert detect_format(avi()) == "avi"
    assert detect_format(box(b"ftyp", b"isom") + box(b"moov") + box(b"mdat", b"123")) == "mp4"
    assert detect_format(box(b"moov") + box(b"mdat", b"123")) == "mp4"  # QuickTime may lack ftyp
    assert detect_format(bytes(128) + b"DICM") == "dicom"
    assert detect_format(b"\x08\x00\x05\x00CS" + bytes(40)) == "dicom"  # no preamble


def test_streamed_and_long_avi_pass():
    assert detect_format(avi(claimed=0)) == "avi"
    assert detect_format(avi(claimed=0xFFFFFFFF)) == "avi"
    assert detect_format(avi() + b"RIFF" + struct.pack("<I", 8) + b"AVIX" + b"1234") == "avi"


def test_mp4_sizes_of_64_bits_and_to_the_end_pass():
    wide = struct.pack(">I", 1) + b"mdat" + struct.pack(">Q", 16 + 5) + b"12345"
    assert detect_format(box(b"ftyp") + wide + box(b"moov")) == "mp4"
    assert detect_format(box(b"ftyp") + box(b"moov") + struct.pack(">I", 0) + b"mdat12345") == "mp4"


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (avi()[:-2], "cut short: 110 bytes of at least 112"),
        (avi() + b"RIFF" + struct.pack("<I", 900) + b"AVIX", "cut short"),
        (box(b"ftyp") + box(b"moov") + struct.pack(">I", 99) + b"mdat", "cut short"),
        (box(b"ftyp") + box(b"mdat", b"123"), "no index"),
        (box(b"ftyp") + struct.pack(">I", 3) + b"mdat", "MP4 box of 3 bytes"),
        (b"\x30\x82\x10\x00\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03" + bytes(50), "encrypted"),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a JPEG image"),
        (b"\x1aE\xdf\xa3" + bytes(20), "Matroska"),
        (b"<!doctype html>", "HTML"),
    ],
)
def test_other_and_incomplete_files_are_refused(data, says):
    with pytest.raises(ClipError, match=says):
        detect_format(data)
