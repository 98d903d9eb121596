from pathlib import Path

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, binary_erosion

from twin_core.echo import volumes
from twin_core.echo.beats import REGULAR, irregularity
from twin_core.echo.phantom import Phantom, render_clip
from twin_core.echo.volumes import ASSUMED_DEPTH_CM, assumed_scale, measure

REAL = Path(__file__).resolve().parents[3] / "shared" / "real_echo"
REFERENCE_EF = {"normal": (66.4, 3), "low_ef": (25.8, 4), "arrhythmia": (61.8, 4)}


def rendered(beats=3, rate=75.0, fps=40, edv=140.0, esv=60.0, seed=11):
    """A rendered clip and what it should measure."""
    time = np.arange(int(beats * 60 / rate * fps) + 1) / fps
    volume = (edv + esv) / 2 + (edv - esv) / 2 * np.cos(2 * np.pi * time * rate / 60)
    phantom = Phantom.sample(np.random.default_rng(seed), edv_ml=edv, esv_ml=esv, cm_per_px=0.14)
    return render_clip(volume, time, phantom)


@pytest.fixture(scope="module")
def clip():
    return rendered()


def test_rendered_clip_measures_what_it_was_rendered_from(clip):
    m = measure(clip.masks.astype(np.uint8), clip.time_s, clip.cm_per_px, clip.sector)
    assert m.usable, m.reasons
    assert m.calibrated
    assert len(m.beats) == 3
    assert m.edv_ml == pytest.approx(140, rel=0.06)
    assert m.esv_ml == pytest.approx(60, rel=0.08)
    assert m.ef_pct == pytest.approx(100 * 80 / 140, abs=3)
    assert m.heart_rate_bpm == pytest.approx(75, abs=3)
    assert not m.rejected.any()


def test_ejection_fraction_does_not_need_calibration(clip):
    masks = clip.masks.astype(np.uint8)
    known = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    unknown = measure(masks, clip.time_s, None, clip.sector)
    assert not unknown.calibrated and unknown.usable
    assert unknown.ef_pct == pytest.approx(known.ef_pct, abs=0.05)  # pixels on a disk's border may round
    assert unknown.heart_rate_bpm == pytest.approx(known.heart_rate_bpm, rel=1e-4)
    rows = np.flatnonzero(clip.sector.any(1))
    assert assumed_scale(clip.sector)[0] * (rows[-1] - rows[0] + 1) == pytest.approx(ASSUMED_DEPTH_CM)


def jittering(clip, seed=0):
    """The clip's masks, each grown or shrunk by up to a pixel at random."""
    rng, result = np.random.default_rng(seed), clip.masks.copy()
    for i, change in enumerate(rng.integers(-1, 2, len(result))):
        if change:
            result[i] = (binary_dilation if change > 0 else binary_erosion)(result[i]) & clip.sector
    return result.astype(np.uint8)


def test_volumes_follow_the_heart_and_not_the_contours_jitter(clip):
    steady = measure(clip.masks.astype(np.uint8), clip.time_s, clip.cm_per_px, clip.sector)
    m = measure(jittering(clip), clip.time_s, clip.cm_per_px, clip.sector)
    own = m.contour_volume_ml
    assert np.std(m.volume_ml - steady.volume_ml) < 0.6 * np.std(own - steady.volume_ml)
    assert abs(m.ef_pct - steady.ef_pct) < 3 < 100 * np.ptp(own) / own.max() - steady.ef_pct


def test_a_fast_hearts_curve_is_steadied_by_its_own_rate_and_an_unknown_ones_not_at_all(clip, monkeypatch):
    seen = []
    monkeypatch.setattr(volumes, "steadied", lambda volume, time, period: seen.append(period) or volume)
    fast = rendered(rate=140, beats=4)
    measure(fast.masks.astype(np.uint8), fast.time_s, fast.cm_per_px, fast.sector)
    assert seen == [pytest.approx(60 / 140, rel=0.03)]
    first = slice(0, 22)  # to the middle of the first filling
    m = measure(clip.masks[first].astype(np.uint8), clip.time_s[first], clip.cm_per_px, clip.sector)
    assert m.heart_rate_bpm is None and len(seen) == 1


