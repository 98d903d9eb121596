import struct

import numpy as np
import pytest

from tests.echo.made_clips import fan_frames, with_overlays, write_video
from twin_core.echo.limits import ClipError
from twin_core.echo.video import decode_video, frame_times


@pytest.fixture(scope="module")
def avi(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("video") / "clip.avi", fan_frames(), "FFV1", 50.0).read_bytes()


@pytest.mark.parametrize(("fourcc", "suffix"), [("MJPG", "avi"), ("XVID", "avi"), ("mp4v", "mp4"), ("FFV1", "avi")])
@pytest.mark.parametrize("rate_hz", [15.0, 29.97, 80.0])
def test_codecs_give_frames_and_times(tmp_path, fourcc, suffix, rate_hz):
    frames = fan_frames(scale=2.0)
    decoded = decode_video(write_video(tmp_path / f"clip.{suffix}", frames, fourcc, rate_hz).read_bytes())
    assert decoded.frames.shape == frames.shape and decoded.frames.dtype == np.uint8
    assert np.abs(decoded.frames.astype(float) - frames).mean() < 12  # speckle suffers most from compression
    assert decoded.time_s == pytest.approx(np.arange(12) / rate_hz, rel=1e-3)
    assert not decoded.coloured.any()


def test_colour_is_mapped(tmp_path):
    colour = with_overlays(fan_frames())
    decoded = decode_video(write_video(tmp_path / "clip.avi", colour, "FFV1", 50.0).read_bytes())
    trace = (colour[-1, ..., 1] - colour[-1, ..., 0].astype(int)) > 100
    assert trace.any() and decoded.coloured[trace].mean() > 0.95
    assert not decoded.coloured[:70].any()


def test_uneven_time_stamps_are_kept():
    stamps = np.array([0.10, 0.12, 0.15, 0.17, 0.20, 0.22, 0.25, 0.30])
    assert frame_times(stamps, 40.0) == pytest.approx(stamps - 0.10)


def test_unusable_time_stamps_fall_back_on_the_rate():
    assert frame_times(np.zeros(4), 40.0) == pytest.approx([0, 0.025, 0.05, 0.075])
    assert frame_times(np.array([0.0, np.nan, 0.1, 0.2]), 10.0) == pytest.approx([0, 0.1, 0.2, 0.3])


@pytest.mark.parametrize("rate_hz", [0.0, 1.0, 1000.0, 90000.0, np.nan, np.inf, -5.0])
def test_absurd_rates_are_refused(rate_hz):
    with pytest.raises(ClipError, match="frames a second, outside 4 to 500"):
        frame_times(np.zeros(20), rate_hz)


def test_absurd_rate_in_a_file_is_refused(tmp_path):
    with pytest.raises(ClipError, match="says 1 frames a second"):
        decode_video(write_video(tmp_path / "slow.avi", fan_frames(), "FFV1", 1.0).read_bytes())


def test_header_claiming_huge_frames_is_refused(avi):
    header = bytearray(avi)
    size = header.index(b"strf") + 12  # width and height of the BITMAPINFOHEADER
    assert struct.unpack("<ii", header[size : size + 8]) == (128, 96)
    header[size : size + 8] = struct.pack("<ii", 60_000, 60_000)
    with pytest.raises(ClipError, match=r"60000 x 60000 pixels|no video that can be decoded|no frames"):
        decode_video(bytes(header))


def test_header_lying_about_the_frame_count_is_harmless(avi):
    header = bytearray(avi)
    count = header.index(b"avih") + 8 + 16
    assert struct.unpack("<I", header[count : count + 4]) == (12,)
    header[count : count + 4] = struct.pack("<I", 1_000_000)
    assert len(decode_video(bytes(header)).frames) == 12


def test_missing_half_of_the_frames_is_refused(tmp_path):
    data = bytearray(write_video(tmp_path / "clip.avi", fan_frames(40), "MJPG", 50.0).read_bytes())
    for frame in range(10, 40):  # the chunks of the later frames become junk
        position = data.index(b"00dc", data.index(b"movi"))
        del frame
        data[position : position + 4] = b"JUNK"
    with pytest.raises(ClipError, match="frames"):
        decode_video(bytes(data))
