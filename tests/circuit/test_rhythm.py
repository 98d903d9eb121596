"""Irregular rhythms of the circuit."""

import numpy as np
import pytest

from twin_core.circuit import ParameterError, presets, solve_periodic
from twin_core.circuit.rhythm import irregular


@pytest.fixture(scope="module")
def beat():
    return solve_periodic(presets.load("simaan_normal"))


def filled(rhythm):
    """Volume at the start of each beat, when the ventricle is full."""
    return np.interp(rhythm.starts_s, rhythm.time_s, rhythm.lv_volume_ml)


def test_a_regular_rhythm_repeats_the_steady_beat(beat):
    rhythm = irregular(beat, [0.8, 0.8, 0.8])
    assert rhythm.time_s[-1] == pytest.approx(2.4)
    expected = np.interp(rhythm.time_s % 0.8, beat.time_s, beat.lv_volume_ml)
    assert np.abs(rhythm.lv_volume_ml - expected).max() < 0.2


def test_a_short_cycle_leaves_the_next_beat_less_filled_and_a_pause_more(beat):
    usual, _, after_short, after_pause = filled(irregular(beat, [0.8, 0.5, 1.3, 0.8]))
    assert after_short < usual - 1.0
    assert after_pause > after_short + 1.0


def test_volume_has_no_jump_between_beats(beat):
    rhythm = irregular(beat, [0.6, 1.1, 0.7])
    assert np.abs(np.diff(rhythm.lv_volume_ml)).max() < 5.0
    assert (np.diff(rhythm.time_s) > 0).all()


@pytest.mark.parametrize("periods", [[], [0.8, -1.0], [0.8, 0.1], [0.8, 5.0]])
def test_impossible_periods_are_refused(beat, periods):
    with pytest.raises(ParameterError):
        irregular(beat, periods)