def test_leak_frames_are_rejected_and_do_not_change_ef(clip):
    masks = clip.masks.astype(np.uint8)
    good = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    leaky = masks.copy()
    for i in (7, 30, 31, 60):
        leaky[i] = clip.sector
    leaky[45] = 0
    m = measure(leaky, clip.time_s, clip.cm_per_px, clip.sector)
    assert set(np.flatnonzero(m.rejected)) == {7, 30, 31, 45, 60}
    assert m.usable and np.isfinite(m.volume_ml).all()
    assert m.ef_pct == pytest.approx(good.ef_pct, abs=2)


def test_a_leak_that_fades_over_the_first_frames_does_not_become_end_diastole(clip):
    masks = clip.masks.astype(np.uint8)
    good = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    leaky = masks.copy()
    for i, iterations in enumerate((9, 6)):
        leaky[i] = binary_dilation(masks[i], iterations=iterations) & clip.sector
    m = measure(leaky, clip.time_s, clip.cm_per_px, clip.sector)
    assert m.rejected[:2].all()
    assert m.edv_ml == pytest.approx(good.edv_ml, rel=0.03)


def test_what_lies_between_leaks_or_before_all_that_counts_shows_no_beat(clip):
    masks = clip.masks.astype(np.uint8)[20:]  # begins in the filling
    time = clip.time_s[20:]
    good = measure(masks, time, clip.cm_per_px, clip.sector)
    leaky = masks.copy()
    for i in range(9):
        grown = 3 if i in (4, 5) else 12  # a little, which is no leak by itself, between much
        leaky[i] = binary_dilation(masks[i], iterations=grown) & clip.sector
    m = measure(leaky, time, clip.cm_per_px, clip.sector)
    assert m.rejected[:9].all() and not m.rejected[9:].any()
    assert [b.es_index for b in m.beats] == [b.es_index for b in good.beats]
    assert m.ef_pct == pytest.approx(good.ef_pct, abs=0.5)


