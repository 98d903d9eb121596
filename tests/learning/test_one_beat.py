import dataclasses

import numpy as np
import pytest

from twin_core.echo.clip import Clip
from twin_core.echo.volumes import measure
from twin_core.learning.one_beat import CURVE, PICTURES, SIDE, one_beat

RATE_HZ, PERIOD_S, COUNT = 40.0, 0.8, 100


def beating_disk(start=0.0, count=COUNT):
    """A clip with an ellipse that beats with a period of 0.8 s, its masks and their measurement."""
    time = np.arange(count) / RATE_HZ
    rows, columns = np.mgrid[:112, :112]
    size = 1.0 + 0.15 * np.cos(2 * np.pi * (time + start) / PERIOD_S)
    inside = ((rows - 50) / 36.0) ** 2 + ((columns - 56) / 20.0) ** 2 < size[:, None, None] ** 2
    frames = np.where(inside, 30, 160).astype(np.uint8)
    clip = Clip(
        frames=frames,
        time_s=time,
        cm_per_px=(0.13, 0.13),
        cm_per_px_source="depth_given",
        sector=np.ones((112, 112), bool),
        format="rendered",
        sha256="",
    )
    masks = inside.astype(np.uint8)
    return clip, masks, measure(masks, time, clip.cm_per_px, clip.sector)


def test_a_beat_runs_from_end_diastole_over_one_period():
    clip, masks, measurement = beating_disk(start=0.3)
    beat = one_beat(clip, masks, measurement)
    assert beat.pictures.shape == (2, PICTURES, SIDE, SIDE)
    assert beat.pictures.dtype == np.uint8
    assert beat.curve.shape == (CURVE,)
    assert beat.curve[0] == pytest.approx(1.0, abs=1e-6)
    assert int(beat.curve.argmin()) == pytest.approx(CURVE / 2, abs=2)
    assert beat.curve[-1] > 0.9
    assert beat.heart_rate_bpm == pytest.approx(75.0, rel=0.05)
    assert (beat.edv_ml, beat.esv_ml) == (measurement.edv_ml, measurement.esv_ml)
    areas = (beat.pictures[1] > 127).sum((1, 2))
    assert areas[0] > 1.5 * areas[PICTURES // 2]
    assert abs(int(areas.argmin()) - PICTURES // 2) <= 2


def test_the_phase_at_which_a_clip_starts_does_not_matter():
    early, late = one_beat(*beating_disk(0.1)), one_beat(*beating_disk(0.5))
    assert early.curve == pytest.approx(late.curve, abs=0.05)


def test_phases_after_the_clips_end_are_taken_a_period_earlier():
    clip, masks, measurement = beating_disk(start=0.3, count=42)  # end-diastole at 0.5 s, the clip ends at 1.05 s
    beat = one_beat(clip, masks, dataclasses.replace(measurement, heart_rate_bpm=75.0))
    whole = one_beat(*beating_disk(start=0.3))
    assert beat.curve == pytest.approx(whole.curve, abs=0.05)
    assert (beat.pictures[1] != whole.pictures[1]).mean() < 0.03


def test_a_picture_is_the_clips_own_pixels_and_black_outside_the_sector():
    clip, masks, measurement = beating_disk()
    half = np.zeros((112, 112), bool)
    half[:, 10:] = True
    beat = one_beat(dataclasses.replace(clip, sector=half), masks, measurement)
    assert beat.pictures[0].max() > 150
    assert set(np.unique(beat.pictures[1][:, :2])) == {0}


def test_what_cannot_be_used_is_refused_with_the_reason():
    clip, masks, measurement = beating_disk()
    with pytest.raises(ValueError, match=r"masks must be \(100, 112, 112\).*got \(99"):
        one_beat(clip, masks[1:], measurement)
    with pytest.raises(ValueError, match=r"no complete beat.*longer clip"):
        one_beat(clip, masks, dataclasses.replace(measurement, beats=()))
    with pytest.raises(ValueError, match=r"no heart rate.*too short"):
        unknown = dataclasses.replace(measurement, heart_rate_bpm=None, heart_rate_reason="too short")
        one_beat(clip, masks, unknown)
    with pytest.raises(ValueError, match="not finite"):
        one_beat(clip, masks, dataclasses.replace(measurement, edv_ml=float("nan")))
    with pytest.raises(ValueError, match="EDV > ESV"):
        one_beat(clip, masks, dataclasses.replace(measurement, esv_ml=1000.0))
