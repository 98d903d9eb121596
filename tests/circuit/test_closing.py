import pytest

from twin_core.circuit import CircuitParameters, ParameterError, presets, solve_periodic
from twin_core.circuit.closing import close_loop


@pytest.mark.parametrize("name", ["simaan_normal", "heart_failure", "aortic_stenosis"])
def test_edv_matches_and_the_left_heart_is_the_same(name):
    patient = presets.load(name)
    closed = close_loop(patient)
    open_beat, closed_beat = solve_periodic(patient), solve_periodic(closed)
    assert closed_beat.edv_ml == pytest.approx(open_beat.edv_ml, abs=0.5)
    assert closed_beat.status == "periodic"
    assert closed.emax_mmhg_per_ml == patient.emax_mmhg_per_ml
    assert closed.aortic_resistance == patient.aortic_resistance
    # At rest the reflex holds what it finds.
    assert closed_beat.mean_arterial_pressure_mmhg == pytest.approx(closed.reflex_set_point_mmhg, abs=0.3)


def test_an_edv_no_blood_volume_gives_is_refused_in_a_sentence():
    empty = CircuitParameters(initial_volume_ml=0.0, initial_aortic_pressure_mmhg=40.0, unstressed_volume_ml=4.0)
    with pytest.raises(ParameterError, match=r"no blood volume between .* stay in the five-state circuit"):
        close_loop(empty)
