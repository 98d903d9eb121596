import pytest

from twin_core.circuit import ParameterError, presets, solve_periodic


def test_unknown_preset_lists_the_known():
    with pytest.raises(ParameterError, match="there is no preset 'normal'; choose from simaan_normal"):
        presets.load("normal")


@pytest.mark.parametrize("name", presets.PRESETS)
def test_every_preset_beats_and_has_a_source(name):
    beat = solve_periodic(presets.load(name))
    assert beat.status == "periodic"
    assert presets.PRESETS[name].source


def test_severe_heart_failure_looks_like_an_lvad_candidate():
    beat = solve_periodic(presets.load("severe_heart_failure"))
    assert beat.ejection_fraction_pct < 20
    assert 200 < beat.edv_ml < 300
    assert 20 < beat.left_atrial_pressure_mmhg < 30
    assert 65 < beat.mean_arterial_pressure_mmhg < 90
    assert 3 < beat.cardiac_output_l_min < 4


def test_stenoses_raise_the_pressure_upstream():
    normal = solve_periodic(presets.load("simaan_normal"))
    aortic = solve_periodic(presets.load("aortic_stenosis"))
    mitral = solve_periodic(presets.load("mitral_stenosis"))
    assert aortic.lv_peak_pressure_mmhg - aortic.systolic_pressure_mmhg > 40
    assert mitral.left_atrial_pressure_mmhg > normal.left_atrial_pressure_mmhg + 7
