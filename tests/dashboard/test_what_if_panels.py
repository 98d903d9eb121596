import json
from dataclasses import fields, replace

import numpy as np
import pytest

from dashboard import what_if_panels as panels
from dashboard.charts import Axes
from twin_core.circuit import presets, pumps, solve_periodic
from twin_core.circuit.pump_plane import curve_speeds


@pytest.fixture(scope="module")
def patient():
    return solve_periodic(presets.load("heart_failure"))


@pytest.fixture(scope="module")
def on_pump(patient):
    return solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=12_000, start=patient)


@pytest.fixture(scope="module")
def slower(patient):
    return solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=9_000, start=patient)


@pytest.fixture(scope="module")
def axes(patient, on_pump, slower):
    return Axes.around(patient).covering(on_pump).covering(slower)


def drawn(name, patient, what_if, axes, pinned=None, moving=False):
    (found,) = [one for one in panels.results_panels(patient, what_if, axes, pinned) if one.name == name]
    return found.to_json(moving)


def lines(panel, layer=""):
    return [line for line in panel["lines"] if line["layer"] == layer]


def test_the_loop_holds_both_beats_corner_to_corner_and_closes(patient, on_pump, axes):
    loops = lines(drawn("loop", patient, on_pump, axes))
    assert [line["beat"] for line in loops] == ["Patient", "What-if"]
    assert [line["tone"] for line in loops] == ["patient", "what-if"]
    for line, beat in zip(loops, (patient, on_pump), strict=True):
        assert max(line["x"]) == pytest.approx(beat.edv_ml, rel=2e-3)
        assert min(line["x"]) == pytest.approx(beat.esv_ml, rel=2e-3)
        assert max(line["y"]) == pytest.approx(beat.lv_peak_pressure_mmhg, rel=2e-3)
        assert (line["x"][0], line["y"][0]) == pytest.approx((line["x"][-1], line["y"][-1]), abs=0.11)


def test_relations_start_at_v0_and_are_those_of_each_beat(patient, axes):
    stronger = solve_periodic(patient.parameters.replace(emax_mmhg_per_ml=2.0))
    relations = lines(drawn("loop", patient, stronger, axes), "lines")
    assert [(line["beat"], line["label"]) for line in relations] == [
        ("Patient", "ESPVR"),
        ("Patient", "EDPVR"),
        ("What-if", "ESPVR"),
        ("What-if", "EDPVR"),
    ]
    assert all(line["x"][0] == patient.parameters.unstressed_volume_ml and line["y"][0] == 0 for line in relations)
    slopes = [line["y"][-1] / (line["x"][-1] - line["x"][0]) for line in relations]
    assert slopes[2] == pytest.approx(stronger.end_systolic_elastance_mmhg_per_ml, rel=1e-2)
    assert slopes[2] > 1.8 * slopes[0]
    assert slopes[1] == pytest.approx(slopes[3], rel=1e-2), "diastole is as it was"


def test_areas_are_the_what_ifs_and_say_the_indices(patient, on_pump, axes):
    work, energy = lines(drawn("loop", patient, on_pump, axes), "areas")
    (drawn_work, drawn_energy) = (
        abs(np.trapezoid(np.r_[area["y"], area["y"][0]], np.r_[area["x"], area["x"][0]])) for area in (work, energy)
    )
    assert drawn_work == pytest.approx(on_pump.stroke_work_mmhg_ml, rel=0.03)
    assert drawn_energy == pytest.approx(on_pump.potential_energy_mmhg_ml, rel=0.03)
    assert work["width"] == energy["width"] == 0
    assert work["legend"] == f"SW {on_pump.stroke_work_mmhg_ml:.0f}"
    assert f"PVA {on_pump.pressure_volume_area_mmhg_ml:.0f} mmHg" in energy["legend"]


