from dataclasses import replace

import cv2
import numpy as np
import pytest

from dashboard import tables
from dashboard.clip_player import player_data
from dashboard.frames import MAX_PICTURES, record_echo
from twin_core.echo.clip import Clip
from twin_core.echo.volumes import measure


def made(frames=60, rate_hz=30.0):
    """A sector with a round cavity that beats once a second, and text burned in outside the sector."""
    sector = np.zeros((120, 160), bool)
    sector[10:110, 20:140] = True
    pixels = np.zeros((frames, 120, 160), np.uint8)
    pixels[:, sector] = 90
    pixels[:, :8, :30] = 255
    masks = np.zeros_like(pixels)
    for i in range(frames):
        radius = round(22 + 6 * np.cos(2 * np.pi * i / rate_hz))
        cv2.ellipse(masks[i], (80, 60), (radius, radius + 8), 0, 0, 360, 1, -1)
    pixels[masks > 0] = 10
    time = np.arange(frames) / rate_hz
    clip = Clip(
        frames=pixels,
        time_s=time,
        cm_per_px=None,
        cm_per_px_source="unknown",
        sector=sector,
        format="avi",
        sha256="a" * 64,
    )
    return clip, masks, measure(masks, time, None, sector)


@pytest.fixture(scope="module")
def record():
    return record_echo(*made())


def test_every_frame_has_its_picture_cut_to_the_sector(record):
    assert list(record.shown) == list(range(60))
    for data in record.pictures[::20]:
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        assert picture.shape[:2] == (record.rows, record.columns) == (267, 320)
        assert not (picture > 240).all(axis=2).any(), "text outside the sector is gone"


def test_pictures_show_the_contour_of_their_own_frame(record):
    def blue(data):
        picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)
        return np.argwhere(picture[:, :, 0] - picture[:, :, 2] > 60)

    full, empty = (blue(record.pictures[i])[:, 0] for i in (0, 15))
    assert np.ptp(full) > np.ptp(empty) + 20, "the contour of end-diastole is taller than that of end-systole"


def test_a_contour_that_was_set_aside_is_not_drawn():
    clip, masks, _ = made()
    masks[30] = 0
    masks[30, 20:30, 30:40] = 1  # a contour that jumped away
    record = record_echo(clip, masks, measure(masks, clip.time_s, None, clip.sector))
    assert list(record.rejected.nonzero()[0]) == [30]
    volumes = player_data(record, calibrated=False)["contour_volume_ml"]
    assert [i for i, volume in enumerate(volumes) if volume is None] == [30]
    pictures = [
        cv2.imdecode(np.frombuffer(record.pictures[i], np.uint8), cv2.IMREAD_COLOR).astype(int) for i in (29, 30)
    ]
    drawn, plain = (int((one[:, :, 0] - one[:, :, 2] > 60).sum()) for one in pictures)
    assert drawn > 200 and plain == 0


def test_a_long_clip_is_thinned_evenly():
    record = record_echo(*made(frames=600))
    assert len(record.pictures) == len(record.shown) == MAX_PICTURES
    assert (record.shown[0], record.shown[-1]) == (0, 599)
    assert np.ptp(np.diff(record.shown)) <= 1
    assert len(record.time_s) == 600, "the curve keeps every frame"


def test_times_start_at_zero_and_beats_are_kept(record):
    assert record.time_s[0] == 0
    assert len(record.beats) >= 1
    assert record.volume_ml[record.beats[0].es_index] == record.beats[0].esv


def test_beats_set_aside_are_kept_apart():
    clip, masks, _ = made()
    masks[:1] = 0
    measurement = measure(masks, clip.time_s, None, clip.sector)
    record = record_echo(clip, masks, measurement)
    assert record.set_aside == measurement.set_aside and len(record.set_aside) == 1
    assert not set(record.beats) & set(record.set_aside)
    assert record.irregularity == measurement.irregularity


def test_the_player_gets_pictures_curve_and_marks(record):
    data = player_data(record, calibrated=False)
    assert all(one.startswith("data:image/jpeg;base64,/9j/") for one in data["frames"])
    assert len(data["frames"]) == len(data["shown"]) == 60
    assert data["volume_ml"] == pytest.approx(record.volume_ml, abs=0.01)
    assert data["contour_volume_ml"] == pytest.approx(record.contour_volume_ml, abs=0.01)
    assert np.abs(record.contour_volume_ml - record.volume_ml).max() > 0.1, (
        "the curve is steadied, the contours' own not"
    )
    assert data["beats"] == [{"ed": beat.ed_index, "es": beat.es_index} for beat in record.beats]
    assert data["axis"] == "LV volume (mL, scale assumed)"
    assert player_data(record, calibrated=True)["axis"] == "LV volume (mL)"


def test_the_beats_table_ends_with_means_and_their_spread(record):
    clip, masks, _ = made(frames=90)
    several = record_echo(clip, masks, measure(masks, clip.time_s, None, clip.sector))
    html = tables.beats_table(several)
    found = [beat.ef_pct for beat in several.beats]
    assert len(found) >= 2
    assert f"{np.mean(found):.1f} ± {np.std(found, ddof=1):.1f}" in html
    assert html.count("±") == 4, "in the row's name and in three cells"
    one = replace(several, beats=several.beats[:1])
    assert "±" not in tables.beats_table(one)
