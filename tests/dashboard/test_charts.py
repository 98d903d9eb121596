import dataclasses
import json

import numpy as np
import plotly.io
import pytest

from dashboard import charts
from twin_core.circuit import presets, pumps, solve_periodic


@pytest.fixture(scope="module")
def patient():
    return solve_periodic(presets.load("heart_failure"))


@pytest.fixture(scope="module")
def on_pump(patient):
    return solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=12_000, start=patient)


@pytest.fixture(scope="module")
def axes(patient, on_pump):
    return charts.Axes.around(patient).covering(on_pump)


def test_the_loop_draws_both_beats_corner_to_corner(patient, on_pump, axes):
    figure = charts.pressure_volume_loop(patient, on_pump, axes)
    assert [trace.name for trace in figure.data] == ["Patient", "What-if"]
    for trace, beat in zip(figure.data, (patient, on_pump), strict=True):
        assert max(trace.x) == pytest.approx(beat.edv_ml, rel=2e-3)
        assert min(trace.x) == pytest.approx(beat.esv_ml, rel=2e-3)
        assert max(trace.y) == pytest.approx(beat.lv_peak_pressure_mmhg, rel=2e-3)
        assert (trace.x[0], trace.y[0]) == pytest.approx((trace.x[-1], trace.y[-1]), abs=0.01), "the loop closes"


def test_patient_and_what_if_keep_their_colours(patient, on_pump, axes):
    for figure in (charts.pressure_volume_loop(patient, on_pump, axes), charts.waveforms(patient, on_pump, axes)):
        colours = {trace.line.color for trace in figure.data}
        assert colours == {charts.PATIENT_COLOUR, charts.WHAT_IF_COLOUR}


def test_waveforms_span_exactly_the_cycle_and_match_the_beat(patient, axes):
    faster = solve_periodic(patient.parameters.replace(heart_rate_bpm=120.0))
    figure = charts.waveforms(patient, faster, axes)
    for trace in figure.data:
        beat = patient if trace.line.color == charts.PATIENT_COLOUR else faster
        assert trace.x0 == 0
        assert trace.dx * (len(trace.y) - 1) == pytest.approx(60 / beat.heart_rate_bpm)
    lv = next(trace for trace in figure.data if trace.name == "LV")
    assert np.interp(0.3, np.arange(len(lv.y)) * lv.dx, lv.y) == pytest.approx(
        np.interp(0.3, patient.time_s, patient.lv_pressure_mmhg), rel=0.01
    )


def test_pump_flow_is_drawn_only_where_there_is_a_pump(patient, on_pump, axes):
    def pump_lines(what_if):
        return [trace for trace in charts.waveforms(patient, what_if, axes).data if trace.name == "Pump"]

    assert pump_lines(patient) == []
    (line,) = pump_lines(on_pump)
    assert line.line.color == charts.WHAT_IF_COLOUR
    assert line.yaxis == "y2"


def test_every_axis_says_its_unit(patient, axes):
    loop = charts.pressure_volume_loop(patient, patient, axes).layout
    assert (loop.xaxis.title.text, loop.yaxis.title.text) == ("LV volume (mL)", "LV pressure (mmHg)")
    waves = charts.waveforms(patient, patient, axes).layout
    assert waves.xaxis.title.text == "Time in the cycle (s)"
    assert (waves.yaxis.title.text, waves.yaxis2.title.text) == ("Pressure (mmHg)", "Flow (mL/s)")


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


def test_a_figure_is_light_on_the_wire(patient, on_pump, axes):
    for figure in (charts.pressure_volume_loop(patient, on_pump, axes), charts.waveforms(patient, on_pump, axes)):
        assert len(plotly.io.to_json(figure)) < 25_000
        assert json.loads(plotly.io.to_json(figure))["layout"]["dragmode"] is False
