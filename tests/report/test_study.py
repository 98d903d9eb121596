import pytest

from twin_core import report
from twin_core.case import Case
from twin_core.circuit import pumps
from twin_core.ramp import ramp_study
from twin_core.report.study import ramped_pump
from twin_core.scenario import Scenario

PUMP = Scenario(name="Pump", pump="heartmate3", speed_rpm=5400)
SLOWER = Scenario(name="Slower", pump="axial", speed_rpm=9000)
PLAIN = Scenario(name="Plain", changes={"systemic_resistance": 1.4})


def test_two_scenarios_of_one_name_are_refused(twin):
    with pytest.raises(ValueError, match="two scenarios are called 'Pump'"):
        report.study(twin, [PUMP, PUMP])
    with pytest.raises(ValueError, match="two scenarios are called 'Patient'"):
        report.study(twin, [PLAIN.model_copy(update={"name": "Patient"})])


def test_more_scenarios_than_a_page_holds_are_refused(twin):
    with pytest.raises(ValueError, match="5 scenarios do not fit on a page; choose 4 at most"):
        report.study(twin, [PLAIN.model_copy(update={"name": f"{i}"}) for i in range(5)])


def test_the_ramp_is_of_the_first_pump_in_the_closed_loop(twin):
    assert ramped_pump([PLAIN, PUMP, SLOWER]) == "heartmate3"
    assert ramped_pump([PLAIN]) is None
    study = report.study(twin, [PLAIN, PUMP, SLOWER], ramp=True)
    assert study.ramp.pump.name == "heartmate3"
    assert study.ramp_speeds == [5400]
    assert all("central_venous_pressure_mmhg" in step.row() for step in study.ramp.steps)
    low, high = pumps.get("heartmate3").usual_range_rpm
    assert study.ramp.steps[0].speed_rpm < low < high < study.ramp.steps[-1].speed_rpm


def test_a_ramp_already_run_is_taken_as_it_is(twin):
    run = ramp_study(twin.circuit_in("closed_loop"), pumps.get("heartmate2"))
    assert report.study(twin, [PUMP], ramp=run).ramp is run
    assert report.study(twin, [PUMP]).ramp is None


def test_the_cases_circuit_is_the_one_simulated(twin):
    study = report.study(Case(twin=twin, circuit="closed_loop"), [PUMP])
    assert all(hasattr(beat, "central_venous_pressure_mmhg") for beat in study.beats.values())
    assert study.settings["Pump"] == "HeartMate 3 pump at 5400 rpm"