def test_a_contour_that_lost_most_of_the_cavity_for_a_while_is_no_end_systole(clip):
    masks = clip.masks.astype(np.uint8)
    good = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    cut = masks.copy()
    for i in range(12, 22):
        rows = np.flatnonzero(masks[i].any(1))
        cut[i, : rows[0] + 11 * len(rows) // 20] = 0
    m = measure(cut, clip.time_s, clip.cm_per_px, clip.sector)
    assert m.rejected[12:22].all() and not good.rejected.any()
    assert m.ef_pct == pytest.approx(good.ef_pct, abs=6)  # that beat's end-systole is gone


def test_a_beat_whose_end_diastole_was_not_seen_is_set_aside(clip):
    masks = clip.masks.astype(np.uint8)
    whole = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    assert (whole.set_aside, whole.cautions) == ((), ())
    masks[:3] = 0
    m = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    assert [b.ed_index for b in m.set_aside] == [3]
    assert m.beats == whole.beats[1:]
    assert m.usable and not m.cautions


def test_a_lone_beat_that_was_not_seen_whole_counts_with_a_caution(clip):
    masks = clip.masks[:44].astype(np.uint8)
    masks[:3] = 0
    m = measure(masks, clip.time_s[:44], clip.cm_per_px, clip.sector)
    assert m.beats == m.set_aside and len(m.beats) == 1
    assert m.usable, m.reasons
    (caution,) = m.cautions
    assert caution.startswith("the only beat was not seen whole: contours at end-diastole or end-systole jumped")


def test_the_rhythm_is_judged_from_beats_that_were_set_aside_too():
    fps, periods = 40, np.array([1.3, 0.8, 0.8, 0.8])
    time = np.arange(int(periods.sum() * fps)) / fps
    starts = np.concatenate([[0], np.cumsum(periods)])
    which = np.searchsorted(starts, time, side="right") - 1
    volume = 100 + 40 * np.cos(2 * np.pi * (time - starts[which]) / periods[which])
    phantom = Phantom.sample(np.random.default_rng(11), edv_ml=140, esv_ml=60, cm_per_px=0.14)
    drawn = render_clip(volume, time, phantom)
    masks = drawn.masks.astype(np.uint8)
    masks[:3] = 0
    m = measure(masks, drawn.time_s, drawn.cm_per_px, drawn.sector)
    assert len(m.set_aside) == 1
    assert irregularity(m.beats) < REGULAR, "what counts looks regular"
    assert m.irregularity > REGULAR
    assert m.heart_rate_bpm == pytest.approx(75, abs=3), "timed by the beats that count"


def test_empty_masks_are_unusable(clip):
    m = measure(np.zeros_like(clip.masks, np.uint8), clip.time_s, clip.cm_per_px, clip.sector)
    assert not m.usable and "no left-ventricular cavity" in m.reasons[0]
    assert (m.ef_pct, m.edv_ml, m.heart_rate_bpm) == (None, None, None)
    assert m.heart_rate_reason


def test_still_picture_does_not_beat(clip):
    still = np.repeat(clip.masks[:1].astype(np.uint8), len(clip.masks), 0)
    m = measure(still, clip.time_s, None, clip.sector)
    assert any("does not beat" in r for r in m.reasons)
    assert m.ef_pct is None


def test_single_frame_is_too_short(clip):
    m = measure(clip.masks[:1].astype(np.uint8), clip.time_s[:1], None, clip.sector)
    assert any("too short" in r for r in m.reasons)


def test_random_blobs_are_unusable():
    rng = np.random.default_rng(0)
    masks = np.zeros((40, 112, 112), np.uint8)
    for m in masks:
        r, c = rng.integers(10, 70, 2)
        h, w = rng.integers(8, 40, 2)
        m[r : r + h, c : c + w] = 1
    m = measure(masks, np.arange(40) / 30)
    assert any("unstable" in r for r in m.reasons)


def test_cut_off_cavity_is_named(clip):
    band = clip.sector & (np.arange(112)[None, :] < 40)
    beat = np.stack([band & (np.arange(112)[:, None] < 70 + 10 * np.cos(i / 4)) for i in range(60)])
    m = measure(beat.astype(np.uint8), np.arange(60) / 30, None, clip.sector)
    assert any("cut off" in r for r in m.reasons)


def test_whole_fan_is_not_a_ventricle(clip):
    m = measure(np.repeat(clip.sector[None].astype(np.uint8), 40, 0), np.arange(40) / 30, None, clip.sector)
    assert any("implausible cavity size" in r for r in m.reasons)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"time_s": np.arange(5.0)}, "5,"),
        ({"time_s": np.zeros(121)}, "increase"),
        ({"cm_per_px": (0.1, 0.0)}, "cm_per_px must be positive"),
        ({"sector": np.ones((3, 3), bool)}, "sector must be"),
    ],
)
def test_bad_input_is_named(clip, change, message):
    values = {"masks": clip.masks.astype(np.uint8), "time_s": clip.time_s, "cm_per_px": None, "sector": None}
    if "time_s" in change:
        change = {"time_s": change["time_s"][: max(len(clip.masks), 5)]}
    with pytest.raises(ValueError, match=message):
        measure(**(values | change))


@pytest.mark.parametrize("name", REFERENCE_EF)
def test_reference_contours_of_real_clips(name):
    path = REAL / f"{name}_masks.npz"
    if not path.is_file():
        pytest.skip(f"real clips are not part of the repository and {path.name} is not beside it")
    masks = np.load(path)["masks"].astype(np.uint8)
    m = measure(masks, np.arange(len(masks)) / 50)
    ef, beats = REFERENCE_EF[name]
    assert m.usable, m.reasons
    assert len(m.beats) == beats
    assert m.ef_pct == pytest.approx(ef, abs=6)  # the reference is area-length, this is disks


def test_how_long_a_run_of_contours_lasts_is_told_by_time():
    rejected = np.array([True] + [False] * 3 + [True] + [False] * 20)
    even = np.arange(25) / 50
    slow = np.concatenate([[0.0], np.cumsum([0.1] * 4 + [0.02] * 20)])
    assert volumes._isolated(rejected, even)[1:4].all(), "0.06 s"
    assert not volumes._isolated(rejected, slow)[1:4].any(), "0.3 s"
