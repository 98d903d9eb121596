"""The two live components on a small page of their own, where a fragment can be rerun as the browser reruns it."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.dashboard.session import say, told


def small_page():
    import streamlit as st

    from dashboard import sliders
    from dashboard.live_slider import live_results, live_sliders, sent
    from twin_core.circuit import pumps

    specs = {"speed": sliders.speed_spec(pumps.get("axial"))}

    def settle():
        st.session_state.update(sent("bank", "rest", specs))

    def move():
        st.session_state["moving"] = sent("view", "moving", specs)

    st.session_state.setdefault("speed", 9000.0)
    live_sliders(specs, {"speed": st.session_state["speed"]}, key="bank", on_rest=settle)
    moving = st.session_state.pop("moving", {})
    status = str(moving.get("speed", st.session_state["speed"]))
    live_results((), status=status, table="", key="view", follows="bank", on_moving=move)


@pytest.fixture
def page():
    page = AppTest.from_function(small_page, default_timeout=60).run()
    assert not page.exception
    return page


def test_a_slider_is_sent_with_all_the_browser_needs(page):
    (one,) = told(page, "bank")["sliders"]
    assert (one["low"], one["high"], one["step"], one["unit"], one["home"]) == (6000, 18000, 100, "rpm", 10_000)
    assert one["label"] == "Pump speed"
    assert "everyday range 8000 to 12000 rpm" in one["help"]
    assert one["value"] == 9000
    assert one["disabled"] is False


def test_the_results_follow_the_bank_they_name(page):
    assert told(page, "view")["channel"] == told(page, "bank")["channel"] == "bank"


def test_a_value_at_rest_is_kept_on_the_grid(page):
    say(page, "bank", {"rest": {"seq": 1, "values": {"speed": 9449.0}}})
    assert told(page, "bank")["sliders"][0]["value"] == 9400
    assert told(page, "bank")["seq"] == 1
    assert told(page, "view")["status"] == "9400.0"


def test_a_value_in_motion_is_shown_once_and_not_kept(page):
    say(page, "view", {"moving": {"seq": 7, "values": {"speed": 12_000}}})
    assert told(page, "view")["status"] == "12000.0"
    assert told(page, "view")["seq"] == 7, "the browser sends its next value when it sees the number of its last"
    assert told(page, "bank")["sliders"][0]["value"] == 9000
    page.run()
    assert told(page, "view")["status"] == "9000.0"


@pytest.mark.parametrize(
    "message",
    [
        {},
        {"rest": None},
        {"rest": 3},
        {"rest": {"seq": "x", "values": [1]}},
        {"rest": {"seq": 1, "values": {"speed": "fast"}}},
        {"rest": {"seq": 1, "values": {"speed": None}}},
        {"rest": {"seq": 1, "values": {"speed": True}}},
        {"rest": {"seq": 1, "values": {"speed": float("inf")}}},
        {"rest": {"seq": 1, "values": {"other": 7000}}},
    ],
)
def test_a_message_that_makes_no_sense_moves_nothing(page, message):
    say(page, "bank", message)
    assert told(page, "bank")["sliders"][0]["value"] == 9000
    assert isinstance(told(page, "bank")["seq"], int)


def test_a_value_beyond_the_bounds_stops_at_them(page):
    say(page, "bank", {"rest": {"seq": 1, "values": {"speed": 1e12}}})
    assert told(page, "bank")["sliders"][0]["value"] == 18_000
