import dataclasses
import math

import pytest

from twin_core.circuit import LEARNED, PARAMETERS, CircuitParameters, ClosedLoopParameters, ParameterError


def test_every_field_says_unit_symbol_bounds_and_source():
    assert set(PARAMETERS) == {field.name for field in dataclasses.fields(CircuitParameters)}
    for about in PARAMETERS.values():
        low, high = about.bounds
        assert low < high
        assert about.unit and about.symbol and about.source and about.help.endswith(".")


def test_learned_are_the_seven_flagged_in_the_metadata():
    assert len(LEARNED) == 7
    assert set(LEARNED) == {name for name, about in PARAMETERS.items() if about.learned}


def test_learned_bounds_are_the_papers():
    bounds = {name: PARAMETERS[name].bounds for name in LEARNED}
    assert tuple(60 / rate for rate in bounds["heart_rate_bpm"]) == pytest.approx((1.7, 0.4))
    assert bounds["initial_volume_ml"] == (0.0, 280.0)
    assert bounds["emax_mmhg_per_ml"] == (0.5, 3.5)
    assert bounds["emin_mmhg_per_ml"] == (0.02, 0.1)
    assert bounds["mitral_resistance"] == (0.005, 0.1)
    assert bounds["aortic_resistance"] == (0.0001, 0.25)
    assert bounds["unstressed_volume_ml"] == (4.0, 24.0)


@pytest.mark.parametrize("value", [0.0, -1.0, 1e9, math.nan, math.inf, "fast", None])
def test_a_value_out_of_bounds_says_name_value_and_bounds(value):
    with pytest.raises(ParameterError, match=r"heart_rate_bpm = .* is not between 35\.29.* and 150 bpm; choose"):
        CircuitParameters(heart_rate_bpm=value)


def test_an_unknown_name_suggests_the_nearest():
    with pytest.raises(ParameterError, match="did you mean emax_mmhg_per_ml"):
        CircuitParameters().replace(emax=1.0)
    with pytest.raises(ParameterError, match="there is no parameter 'colour'; choose from"):
        CircuitParameters.from_dict({"colour": 1.0})


def test_parameters_are_immutable_and_survive_a_round_trip():
    parameters = CircuitParameters(emax_mmhg_per_ml=1)
    assert CircuitParameters.from_dict(parameters.to_dict()) == parameters
    with pytest.raises(dataclasses.FrozenInstanceError):
        parameters.emax_mmhg_per_ml = 2.0


def test_both_circuits_have_one_left_atrium_but_for_what_is_lumped_into_it():
    left, whole = (
        dataclasses.asdict(one.infos()["left_atrial_compliance"]) for one in (CircuitParameters, ClosedLoopParameters)
    )
    assert left.pop("help") != whole.pop("help")
    assert left == whole