def test_pinned_beats_stand_between_patient_and_what_if_by_name(patient, on_pump, slower, axes):
    pinned = {"Slow pump": slower, "Second": patient}
    loops = lines(drawn("loop", patient, on_pump, axes, pinned))
    assert [line["legend"] for line in loops] == ["Patient", "Slow pump", "Second", "What-if"]
    assert [line["tone"] for line in loops] == ["patient", "pin-1", "pin-2", "what-if"]
    assert len({line["dash"] for line in loops[1:3]} | {"solid"}) == 3, "told apart without colour, too"
    assert max(loops[1]["x"]) == pytest.approx(slower.edv_ml, rel=2e-3)
    for name in ("pressures", "flows", "volumes"):
        beats = [line["beat"] for line in lines(drawn(name, patient, on_pump, axes, pinned))]
        assert list(dict.fromkeys(beats)) == ["Patient", "Slow pump", "Second", "What-if"]


@pytest.mark.parametrize("name", ["pressures", "flows", "volumes"])
def test_curves_over_time_are_one_cycle_of_their_own_beat_drawn_twice(name, patient, axes):
    faster = solve_periodic(patient.parameters.replace(heart_rate_bpm=120.0))
    panel = drawn(name, patient, faster, axes)
    for line in panel["lines"]:
        beat = patient if line["beat"] == "Patient" else faster
        assert line["beats"] == 2
        assert line["x"] * (len(line["y"]) - 1) == pytest.approx(60 / beat.heart_rate_bpm)
    assert panel["x"]["span"][1] >= 2 * 60 / patient.heart_rate_bpm
    key = {"pressures": "lv_pressure_mmhg", "flows": "aortic_valve_flow_ml_s", "volumes": "lv_volume_ml"}[name]
    first = panel["lines"][0]
    assert np.interp(0.2, np.arange(len(first["y"])) * first["x"], first["y"]) == pytest.approx(
        np.interp(0.2, patient.time_s, getattr(patient, key)), rel=0.02
    )


def test_pump_flow_is_a_curve_only_where_there_is_a_pump(patient, on_pump, axes):
    def pump_lines(what_if):
        return [line["beat"] for line in drawn("flows", patient, what_if, axes)["lines"] if line["label"] == "Pump"]

    assert pump_lines(patient) == []
    assert pump_lines(on_pump) == ["What-if"]


def open_share(line, period):
    """Share of two beats covered by a bar."""
    x = line["x"]
    assert x[2::3] == [None] * (len(x) // 3)
    return sum(end - start for start, end in zip(x[::3], x[1::3], strict=True)) / (2 * period)


def test_valve_bars_cover_the_time_each_valve_is_open(patient, axes):
    pumped = solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=8_500, start=patient)
    bars = {(line["label"], line["beat"]): line for line in drawn("valves", patient, pumped, axes)["lines"]}
    for who, beat in (("Patient", patient), ("What-if", pumped)):
        period = 60 / beat.heart_rate_bpm
        for valve, flow in (("Aortic", beat.aortic_valve_flow_ml_s), ("Mitral", beat.mitral_flow_ml_s)):
            assert open_share(bars[valve, who], period) == pytest.approx(np.mean(flow > 0), abs=0.006)
    assert bars["Aortic", "Patient"]["width"] < bars["Aortic", "What-if"]["width"]
    assert bars["Aortic", "Patient"]["y"][0] < bars["Aortic", "What-if"]["y"][0], "one under the other"


def test_a_valve_that_stays_shut_has_no_bar(patient, on_pump, axes):
    assert on_pump.aortic_valve_open_fraction == 0
    (aortic,) = [
        line
        for line in drawn("valves", patient, on_pump, axes)["lines"]
        if (line["label"], line["beat"]) == ("Aortic", "What-if")
    ]
    assert aortic["x"] == aortic["y"] == []


