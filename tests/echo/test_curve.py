import numpy as np
import pytest

from twin_core.echo.curve import steadied


def beats(time, period=0.8, edv=140.0, esv=100.0):
    return (edv + esv) / 2 + (edv - esv) / 2 * np.cos(2 * np.pi * time / period)


@pytest.mark.parametrize("fps", [20, 50, 80])
@pytest.mark.parametrize("period", [0.4, 0.8, 1.4])
def test_peaks_keep_their_height(fps, period):
    time = np.arange(round(2.5 * fps)) / fps
    volume = beats(time, period)
    assert steadied(volume, time, period) == pytest.approx(volume, abs=0.02 * 40)


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
    known, unknown = (np.abs(steadied(volume, time, period) - volume).mean() for period in (0.35, None))
    assert known < 0.7 * unknown


@pytest.mark.parametrize("count", [0, 1, 5])
def test_too_few_frames_stay_as_they_are(count):
    time = np.arange(count) / 50
    volume = np.linspace(100, 120, count)
    assert np.array_equal(steadied(volume, time, None), volume)


def test_no_volume_falls_to_zero():
    time = np.arange(60) / 50
    volume = np.where(np.arange(60) % 20 == 0, 120.0, 0.5)
    assert (steadied(volume, time, 0.8) > 0).all()
