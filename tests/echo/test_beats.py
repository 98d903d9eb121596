import numpy as np
import pytest

from twin_core.echo.beats import EchoBeat, find_beats, irregularity, rhythm_period_s


def beat_shape(phase, ejection=0.35, kick=0.2):
    """Full (1) to empty (0) to full: ejection, early filling, diastasis, atrial kick."""
    falling = 0.5 + 0.5 * np.cos(np.pi * np.clip(phase / ejection, 0, 1))
    early = (1 - np.exp(-np.clip(phase - ejection, 0, None) * 14)) * (1 - kick)
    late = kick * np.clip((phase - 0.85) / 0.13, 0, 1)
    return np.where(phase < ejection, falling, early + late)


def curve(time, periods, start=0.0, edv=140.0, esv=60.0):
    """Volume at each time for beats of the given lengths; `start` s into the first one."""
    edges = np.concatenate([[0], np.cumsum(periods)])
    at = time + start
    which = np.clip(np.searchsorted(edges, at, side="right") - 1, 0, len(periods) - 1)
    phase = np.clip((at - edges[which]) / np.asarray(periods)[which], 0, 1)
    return esv + (edv - esv) * beat_shape(phase)


@pytest.mark.parametrize("fps", [20, 30, 50, 80])
@pytest.mark.parametrize("rate", [45, 75, 130])
def test_regular_beats_are_counted_and_measured(fps, rate):
    period = 60 / rate
    time = np.arange(int(3.2 * period * fps)) / fps
    beats = find_beats(curve(time, [period] * 5), time)
    assert len(beats) in (3, 4)  # the last one may just reach its end-systole
    for beat in beats:
        assert beat.ef_pct == pytest.approx(
            100 * 80 / 140, abs=max(2.0, 90 / (fps * period))
        )  # few frames miss extremes
        assert beat.ed_index < beat.es_index
    assert 60 / np.median([b.period_s for b in beats if b.period_s]) == pytest.approx(rate, rel=0.1)


def test_noise_adds_no_beats():
    rng = np.random.default_rng(0)
    time = np.arange(200) / 50
    beats = find_beats(curve(time, [0.9] * 6) + rng.normal(0, 3, 200), time)
    assert len(beats) == 4 or len(beats) == 5
    assert np.mean([b.ef_pct for b in beats]) == pytest.approx(57, abs=5)


def test_arrhythmia_gives_each_beat_its_own_volumes():
    time = np.arange(190) / 50
    periods = [1.0, 0.55, 1.35, 0.9]
    beats = find_beats(curve(time, periods), time)
    assert len(beats) == 4
    found = [b.period_s for b in beats[:-1]]
    ends = np.cumsum([0, *periods[:-1]]) + 0.35 * np.array(periods)
    assert found == pytest.approx(np.diff(ends), abs=0.05)


def test_clip_that_starts_mid_ejection_loses_only_the_incomplete_beat():
    time = np.arange(150) / 50
    whole = find_beats(curve(time, [0.9] * 6), time)
    late = find_beats(curve(time, [0.9] * 6, start=0.2), time)
    assert len(late) in (len(whole) - 1, len(whole))
    assert late[0].edv == pytest.approx(140, rel=0.02)
    assert all(b.ef_pct == pytest.approx(57.1, abs=2) for b in late)


def test_a_first_beat_that_is_less_full_counts_where_its_peak_is_seen():
    time = np.arange(150) / 50
    volume = curve(time, [0.9] * 6, start=0.8)
    volume[:10] = np.minimum(volume[:10], np.concatenate([[124, 126], np.linspace(128, 124, 8)]))  # 0.91 of the others
    from_peak, whole = find_beats(volume[2:], time[2:]), find_beats(volume, time)
    assert len(whole) == len(from_peak) + 1
    assert (whole[0].ed_index, whole[0].edv) == (2, 128)


def test_one_beat_from_r_wave_to_r_wave_has_ef_and_period():
    time = np.arange(30) / 30
    beats = find_beats(curve(time, [1.0]), time)
    assert len(beats) == 1
    assert beats[0].ef_pct == pytest.approx(57.1, abs=2)
    assert beats[0].period_s == pytest.approx(1.0, abs=0.1)


