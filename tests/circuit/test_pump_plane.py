import itertools

import numpy as np
import pytest

from twin_core.circuit import ParameterError, presets, pumps, solve_periodic
from twin_core.circuit.pump_plane import curve_speeds, operating_loop, steady_head_mmhg

HEART_FAILURE = presets.load("heart_failure")


def test_the_axial_curve_is_simaans_with_its_cannulae():
    flow = np.array([0.0, 5.0])
    head = steady_head_mmhg(pumps.get("axial"), 10_000, flow)
    assert head[0] == pytest.approx(9.9025e-7 * 10_000**2)
    assert head[1] == pytest.approx(head[0] - (0.1707 + 2 * 0.0677) * 5.0 / 0.06)


def test_the_heartmate_3_curve_is_girfoglios_in_litres_a_minute():
    flow = np.array([-1.0, 0.0, 4.0])
    expected = 3.45e-6 * 5500**2 - 5.9e-5 * 5500 * flow - 1.45 * flow * np.abs(flow)
    assert steady_head_mmhg(pumps.get("heartmate3"), 5500, flow) == pytest.approx(expected)


@pytest.mark.parametrize("name", pumps.NAMES)
def test_curves_fall_with_flow_and_rise_with_speed(name):
    pump = pumps.get(name)
    flow = np.linspace(0, 10, 21)
    heads = [steady_head_mmhg(pump, speed, flow) for speed in curve_speeds(pump)]
    assert all((np.diff(head) < 0).all() for head in heads)
    assert all((faster > slower).all() for slower, faster in itertools.pairwise(heads))


@pytest.mark.parametrize("name", pumps.NAMES)
def test_speeds_of_curves_are_round_few_and_within_the_pumps_range(name):
    pump = pumps.get(name)
    speeds = curve_speeds(pump)
    assert 4 <= len(speeds) <= 7
    assert all(pump.check_speed(speed) % 500 == 0 for speed in speeds)


@pytest.mark.parametrize(("name", "rpm"), [("axial", 10_000), ("heartmate2", 9000), ("heartmate3", 5500)])
def test_the_mean_of_the_operating_loop_lies_on_the_curve_of_its_speed(name, rpm):
    # Over a whole beat L dQ/dt averages to nothing: what is left is the steady law, bent a little where it is curved.
    beat = solve_periodic(HEART_FAILURE, pump=pumps.get(name), speed_rpm=rpm)
    assert beat.lv_pressure_mmhg.min() > pumps.get(name).suction_threshold_mmhg
    flow, head = operating_loop(beat)
    steady = steady_head_mmhg(beat.pump, rpm, flow)
    assert np.trapezoid(head, beat.time_s) == pytest.approx(np.trapezoid(steady, beat.time_s), rel=2e-3)
    assert np.abs(head - steady).max() > 5, "within the beat it goes around the curve"
    assert np.trapezoid(flow, beat.time_s) / beat.time_s[-1] == pytest.approx(beat.pump_flow_l_min)


def test_a_beat_without_a_pump_and_a_speed_out_of_range_are_refused():
    with pytest.raises(ValueError, match="no pump"):
        operating_loop(solve_periodic(HEART_FAILURE))
    with pytest.raises(ParameterError, match="99999"):
        steady_head_mmhg(pumps.get("axial"), 99_999, np.zeros(1))
