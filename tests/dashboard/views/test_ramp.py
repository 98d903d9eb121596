"""The Ramp study page."""

import pytest

from tests.dashboard.session import html, open_app
from twin_core.ramp import recommend_speed


def test_a_ramp_says_which_speeds_meet_the_targets_and_why():
    app = open_app("Ramp study")
    for key, value in (("ramp_from", 4800), ("ramp_to", 6000), ("ramp_step", 400)):
        app.number_input(key=key).set_value(value)
    app.run()
    assert not app.exception
    _, steps = app.session_state["kept_results"]["ramp"]
    assert [step.speed_rpm for step in steps] == [4800, 5200, 5600, 6000]
    table = html(app, "twin-table ramp")
    for step in steps:
        assert all(reason in table for reason in step.reasons)
    said = [element.value.replace("\\", "") for element in [*app.success, *app.warning]]
    assert any(recommend_speed(steps)["summary"] in text for text in said)


def test_a_speed_of_the_ramp_opens_in_what_if():
    app = open_app("Ramp study")
    for key, value in (("ramp_from", 5200), ("ramp_to", 5600), ("ramp_step", 200)):
        app.number_input(key=key).set_value(value)
    app.run()
    app.selectbox(key="ramp_chosen").set_value(5400.0).run()
    app.button(key="ramp_open").click().run()
    assert not app.exception
    assert (app.toggle(key="pump_on").value, app.selectbox(key="pump").value) == (True, "heartmate3")
    assert app.session_state["speed_rpm"] == 5400
    assert app.segmented_control(key="circuit").value == "closed_loop"
    (step,) = [step for step in app.session_state["kept_results"]["ramp"][1] if step.speed_rpm == 5400]
    assert app.session_state["what_if"].pump_flow_l_min == pytest.approx(step.beat.pump_flow_l_min, abs=1e-4)


def test_a_ramp_that_cannot_be_run_says_why():
    app = open_app("Ramp study")
    app.number_input(key="ramp_from").set_value(6000)
    app.number_input(key="ramp_to").set_value(5000).run()
    (error,) = app.error
    assert "has no steps" in error.value
    app.number_input(key="ramp_to").set_value(8000)
    app.number_input(key="ramp_step").set_value(10).run()
    (error,) = app.error
    assert "give a larger step" in error.value
