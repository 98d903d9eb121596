import hashlib
import math
import os
import struct
from pathlib import Path

import numpy as np
import pytest
from pydicom import examples

from tests.echo.made_clips import PATIENT, dicom, fan_frames, fan_mask, region, to_bytes, with_overlays, write_video
from twin_core.echo.clip import MAX_BYTES, Clip, ClipError, read_clip

REGION_CM = 0.15


@pytest.fixture(scope="module")
def avi(tmp_path_factory):
    return write_video(tmp_path_factory.mktemp("clips") / "clip.avi", fan_frames(), "FFV1", 50.0)


@pytest.fixture(scope="module")
def dicom_bytes():
    return to_bytes(dicom(fan_frames(), SequenceOfUltrasoundRegions=[region(8, 8, 120, 90, REGION_CM)]))


@pytest.fixture(scope="module")
def sample():
    return read_clip(examples.get_path("ybr_color"))


def refusal(source, **options) -> str:
    with pytest.raises(ClipError) as caught:
        read_clip(source, **options)
    message = str(caught.value)
    assert "\n" not in message and "Traceback" not in message
    assert ";" in message or "," in message  # what is wrong, then the remedy
    return message


def test_lossless_avi_gives_its_own_frames_times_and_digest(avi):
    clip = read_clip(avi)
    assert np.array_equal(clip.frames, fan_frames())
    assert clip.time_s == pytest.approx(np.arange(12) / 50)
    assert clip.frame_rate_hz == pytest.approx(50)
    assert clip.duration_s == pytest.approx(12 / 50)
    assert clip.shape == (12, 96, 128)
    assert (clip.format, clip.cm_per_px, clip.cm_per_px_source) == ("avi", None, "unknown")
    assert clip.sha256 == hashlib.sha256(avi.read_bytes()).hexdigest()


def test_arrays_are_contiguous_and_read_only(avi):
    clip = read_clip(avi)
    for array in (clip.frames, clip.time_s, clip.sector):
        assert array.flags.c_contiguous
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_mp4_with_overlays_keeps_rate_and_leaves_overlays_out(tmp_path):
    path = write_video(tmp_path / "clip.mp4", with_overlays(fan_frames(frames=24, scale=2.0)), "mp4v", 25.0)
    clip = read_clip(path)
    assert clip.format == "mp4"
    assert clip.frame_rate_hz == pytest.approx(25, rel=1e-6)
    fan = fan_mask(192, 256, 2.0)
    assert (clip.sector & fan).sum() / (clip.sector | fan).sum() > 0.93
    assert not clip.sector[:20, :60].any()  # text
    assert not clip.sector[-8:].any()  # trace


def test_bytes_and_path_give_the_same_clip(avi):
    from_path, from_bytes = read_clip(str(avi)), read_clip(avi.read_bytes(), name="upload.avi")
    assert np.array_equal(from_path.frames, from_bytes.frames)
    assert from_path.sha256 == from_bytes.sha256


def test_content_decides_not_the_name(avi):
    assert read_clip(avi.read_bytes(), name="picture.png").format == "avi"
    assert refusal(b"\x89PNG\r\n\x1a\n" + bytes(100), name="clip.avi").startswith("clip.avi: it is a PNG image")


def test_depth_calibrates_by_the_sectors_height(avi):
    clip = read_clip(avi, depth_cm=16.0)
    top, bottom, _, _ = clip.crop_box
    assert clip.cm_per_px == pytest.approx((16.0 / (bottom - top),) * 2)
    assert clip.cm_per_px_source == "depth_given"
    assert read_clip(avi).with_depth(16.0).cm_per_px == clip.cm_per_px


def test_region_calibrates_and_a_given_depth_wins(dicom_bytes):
    stated = read_clip(dicom_bytes)
    assert (stated.cm_per_px, stated.cm_per_px_source) == ((REGION_CM, REGION_CM), "dicom_region")
    given = read_clip(dicom_bytes, depth_cm=20.0)
    assert given.cm_per_px_source == "depth_given"
    assert given.cm_per_px != stated.cm_per_px