def test_one_beat_that_starts_mid_ejection_takes_the_diastole_after_it():
    time = np.arange(30) / 30
    beats = find_beats(curve(time, [1.0, 1.0], start=0.2)[:25], time[:25])
    assert len(beats) == 1
    assert beats[0].ed_index > beats[0].es_index
    assert beats[0].ef_pct == pytest.approx(57, abs=6)
    assert beats[0].period_s is None


def test_one_beat_is_timed_by_the_next_ejection_when_that_has_begun():
    time = np.arange(30) / 30
    beats = find_beats(curve(time, [0.75, 0.9], start=0.05), time)
    assert len(beats) == 1
    assert beats[0].period_s == pytest.approx(0.75, abs=0.06)


def test_one_beat_from_end_systole_to_the_next_ejection():
    time = np.arange(24) / 30
    period = 0.85
    shape = curve(time, [period] * 3, start=0.35 * period - 0.07)
    beats = find_beats(shape, time)
    assert len(beats) == 1
    assert beats[0].es_index < 5 < beats[0].ed_index
    assert beats[0].ef_pct == pytest.approx(57.1, abs=3)


def test_one_beat_that_starts_in_mid_ejection_is_timed_by_the_same_volume_again():
    time = np.arange(36) / 30
    beats = find_beats(curve(time, [0.85] * 3, start=0.12), time)
    assert beats[-1].period_s == pytest.approx(0.85, abs=0.05)


@pytest.mark.parametrize(("first", "beats"), [(0.87, 2), (0.93, 3)])
def test_a_first_beat_counts_when_the_clip_begins_nearly_full(first, beats):
    fall, fill = np.linspace(0, 1, 12), np.linspace(1, 0, 12)
    shape = np.concatenate([fall, fill, fall, fill, fall, fill])
    volume = 140.0 - 80.0 * shape
    begun = np.flatnonzero(volume[:12] <= first * 140.0)[0]
    volume[begun] = first * 140.0
    found = find_beats(volume[begun:], np.arange(len(volume) - begun) / 30)
    assert len(found) == beats and found[-1].ef_pct == pytest.approx(100 * 80 / 140)


def test_a_clip_that_ends_in_the_rest_of_end_systole_shows_its_lone_beat():
    volume = np.concatenate([np.full(8, 136.0), np.linspace(140, 62, 10), [61.0, 60.5, 60.0]])
    (beat,) = find_beats(volume, np.arange(len(volume)) / 30)
    assert (beat.ed_index, beat.es_index) == (8, 20) and beat.ef_pct == pytest.approx(100 * 80 / 140)
    assert find_beats(volume[:-4], np.arange(len(volume) - 4) / 30) == []


@pytest.mark.parametrize("period", [0.9, 1.2])
def test_a_lone_beat_from_filling_to_the_next_end_systole_is_timed_roughly(period):
    time = np.arange(0, period, 1 / 30)
    volume = curve(time, [period] * 3, start=0.38 * period)[: int(0.97 * period * 30) + 1]
    (beat,) = find_beats(volume, time[: len(volume)])
    assert beat.es_index >= len(volume) - 3 and beat.period_s == pytest.approx(period, abs=0.09)
    assert beat.period_rough
    (whole,) = find_beats(curve(np.arange(30) / 30, [1.0]), np.arange(30) / 30)
    assert not whole.period_rough


def test_half_a_beat_is_no_beat():
    time = np.arange(9) / 30
    assert find_beats(curve(time, [1.0]), time) == []


@pytest.mark.parametrize("volume", [np.full(40, 90.0), np.full(40, np.nan), np.array([90.0, 60.0, 90.0])])
def test_curves_without_beats(volume):
    assert find_beats(volume, np.arange(len(volume)) / 30) == []


@pytest.mark.parametrize("start", [0.05, 0.15])
def test_a_lone_beat_that_starts_in_mid_ejection_is_timed_by_the_next_ejection(start):
    period, fps = 0.8, 30
    time = np.arange(30) / fps
    (beat,) = find_beats(curve(time, [period] * 3, start=start), time)
    assert beat.period_s == pytest.approx(period, abs=0.06)


