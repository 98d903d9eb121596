"""What stands around the loop on the What-if page: pinned what-ifs, the pump's plane, the band and its intervals."""

import json
from pathlib import Path

import pytest
from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from twin_core.scenario import Scenario

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def page():
    page = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=120).run()
    assert not page.exception
    return page


def component(page, key):
    (found,) = [element.proto for element in page.get("bidi_component") if element.proto.id.endswith(f"-{key}")]
    return found


def told(page, key):
    return json.loads(component(page, key).json)


def say(page, key, message):
    states = page._tree.get_widget_states()
    states.widgets.append(WidgetState(id=component(page, key).id, json_value=json.dumps(message)))
    page._run(states)
    assert not page.exception


def panel(page, name):
    (found,) = [one for one in told(page, "results")["panels"] if one["name"] == name]
    return found


def ask_until_done(page):
    """What a browser does while the sliders rest; how many slices it took."""
    for slices in range(1, 2000):
        band = told(page, "band")
        if band["done"]:
            return slices - 1
        say(page, "band", {"asked": [band["stamp"], band["slice"] + 1]})
    raise AssertionError("the band is never done")


def pin(page, name):
    page.text_input(key="pin_name").set_value(name)
    page.button(key="pin").click().run()
    assert not page.exception


def test_a_pinned_what_if_is_drawn_under_its_name_and_others_move_on(page):
    page.toggle(key="pump_on").set_value(True).run()
    pin(page, "Axial, middle speed")
    page.toggle(key="pump_on").set_value(False).run()
    loops = {line["beat"]: line for line in panel(page, "loop")["lines"] if not line["layer"]}
    assert list(loops) == ["Patient", "Axial, middle speed", "What-if"]
    twin = page.session_state["patient"].twin
    expected = Scenario(name="x", pump="axial", speed_rpm=10_000.0).simulate(twin.circuit)
    assert max(loops["Axial, middle speed"]["x"]) == pytest.approx(expected.edv_ml, rel=2e-3)
    assert max(loops["What-if"]["x"]) == pytest.approx(max(loops["Patient"]["x"]), rel=1e-3)


def test_a_pin_of_the_other_circuit_says_so(page):
    pin(page, "As found")
    page.segmented_control(key="circuit").set_value("closed_loop").run()
    assert not page.exception
    assert [line["legend"] for line in panel(page, "loop")["lines"] if not line["layer"]][1] == "As found (left heart)"


def test_axes_hold_what_is_pinned(page):
    say(page, "sliders", {"rest": {"seq": 1, "values": {"slider_initial_volume_ml": 270.0}}})
    pin(page, "Full")
    page.button(key="reset").click().run()
    loop = panel(page, "loop")
    (full,) = [line for line in loop["lines"] if line["label"] == "Full"]
    assert max(full["x"]) < loop["x"]["span"][1]
    assert max(full["y"]) < loop["y"]["span"][1]


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


def test_the_band_is_made_in_slices_and_belongs_to_what_is_drawn(page):
    first = told(page, "band")
    assert (first["done"], first["band"], first["slice"]) == (False, None, 0), "nothing of it holds up the page"
    assert first["stamp"] == told(page, "results")["stamp"] != ""
    say(page, "band", {"asked": ["something else", 1]})
    assert told(page, "band")["slice"] == 0, "an answer to an older question makes nothing"
    assert ask_until_done(page) >= 1
    band = told(page, "band")["band"]
    (lv,) = [one for one in band["bands"]["pressures"] if one["label"] == "LV"]
    assert len(lv["low"]) == len(lv["high"]) == 101
    assert all(low <= high for low, high in zip(lv["low"], lv["high"], strict=True))
    beat = page.session_state["patient"].beat
    assert lv["step"] * 100 == pytest.approx(60 / beat.heart_rate_bpm)
    assert min(lv["high"]) < beat.lv_peak_pressure_mmhg < 1.5 * max(lv["high"])
    assert "draws:</b> EDV" in band["words"]
    assert "pump flow" not in band["words"]

    say(page, "sliders", {"rest": {"seq": 1, "values": {"slider_systemic_resistance": 1.5}}})
    again = told(page, "band")
    assert again["stamp"] == told(page, "results")["stamp"] != first["stamp"]
    assert (again["done"], again["band"]) == (False, None), "another what-if, another band"


def test_a_twin_without_draws_has_no_band(page):
    assert 'class="note live-intervals"' in told(page, "results")["table"]
    twin = page.session_state["patient"].twin.model_copy(update={"posterior_draws": {}})
    upload = ("twin.json", twin.to_json().encode(), "application/json")
    page.file_uploader(key="upload").set_value(upload).run()
    assert not page.exception
    assert told(page, "results")["stamp"] == ""
    assert "live-intervals" not in told(page, "results")["table"], "a twin without draws promises no intervals"
    assert not [one for one in page.get("bidi_component") if one.proto.id.endswith("-band")]


def test_files_are_of_the_what_if_as_it_stands_when_they_are_asked_for(page):
    page.toggle(key="pump_on").set_value(True).run()
    now = page.session_state["kept_results"]["as_it_stands"][1]
    assert [one.speed_rpm for one in now.scenarios()] == [10_000.0]
    say(page, "sliders", {"rest": {"seq": 1, "values": {"speed_rpm": 9_000}}})
    assert page.session_state["kept_results"]["as_it_stands"][1] is now, "the buttons hold on to one thing"
    assert [one.speed_rpm for one in now.scenarios()] == [9_000.0]


def test_the_results_say_what_they_are_of_and_after_which_release(page):
    page.toggle(key="pump_on").set_value(True).run()
    say(page, "sliders", {"rest": {"seq": 3, "values": {"speed_rpm": 9_000}}})
    shown = told(page, "results")
    assert (shown["rest"], shown["shows"]) == (3, "Axial (Simaan) pump at 9000 rpm")
    assert told(page, "sliders")["seq"] == 3, "the browser tells a release again until it sees its number"