@pytest.mark.parametrize("depth", [2.9, 41, -5, 0, math.nan, math.inf, "deep"])
def test_impossible_depth_is_refused_before_reading(depth):
    message = refusal("absent.avi", depth_cm=depth)
    assert repr(depth) in message and "3 to 40 cm" in message


def test_sector_frames_hold_nothing_from_outside(avi):
    clip = read_clip(avi)
    top, bottom, left, right = clip.crop_box
    cut = clip.sector_frames()
    assert cut.shape == (12, bottom - top, right - left)
    assert not cut[:, ~clip.sector[top:bottom, left:right]].any()
    assert np.array_equal(cut[:, clip.sector[top:bottom, left:right]], clip.frames[:, clip.sector])


def test_pydicom_sample_is_calibrated_for_the_stored_pixels(sample):
    # Its region is written for 640 x 480, its pixels are 320 x 240: each is twice as large as the tag says.
    assert sample.cm_per_px == pytest.approx((2 * 0.05104970559477806,) * 2)
    top, bottom, _, _ = sample.crop_box
    assert (bottom - top) * sample.cm_per_px[0] == pytest.approx(19.0, abs=0.4)  # the screen says 19
    assert sample.time_s == pytest.approx(0.033333 * np.arange(30))


def test_pydicom_sample_sector_leaves_text_out(sample):
    assert 0.3 < sample.sector.mean() < 0.42
    assert sample.sector[85:190, 105:235].all()  # the heart
    assert not sample.sector[:, :36].any()  # name and mode
    assert not sample.sector[:, 304:].any()  # indices and depth scale
    assert not sample.sector[210:].any()  # menu bar


def test_clip_and_messages_hold_no_patient_tag(dicom_bytes, sample):
    assert PATIENT.encode() in dicom_bytes
    clip = read_clip(dicom_bytes)
    assert not {"patient", "dataset", "meta"} & set(vars(clip))
    assert PATIENT not in repr(vars(clip)) and "ID-4711" not in repr(vars(clip))
    assert "PLA" not in repr(vars(sample))
    position = dicom_bytes.index(PATIENT.encode())
    for end in (position + 5, position + 40, len(dicom_bytes) // 2, len(dicom_bytes) - 1):
        message = refusal(dicom_bytes[:end])
        assert not any(part in message for part in ("HIPPO", "4711"))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "empty (0 bytes)"),
        (b"%PDF-1.7 ...", "a PDF document"),
        (b"patient,ef\n1,55\n", "a text file"),
        (b"PK\x03\x04\x14\x00\x00\x00" + bytes(60), "a ZIP archive"),
        (b"PK\x03\x04\x14\x00\x01\x00" + bytes(60), "a password-protected ZIP archive"),
        (bytes(range(128, 256)) * 40, "unknown type"),
        (b"RIFF" + struct.pack("<I", 4) + b"AVI ", "no video that can be decoded"),
    ],
)
def test_what_is_no_clip_is_named(data, says):
    message = refusal(data, name="upload")
    assert message.startswith("upload: ") and says in message


def test_still_and_empty_videos_are_refused(tmp_path):
    one = write_video(tmp_path / "one.avi", fan_frames(1), "FFV1", 50.0)
    assert "one frame; at least 8" in refusal(one)
    few = write_video(tmp_path / "few.avi", fan_frames(5), "FFV1", 50.0)
    assert "5 frames; at least 8" in refusal(few)


def test_black_clip_has_no_sector(tmp_path):
    path = write_video(tmp_path / "black.avi", np.zeros((12, 96, 128), np.uint8), "FFV1", 50.0)
    assert "no ultrasound sector" in refusal(path)


def test_paths_that_are_no_file_are_refused(tmp_path):
    assert "there is no such file" in refusal(tmp_path / "absent.avi")
    assert "it is a folder" in refusal(tmp_path)
    assert "cannot be read" in refusal("null\0byte.avi") or "no such file" in refusal("null\0byte.avi")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_does_not_hang(tmp_path):
    os.mkfifo(tmp_path / "pipe.avi")
    assert "not a regular file" in refusal(tmp_path / "pipe.avi")


