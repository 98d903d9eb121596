import pytest
from pydantic import ValidationError

from twin_core.circuit import presets, solve_periodic
from twin_core.scenario import Scenario

PATIENT = presets.load("heart_failure")


def test_a_scenario_changes_what_it_names_and_nothing_else():
    changed = Scenario(name="stiff", changes={"systemic_resistance": 1.4}).parameters(PATIENT)
    assert changed == PATIENT.replace(systemic_resistance=1.4)


def test_simulating_a_pump_scenario_is_the_circuit_with_that_pump():
    beat = Scenario(name="pump", pump="axial", speed_rpm=10000).simulate(PATIENT, start=solve_periodic(PATIENT))
    assert beat.pump_flow_l_min == pytest.approx(5.63, rel=0.005)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"changes": {"emax_mmhg_per_ml": 99}}, "99 is not between 0.5 and 3.5|99.0 is not between 0.5 and 3.5"),
        ({"changes": {"emax": 1}}, "did you mean emax_mmhg_per_ml"),
        ({"pump": "axial"}, "give both or neither"),
        ({"speed_rpm": 9000}, "give both or neither"),
        ({"pump": "axial", "speed_rpm": 99}, "choose 6000 to 18000 rpm"),
        ({"pump": "jarvik", "speed_rpm": 9000}, "no pump 'jarvik'"),
        ({"sped_rpm": 9000}, "Extra inputs"),
    ],
)
def test_a_wrong_scenario_says_what_is_wrong(values, message):
    with pytest.raises(ValidationError, match=message):
        Scenario(name="wrong", **values)


def test_describe_names_every_setting_with_its_unit():
    scenario = Scenario(name="x", changes={"systemic_resistance": 1.25}, pump="axial", speed_rpm=9500)
    assert scenario.describe() == "Axial (Simaan) pump at 9500 rpm, Systemic resistance 1.25 mmHg·s/mL"
    assert Scenario(name="x").describe() == "no change"