def test_the_pumps_plane_has_named_curves_and_the_loop_of_the_beat(patient, on_pump, axes):
    panel = drawn("pump", patient, on_pump, axes)
    curves = [line for line in panel["lines"] if line["beat"] == "Curve"]
    assert [line["label"] for line in curves] == [f"{speed:.0f} rpm" for speed in curve_speeds(on_pump.pump)]
    for line in curves:
        if line["tag"]:
            words, _, head = line["tag"]
            assert words == line["label"]
            assert panel["y"]["span"][0] <= head <= panel["y"]["span"][1]
    assert sum(line["tag"] is not None for line in curves) >= 3
    loop = panel["lines"][-1]
    assert np.mean(loop["x"][:-1]) == pytest.approx(on_pump.pump_flow_l_min, rel=0.01)
    assert (loop["x"][0], loop["y"][0]) == pytest.approx((loop["x"][-1], loop["y"][-1]), abs=0.11)
    assert panel["empty"] == ""


def test_without_a_pump_the_plane_says_what_to_do(patient, axes):
    panel = drawn("pump", patient, patient, axes)
    assert panel["lines"] == []
    assert "LVAD on" in panel["empty"]


def test_every_axis_says_its_unit(patient, axes):
    drawn = panels.results_panels(patient, patient, axes)
    titles = {scale.title for panel in drawn for scale in (panel.x, panel.y)}
    assert titles == {
        "",  # of pressures and flows, over the same time as the bars below
        "LV volume (mL)",
        "LV pressure (mmHg)",
        "Time (s)",
        "Pressure (mmHg)",
        "Flow (mL/s)",
        "Open",  # the rows are named after the valves
        "Volume (mL)",
        "Pump flow (L/min)",
        "Head: aorta − LV (mmHg)",
    }


def test_in_motion_only_what_moves_is_sent(patient, on_pump, slower, axes):
    pinned = {"a": slower, "b": slower, "c": patient}
    at_rest, moving = (
        [panel.to_json(moving) for panel in panels.results_panels(patient, on_pump, axes, pinned)]
        for moving in (False, True)
    )
    assert all("y" in line for panel in at_rest for line in panel["lines"])
    sent = {line["beat"] for panel in moving for line in panel["lines"] if "y" in line}
    assert sent == {"What-if"}
    names = [[(line["label"], line["beat"]) for line in panel["lines"]] for panel in moving]
    assert names == [[(line["label"], line["beat"]) for line in panel["lines"]] for panel in at_rest]
    assert len(json.dumps(moving)) < 25_000
    assert len(json.dumps(at_rest)) < 80_000


def test_a_picture_is_light_on_the_wire(patient, on_pump, axes):
    at_rest = [panel.to_json() for panel in panels.results_panels(patient, on_pump, axes)]
    assert all(len(line["y"]) <= 201 for panel in at_rest for line in panel["lines"])
    assert len(json.dumps(at_rest)) < 45_000


def test_a_beat_that_could_not_be_integrated_breaks_no_picture(patient):
    """The solver hands it over as two samples, and its pressures may be infinite."""
    waveforms = {one.name: getattr(patient, one.name) for one in fields(patient)}
    short = {key: one[[0, -1]] for key, one in waveforms.items() if getattr(one, "size", 0) == patient.time_s.size}
    away = replace(patient, **short | {"lv_pressure_mmhg": np.array([np.inf, np.nan])}, status="not_periodic")
    axes = Axes.around(patient)
    assert axes.covering(away).pressure_mmhg == axes.pressure_mmhg
    told = [one.to_json() for one in panels.results_panels(patient, away, axes.covering(away), {"Away": away})]
    json.dumps(told, allow_nan=False)
    (loop,) = [line for line in told[0]["lines"] if (line["beat"], line["layer"]) == ("What-if", "")]
    assert loop["y"] == [None]
    (volume,) = [line for line in told[4]["lines"] if line["beat"] == "What-if"]
    assert volume["y"] == [pytest.approx(patient.lv_volume_ml[0], abs=0.1)]