def test_too_large_a_file_is_refused_unread(tmp_path):
    with (tmp_path / "large.avi").open("wb") as file:
        file.truncate(MAX_BYTES + 1024**2)
    assert "201 MB, the limit is 200 MB" in refusal(tmp_path / "large.avi")


@pytest.mark.parametrize("kind", ["avi", "mp4", "dicom"])
def test_cut_short_anywhere_is_refused(kind, avi, dicom_bytes, tmp_path):
    if kind == "mp4":
        data = write_video(tmp_path / "clip.mp4", fan_frames(), "mp4v", 25.0).read_bytes()
    else:
        data = avi.read_bytes() if kind == "avi" else dicom_bytes
    rng = np.random.default_rng(0)
    for end in {3, 11, 140, 600, len(data) // 2, len(data) - 3, *rng.integers(1, len(data) - 2, 3).tolist()}:
        refusal(data[:end], name="upload")


def test_compressed_dicom_cut_short_is_refused():
    data = Path(examples.get_path("ybr_color")).read_bytes()
    for end in (2000, 40_000, len(data) // 2, len(data) - 100):
        message = refusal(data[:end], name="upload")
        assert "cut short" in message


def test_damaged_bytes_never_crash(avi, dicom_bytes):
    rng = np.random.default_rng(1)
    for data in (avi.read_bytes(), dicom_bytes):
        for _ in range(4):
            damaged = bytearray(data)
            for position in rng.integers(0, 2500, 30):
                damaged[position] = rng.integers(256)
            try:
                assert read_clip(bytes(damaged), name="upload").frames.dtype == np.uint8
            except ClipError as error:
                assert "\n" not in str(error)


def test_decoders_print_nothing(avi, capfd):
    data = avi.read_bytes()
    refusal(data[:4] + struct.pack("<I", 0) + data[8:700])  # looks whole, decodes to nothing
    assert capfd.readouterr() == ("", "")


def test_clip_refuses_parts_that_do_not_match():
    whole = {
        "frames": fan_frames(),
        "time_s": np.arange(12) / 50,
        "cm_per_px": None,
        "cm_per_px_source": "unknown",
        "sector": fan_mask(),
        "format": "avi",
        "sha256": "0" * 64,
    }
    assert Clip(**whole).frame_rate_hz == pytest.approx(50)
    for wrong, says in (
        ({"time_s": np.arange(11) / 50}, "do not match"),
        ({"sector": np.ones((3, 3), bool)}, "do not match"),
        ({"time_s": np.zeros(12)}, "do not rise"),
        ({"frames": fan_frames().astype(float)}, "float64"),
    ):
        with pytest.raises(ClipError, match=says):
            Clip(**(whole | wrong))


@pytest.mark.parametrize("name", ["normal", "low_ef", "arrhythmia"])
def test_real_clips_keep_the_ventricle_in_the_sector(real_echo, name):
    clip = read_clip(real_echo / f"{name}.avi")
    assert clip.frame_rate_hz == pytest.approx(50)
    masks = np.load(real_echo / f"{name}_masks.npz")["masks"] > 0
    assert masks.shape == clip.shape
    assert masks[:, clip.sector].sum() / masks.sum() > 0.995
    assert 0.55 < clip.sector.mean() < 0.75
    assert not clip.sector[:5].any()  # orientation mark above the tip
    # Corners above the fan's straight edges.
    assert not clip.sector[:40, :20].any() and not clip.sector[:30, -20:].any()


def test_real_mp4_leaves_trace_and_ticks_out(real_echo):
    clip = read_clip(real_echo / "a4c_with_ecg_582px.mp4")
    assert clip.frame_rate_hz == pytest.approx(30) and clip.shape == (120, 582, 582)
    top, bottom, _, _ = clip.crop_box
    assert 52 <= top <= 64 and 538 <= bottom <= 546
    assert not clip.sector[546:].any()
    assert clip.sector[300:500, 200:400].all()
