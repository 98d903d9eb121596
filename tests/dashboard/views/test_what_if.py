"""The What-if page: what the sliders and switches do to loop and numbers."""

import re

import pytest

from dashboard import sliders
from tests.dashboard.session import html, index, indices, on_screen, panel, put, say, slider, told
from twin_core.circuit import INDICES
from twin_core.report import format_value
from twin_core.scenario import Scenario


def test_measured_values_stand_beside_the_twins(page):
    measured = on_screen(page).twin.measured
    rows = re.findall(r"<tr>.*?</tr>", html(page, "twin-table measured"))
    assert len(rows) == 5
    assert f"<td>{measured.ejection_fraction_pct:.1f}</td>" in rows[1]
    assert f"<td>{on_screen(page).twin.simulate().ejection_fraction_pct:.1f}</td>" in rows[1]


def test_a_faster_pump_empties_the_ventricle(page):
    page.toggle(key="pump_on").set_value(True).run()
    slow = [float(index(page, "edv_ml")[1]), float(index(page, "pump_flow_l_min")[1])]
    put(page, speed_rpm=12_000)
    fast = [float(index(page, "edv_ml")[1]), float(index(page, "pump_flow_l_min")[1])]
    assert fast[0] < slow[0]  # a slow pump that leaks backward can fill a ventricle above its own EDV
    assert fast[1] > slow[1] > 0
    expected = Scenario(name="x", pump="axial", speed_rpm=12_000.0).simulate(on_screen(page).twin.circuit)
    assert fast[0] == pytest.approx(expected.edv_ml, abs=0.51)


@pytest.mark.parametrize("name", sliders.WHAT_IF_PARAMETERS["five_state"])
def test_every_slider_moves_the_what_if_and_only_it(page, name):
    before = indices(page)
    one = slider(page, f"slider_{name}")
    low, high = one["low"], one["high"]
    target = high if one["value"] < (low + high) / 2 else low + 0.25 * (high - low)
    value = sliders.slider_spec(name, on_screen(page).twin.circuit).nearest(target)
    put(page, **{f"slider_{name}": value})
    assert slider(page, f"slider_{name}")["value"] == value
    after = indices(page)
    assert {key: row[0] for key, row in after.items()} == {key: row[0] for key, row in before.items()}
    expected = Scenario(name="x", changes={name: value}).simulate(on_screen(page).twin.circuit)
    for key, about in INDICES.items():
        shown = format_value(getattr(expected, key), about.digits).replace("−", "-")
        assert after[key][1] == pytest.approx(shown) or float(after[key][1]) == pytest.approx(
            float(shown), abs=1.01 * 10**-about.digits
        )
    assert after != before


def test_the_whole_circulation_opens_with_the_same_end_diastolic_volume(page):
    twin = on_screen(page).twin
    before = indices(page)
    page.segmented_control(key="circuit").set_value("closed_loop").run()
    assert not page.exception
    assert float(index(page, "edv_ml")[0]) == pytest.approx(float(before["edv_ml"][0]), abs=1.01)
    assert "Central venous pressure" in html(page, "twin-table indices")
    page.selectbox(key="pump").set_value("heartmate3").run()
    page.toggle(key="pump_on").set_value(True).run()
    assert not page.exception
    expected = Scenario(name="x", pump="heartmate3", speed_rpm=5500.0).simulate(twin.circuit_in("closed_loop"))
    assert float(index(page, "pump_flow_l_min")[1]) == pytest.approx(expected.pump_flow_l_min, abs=0.011)
    put(page, slider_total_blood_volume_ml=slider(page, "slider_total_blood_volume_ml")["low"])
    page.segmented_control(key="circuit").set_value("five_state").run()
    assert not page.exception
    assert {key: row[0] for key, row in indices(page).items()} == {key: row[0] for key, row in before.items()}


def test_reset_restores_the_patient(page):
    opened = indices(page)
    page.toggle(key="pump_on").set_value(True)
    put(page, slider_systemic_resistance=2.5, slider_heart_rate_bpm=140.0)
    assert indices(page) != opened
    page.button(key="reset").click().run()
    assert indices(page) == opened
    assert page.toggle(key="pump_on").value is False


def test_suction_is_shouted(page):
    assert 'class="status periodic" role="status"' in html(page, 'class="status')
    page.toggle(key="pump_on").set_value(True).run()
    put(page, speed_rpm=18_000, slider_initial_volume_ml=60.0)
    status = html(page, 'class="status')
    assert 'class="status suction" role="alert"' in status
    assert "lower the pump speed" in status


def test_the_pumps_plane_is_empty_without_a_pump_and_follows_its_model(page):
    assert "LVAD on" in panel(page, "pump")["empty"]
    page.toggle(key="pump_on").set_value(True).run()
    assert "18000 rpm" in [line["label"] for line in panel(page, "pump")["lines"]]
    page.selectbox(key="pump").set_value("heartmate3").run()
    assert not page.exception
    labels = [line["label"] for line in panel(page, "pump")["lines"]]
    assert "5000 rpm" in labels
    assert "18000 rpm" not in labels
    assert labels[-1] == "Over one beat"


def test_the_results_say_what_they_are_of_and_after_which_release(page):
    page.toggle(key="pump_on").set_value(True).run()
    say(page, "sliders", {"rest": {"seq": 3, "values": {"speed_rpm": 9_000}}})
    shown = told(page, "results")
    assert (shown["rest"], shown["shows"]) == (3, "Axial (Simaan) pump at 9000 rpm")
    assert told(page, "sliders")["seq"] == 3, "the browser tells a release again until it sees its number"
