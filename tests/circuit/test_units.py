import pytest

from twin_core.circuit import presets, solve_periodic
from twin_core.circuit.units import L_MIN_PER_ML_S


def test_a_millilitre_a_second_is_sixty_millilitres_a_minute():
    assert pytest.approx(60 / 1000) == L_MIN_PER_ML_S


def test_cardiac_output_without_a_pump_is_the_stroke_a_minute():
    beat = solve_periodic(presets.load("simaan_normal"))
    assert beat.cardiac_output_l_min == pytest.approx(beat.stroke_volume_ml * beat.heart_rate_bpm / 1000, rel=0.01)
