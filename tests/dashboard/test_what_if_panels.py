import json

import numpy as np
import pytest

from dashboard import panels
from dashboard.charts import PATIENT_COLOUR, WHAT_IF_COLOUR, Axes
from twin_core.circuit import presets, pumps, solve_periodic


@pytest.fixture(scope="module")
def patient():
    return solve_periodic(presets.load("heart_failure"))


@pytest.fixture(scope="module")
def on_pump(patient):
    return solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=12_000, start=patient)


@pytest.fixture(scope="module")
def axes(patient, on_pump):
    return Axes.around(patient).covering(on_pump)


def test_the_loop_holds_both_beats_corner_to_corner_and_closes(patient, on_pump, axes):
    lines = panels.loop_panel(patient, on_pump, axes).to_json()["lines"]
    assert [line["beat"] for line in lines] == ["Patient", "What-if"]
    assert [line["colour"] for line in lines] == [PATIENT_COLOUR, WHAT_IF_COLOUR]
    for line, beat in zip(lines, (patient, on_pump), strict=True):
        assert max(line["x"]) == pytest.approx(beat.edv_ml, rel=2e-3)
        assert min(line["x"]) == pytest.approx(beat.esv_ml, rel=2e-3)
        assert max(line["y"]) == pytest.approx(beat.lv_peak_pressure_mmhg, rel=2e-3)
        assert (line["x"][0], line["y"][0]) == pytest.approx((line["x"][-1], line["y"][-1]), abs=0.11)


def test_curves_over_time_span_the_cycle_of_their_own_beat(patient, axes):
    faster = solve_periodic(patient.parameters.replace(heart_rate_bpm=120.0))
    for panel in (panels.pressure_panel(patient, faster, axes), panels.flow_panel(patient, faster, axes)):
        for line in panel.lines:
            beat = patient if line.beat == "Patient" else faster
            assert line.x * (len(line.y) - 1) == pytest.approx(60 / beat.heart_rate_bpm)
    lv = next(line for line in panels.pressure_panel(patient, faster, axes).lines if line.label == "LV")
    assert np.interp(0.3, np.arange(len(lv.y)) * lv.x, lv.y) == pytest.approx(
        np.interp(0.3, patient.time_s, patient.lv_pressure_mmhg), rel=0.01
    )


def test_pump_flow_is_a_curve_only_where_there_is_a_pump(patient, on_pump, axes):
    def pump_lines(what_if):
        return [line.beat for line in panels.flow_panel(patient, what_if, axes).lines if line.label == "Pump"]

    assert pump_lines(patient) == []
    assert pump_lines(on_pump) == ["What-if"]


def test_every_axis_says_its_unit(patient, axes):
    titles = {scale.title for panel in panels.results_panels(patient, patient, axes) for scale in (panel.x, panel.y)}
    assert titles == {
        "",  # of the pressures, over the same time as the flows below
        "LV volume (mL)",
        "LV pressure (mmHg)",
        "Time in the cycle (s)",
        "Pressure (mmHg)",
        "Flow (mL/s)",
    }


@pytest.mark.parametrize("span", [(0.0, 260.0), (-200.0, 1200.0), (0.0, 1.5), (0.0, 0.4), (-20.0, 140.0)])
def test_ticks_are_few_evenly_spaced_and_on_the_axis(span):
    ticks = panels.Scale(title="x", unit="s", span=span).ticks()
    assert 3 <= len(ticks) <= 7
    assert span[0] <= ticks[0] < ticks[-1] <= span[1]
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0])
    assert 0.0 in ticks


def test_an_axis_without_extent_has_no_ticks():
    assert panels.Scale(title="x", unit="s", span=(0.0, 0.0)).ticks() == []


def test_a_picture_is_light_on_the_wire(patient, on_pump, axes):
    drawn = [panel.to_json() for panel in panels.results_panels(patient, on_pump, axes)]
    assert all(len(line["y"]) <= 201 for panel in drawn for line in panel["lines"])
    assert len(json.dumps(drawn)) < 20_000
