"""Alarms of a beat on a pump."""

from dataclasses import replace

import pytest

from twin_core.alarms import alarms
from twin_core.circuit import presets, pumps, solve_periodic

FAILING = presets.load("severe_heart_failure", "closed_loop")


def words(parameters, pump, speed):
    return " ".join(alarms(solve_periodic(parameters, pump=pumps.get(pump), speed_rpm=speed)))


def test_no_pump_no_alarm():
    assert alarms(solve_periodic(presets.load("severe_heart_failure"))) == ()


def test_a_slow_pump_leaks_backward():
    said = words(presets.load("simaan_normal"), "axial", 6000)
    assert "leaks backward: 2.1 L/min" in said and "raise the speed" in said


def test_a_fast_pump_keeps_the_valve_shut():
    assert "stays shut" in words(FAILING, "heartmate2", 11600)
    assert "stays shut" not in words(FAILING, "heartmate2", 8000)


@pytest.mark.parametrize(("resistance", "word"), [(3.0, "high"), (0.2, "low")])
def test_pressures_out_of_their_range_are_named(resistance, word):
    parameters = replace(presets.load("heart_failure"), systemic_resistance=resistance, initial_volume_ml=110.0)
    assert f"Mean pressure is {word}" in words(parameters, "axial", 9000)


def test_a_weak_right_heart_is_named_where_there_is_one():
    weak = replace(FAILING, rv_emax_mmhg_per_ml=0.15)
    assert "right heart may be failing" in words(weak, "heartmate3", 6200)
    assert "right heart" not in words(FAILING, "heartmate3", 5400)
