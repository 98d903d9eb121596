import dataclasses

import pytest

from dashboard import charts
from twin_core.circuit import presets, pumps, solve_periodic


@pytest.fixture(scope="module")
def patient():
    return solve_periodic(presets.load("heart_failure"))


def test_axes_hold_still_while_beats_fit(patient):
    axes = charts.Axes.around(patient)
    weaker = solve_periodic(patient.parameters.replace(emax_mmhg_per_ml=0.9))
    assert axes.covering(weaker) == axes
    assert axes.covering(patient) == axes


def test_axes_grow_for_a_beat_beyond_them_and_never_shrink(patient):
    axes = charts.Axes.around(patient)
    backward = solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=6_000)
    slow = solve_periodic(patient.parameters.replace(heart_rate_bpm=40.0))
    assert axes.flow_ml_s[0] == 0
    assert axes.covering(backward).flow_ml_s[0] < backward.pump_flow_ml_s.min()
    assert axes.covering(slow).time_s == (0.0, 1.5)
    both = axes.covering(backward).covering(slow)
    assert both.covering(patient) == both
    for field in dataclasses.fields(both):
        low, high = getattr(both, field.name)
        assert low <= 0 < high
