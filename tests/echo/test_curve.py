from dataclasses import replace

import numpy as np
import pytest

from twin_core.circuit import presets, solve_periodic
from twin_core.echo.curve import steadied
from twin_core.learning.rendered_frames import volume_curve


def beats(time, period=0.8, edv=140.0, esv=100.0):
    return (edv + esv) / 2 + (edv - esv) / 2 * np.cos(2 * np.pi * time / period)


def ef_pct(volume):
    return 100 * np.ptp(volume) / volume.max()


@pytest.mark.parametrize("fps", [20, 50, 80])
@pytest.mark.parametrize("name", ["simaan_normal", "heart_failure"])
@pytest.mark.parametrize("rate", [60, 100, 130])
def test_a_circuits_beat_keeps_its_ejection_fraction_but_for_an_overshoot(name, rate, fps):
    beat = solve_periodic(replace(presets.load(name), heart_rate_bpm=rate))
    period = 60 / rate
    time = np.arange(round(3.2 * period * fps)) / fps
    volume = np.interp(time % period, beat.time_s, beat.lv_volume_ml)
    assert 0 < ef_pct(steadied(volume, time, period)) - ef_pct(volume) < 3.5, "isovolumic rests overshoot"


@pytest.mark.parametrize(("rate", "least"), [(60, -5), (100, -8), (130, -10)])
def test_a_trough_without_any_rest_loses_what_the_docstring_says(rate, least):
    time = np.arange(round(3.2 * 60 / rate * 50)) / 50
    lost = []
    for seed in range(8):
        volume = volume_curve(np.random.default_rng(seed), time * rate / 60, 120.0, 45.0)
        lost.append(ef_pct(steadied(volume, time, 60 / rate)) - ef_pct(volume))
    assert least < np.mean(lost) < -2


def test_jitter_is_halved_and_adds_less_to_the_stroke():
    time = np.arange(150) / 50
    rng = np.random.default_rng(0)
    truth, before, after, strokes = beats(time), [], [], []
    for _ in range(20):
        jittering = truth + rng.normal(0, 3, len(time))
        steady = steadied(jittering, time, 0.8)
        before.append(np.std(jittering - truth))
        after.append(np.std(steady - truth))
        strokes.append((np.ptp(jittering), np.ptp(steady)))
    assert np.mean(after) < 0.5 * np.mean(before)
    raw, steady = np.mean(strokes, axis=0)
    assert raw > 50, "of 40 mL"
    assert abs(steady - 40) < 0.5 * (raw - 40)


def test_frames_need_not_be_even():
    rng = np.random.default_rng(1)
    time = np.sort(rng.uniform(0, 3, 150))
    assert steadied(beats(time), time, 0.8) == pytest.approx(beats(time), abs=1.0)


def test_a_fast_heart_is_smoothed_over_less():
    time = np.arange(100) / 50
    volume = 100 + 40 * np.abs(np.cos(np.pi * time / 0.35))  # with cusps, which no polynomial has
    fast, slow = (np.abs(steadied(volume, time, period) - volume).mean() for period in (0.35, 1.0))
    assert fast < 0.7 * slow


@pytest.mark.parametrize(("fps", "changed"), [(5, False), (8, False), (12, True), (20, True)])
def test_few_frames_a_second_stay_as_they_are(fps, changed):
    time = np.arange(2 * fps) / fps
    volume = beats(time) + np.random.default_rng(0).normal(0, 3, len(time))
    assert np.array_equal(steadied(volume, time, 0.8), volume) is not changed


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_frames_stay_as_they_are(count):
    time = np.arange(count) / 50
    volume = np.linspace(100, 120, count)
    assert np.array_equal(steadied(volume, time, 0.8), volume)


def test_no_volume_falls_to_zero():
    time = np.arange(60) / 50
    volume = np.where(np.arange(60) % 20 == 0, 120.0, 0.5)
    assert (steadied(volume, time, 0.8) > 0).all()