@pytest.mark.parametrize("fps", [25, 40, 60])
@pytest.mark.parametrize("period", [0.45, 0.6, 0.95])
def test_a_period_is_told_to_a_fraction_of_a_frame(period, fps):
    time = np.arange(int(3.1 * period * fps)) / fps
    beats = find_beats(curve(time, [period] * 5, start=0.3), time)
    rate = 60.0 / np.median([b.period_s for b in beats if b.period_s is not None])
    assert rate == pytest.approx(60.0 / period, abs=2.0)


def test_a_lone_beat_is_timed_by_the_filling_before_it():
    period, fps = 0.8, 50
    time = np.arange(int(1.3 * period * fps)) / fps
    found = find_beats(curve(time, [period] * 4, start=0.4 * period), time)
    assert [b.period_s for b in found] == [pytest.approx(period, abs=0.02)]


def test_a_regular_rhythm_is_timed_by_all_of_the_clip():
    period, fps = 0.7, 25
    time = np.arange(int(2.4 * period * fps)) / fps
    noise = np.random.default_rng(0).normal(0, 2.0, len(time))
    volume = curve(time, [period] * 4, start=0.2) + noise
    found = rhythm_period_s(find_beats(volume, time), volume, time)
    assert 60 / found == pytest.approx(60 / period, abs=2.0)


def test_an_irregular_rhythm_keeps_its_median():
    time = np.arange(200) / 50
    volume = curve(time, [0.8, 0.5, 1.2, 0.8, 0.8])
    beats = find_beats(volume, time)
    periods = [b.period_s for b in beats if b.period_s is not None]
    assert rhythm_period_s(beats, volume, time) == pytest.approx(float(np.median(periods)))
    assert rhythm_period_s([], volume, time) is None


@pytest.mark.parametrize("period", [0.8, 1.0])
def test_a_clip_of_one_beat_keeps_the_period_that_its_ends_tell(period):
    time = np.arange(int(period * 50)) / 50
    volume = curve(time, [period] * 2)
    beats = find_beats(volume, time)
    assert rhythm_period_s(beats, volume, time) == pytest.approx(period, rel=0.05)


@pytest.mark.parametrize(
    ("periods", "expected"), [((0.8, 0.8, 1.2), 0.5), ((0.9, None), None), ((), None), ((1.0, 1.0), 0)]
)
def test_irregularity_is_the_spread_of_beat_lengths(periods, expected):
    beats = [EchoBeat(ed_index=0, es_index=1, edv=2.0, esv=1.0, period_s=one) for one in periods]
    assert irregularity(beats) == pytest.approx(expected)


def test_beats_that_look_regular_in_an_irregular_rhythm_keep_their_median():
    time = np.arange(200) / 50
    volume = curve(time, [1.3, 0.8, 0.8, 0.8, 0.8])
    found = find_beats(volume, time)
    counting = found[1:]
    periods = [b.period_s for b in counting if b.period_s is not None]
    assert irregularity(counting) < 0.15 < irregularity(found)
    assert rhythm_period_s(counting, volume, time, found) == float(np.median(periods))
    assert rhythm_period_s(counting, volume, time) != float(np.median(periods))


@pytest.mark.parametrize("slower", [2, 3])
def test_a_clip_whose_frame_rate_falls_keeps_its_beats(slower):
    at = np.arange(200)
    kept = np.concatenate([at[:100], at[100::slower]]) / 50
    beats = find_beats(curve(kept, [0.5] * 9), kept)
    whole = find_beats(curve(at / 50, [0.5] * 9), at / 50)
    assert len(beats) == len(whole) == 8
    assert [kept[b.es_index] for b in beats] == pytest.approx(
        [b.es_index / 50 for b in whole], abs=0.5 * slower / 50 + 1e-9
    )
    assert np.mean([b.ef_pct for b in beats]) == pytest.approx(57, abs=4)  # few frames miss extremes
