import itertools

import numpy as np
import pytest

from twin_core.echo.phantom import Phantom, render_clip
from twin_core.echo.quality import ContourFigures, PictureFigures, beat_reasons, length_reasons
from twin_core.echo.volumes import measure


@pytest.fixture(scope="module")
def clip():
    time = np.arange(40) / 30
    volume = 95 + 40 * np.cos(2 * np.pi * time / 0.8)
    return render_clip(volume, time, Phantom.sample(np.random.default_rng(8), edv_ml=135.0, esv_ml=55.0))


def reasons(frames, sector):
    return PictureFigures.of(frames, sector).reasons


def test_a_good_clip_has_no_reason_and_its_figures_are_what_they_say(clip):
    figures = PictureFigures.of(clip.frames, clip.sector)
    assert figures.reasons == ()
    assert figures.brightest == pytest.approx(np.percentile(clip.frames[:, clip.sector], 99.5), abs=6)
    inside = clip.frames[:, clip.sector].astype(float)
    neighbours = [np.corrcoef(a, b)[0, 1] for a, b in itertools.pairwise(inside)]
    assert figures.coherence == pytest.approx(np.median(neighbours), abs=0.03)


def test_brightness_outside_the_sector_does_not_count(clip):
    lit = np.where(clip.sector, clip.frames, 255).astype(np.uint8)
    assert PictureFigures.of(lit, clip.sector) == PictureFigures.of(clip.frames, clip.sector)


def test_dark_frozen_and_noisy_pictures_are_named_with_value_and_remedy(clip):
    dark = reasons((clip.frames * 0.08).astype(np.uint8), clip.sector)
    assert dark[0].startswith("too dark: the brightest tissue has grey level") and "raise the gain" in dark[0]
    frozen = reasons(np.repeat(clip.frames[:1], 30, axis=0), clip.sector)
    assert len(frozen) == 1 and "a still picture: its pixels vary by 0.0%" in frozen[0]
    rng = np.random.default_rng(0)
    noisy = reasons(rng.integers(0, 255, clip.frames.shape).astype(np.uint8), clip.sector)
    assert len(noisy) == 1 and noisy[0].startswith("too much noise: successive frames agree by")


def test_half_the_brightness_is_no_reason(clip):
    assert reasons((clip.frames * 0.5).astype(np.uint8), clip.sector) == ()


def test_one_frame_is_still(clip):
    assert "a still picture" in reasons(clip.frames[:1], clip.sector)[0]


def test_large_frames_are_judged_like_small_ones(clip):
    big, sector = clip.frames.repeat(4, 1).repeat(4, 2), clip.sector.repeat(4, 0).repeat(4, 1)
    small = PictureFigures.of(clip.frames, clip.sector)
    large = PictureFigures.of(big, sector)
    assert large.brightest == pytest.approx(small.brightest, rel=0.05)
    assert large.motion == pytest.approx(small.motion, rel=0.05)
    assert large.coherence == pytest.approx(small.coherence, abs=0.02)


def contour_figures(masks, sector):
    time = np.arange(len(masks)) / 30
    return measure(masks, time, (0.1, 0.1), sector).figures


def test_contour_figures_of_an_ellipse_that_beats():
    sector = np.ones((100, 100), bool)
    y, x = np.mgrid[:100, :100]
    masks = np.stack([((y - 50) / 30) ** 2 + ((x - 50) / (14 + 4 * np.cos(i / 3))) ** 2 < 1 for i in range(40)]).astype(
        np.uint8
    )
    figures = contour_figures(masks, sector)
    assert figures.empty_share == 0 and figures.edge_share == 0 and figures.jump_share == 0
    assert figures.area_share == pytest.approx(np.pi * 30 * 14 / 1e4, rel=0.05)
    assert figures.solidity > 0.95
    # The long axis ends between the annulus' points, which an ellipse has above its lower end.
    assert 2.2 < figures.elongation < 60**2 / (np.pi * 30 * 14)
    assert 0.4 < figures.beating < 0.75
    assert figures.reasons == ()
    masks[::3] = 0
    assert "no left-ventricular cavity found in 35% of the frames" in contour_figures(masks, sector).reasons[0]


def test_each_contour_reason_gives_value_limit_and_remedy():
    good = {
        "empty_share": 0.0,
        "area_share": 0.2,
        "solidity": 0.95,
        "elongation": 2.0,
        "edge_share": 0.0,
        "jump_share": 0.0,
        "roughness": 0.02,
        "beating": 0.5,
    }
    assert ContourFigures(**good).reasons == ()
    bad = {
        "empty_share": (0.4, "40%"),
        "area_share": (0.004, "0.4%"),
        "solidity": (0.6, "0.60"),
        "elongation": (6.0, "6.0"),
        "edge_share": (0.5, "50%"),
        "jump_share": (0.3, "30%"),
        "roughness": (0.2, "20%"),
        "beating": (0.02, "2%"),
    }
    for name, (value, shown) in bad.items():
        (reason,) = ContourFigures(**(good | {name: value})).reasons
        assert shown in reason and "; give" in reason


def test_length_and_beats():
    assert length_reasons(50, 1.0) == ()
    (short,) = length_reasons(10, 0.2)
    assert "10 frames, 0.20 s" in short
    assert length_reasons(4, 2.0)
    assert beat_reasons(55.0) == ()
    assert "no complete beat" in beat_reasons(None)[0]
    assert "95 %" in beat_reasons(95.0)[0] and "1 %" in beat_reasons(1.0)[0]
    assert beat_reasons(55.0, 60.0, 120.0) == ()
    assert "3.5 bpm" in beat_reasons(55.0, 3.5)[0] and "300 bpm" in beat_reasons(55.0, 300.0)[0]
    assert "1.2 mL" in beat_reasons(55.0, 60.0, 1.2)[0] and "check the depth" in beat_reasons(55.0, None, 2900.0)[0]


def test_a_clip_in_slow_motion_or_of_another_scale_gives_no_numbers(clip):
    time = np.arange(40) / 30
    assert measure(clip.masks, time, clip.cm_per_px, clip.sector).usable
    slow = measure(clip.masks, 10 * time, clip.cm_per_px, clip.sector)
    assert "heart rate 7" in slow.reasons[0]
    small = measure(clip.masks, time, (clip.cm_per_px[0] / 4, clip.cm_per_px[1] / 4), clip.sector)
    assert "end-diastolic volume" in small.reasons[0]
