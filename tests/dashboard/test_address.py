"""The page's address: links reopen settings, and nothing of the patient is in it."""

from streamlit.runtime.state.query_params_proxy import QueryParamsProxy

from tests.dashboard.session import on_screen, open_app, upload
from twin_core.case import Case

LINK = {"circuit": "five_state", "pump": "heartmate3", "speed_rpm": "5600", "systemic_resistance": "1.5"}


def test_a_link_reopens_the_settings():
    app = open_app(circuit="five_state", pump="heartmate3", speed_rpm="5600", systemic_resistance="1.5")
    assert app.toggle(key="pump_on").value is True
    assert app.selectbox(key="pump").value == "heartmate3"
    assert (app.session_state["speed_rpm"], app.session_state["slider_systemic_resistance"]) == (5600, 1.5)
    assert app.query_params["speed_rpm"] in ("5600", ["5600"])


def settings(app):
    return (
        app.toggle(key="pump_on").value,
        app.selectbox(key="pump").value,
        app.session_state["speed_rpm"],
        app.session_state["slider_systemic_resistance"],
    )


def test_a_links_settings_hold_for_what_is_opened_next_and_say_so(twin):
    app = open_app(**LINK)
    assert not app.toast, "what the link shows on opening needs no word"
    case = Case(twin=twin, circuit="closed_loop")
    upload(app, "case.json", case.to_json().encode())
    assert on_screen(app).twin == twin
    assert settings(app) == (True, "heartmate3", 5600, 1.5)
    assert app.session_state["circuit"] == "five_state", "the link names its circuit"
    (said,) = app.toast
    assert "Your link's settings hold here too" in said.value and "5600 rpm" in said.value
    assert {name: app.query_params[name] for name in app.query_params} == LINK
    app.run()
    assert not app.toast


def test_a_links_settings_hold_for_the_same_clip_at_another_depth():
    app = open_app(**LINK)
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert on_screen(app).twin.clip.cm_per_px_source == "depth_given"
    assert settings(app) == (True, "heartmate3", 5600, 1.5)


def test_settings_changed_by_hand_are_for_the_patient_on_screen(twin):
    app = open_app(**LINK)
    app.selectbox(key="pump").set_value("heartmate2").run()
    upload(app, "twin.json", twin.to_json().encode())
    assert app.toggle(key="pump_on").value is False
    assert app.session_state["slider_systemic_resistance"] != 1.5
    assert not app.toast
    upload(app, "again.json", twin.to_json().encode() + b" ")
    assert app.toggle(key="pump_on").value is False, "once changed, the link is done with"


def test_what_a_link_asks_for_wrongly_is_told_of_each_patient_it_holds_for(twin):
    app = open_app(pump="heartmate3", speed_rpm="99999", aortic_resistance="0.17")
    assert "99999" in app.warning[0].value
    upload(app, "twin.json", twin.to_json().encode())
    assert "99999" in app.warning[0].value
    assert app.session_state["slider_aortic_resistance"] == 0.17


def test_the_address_holds_settings_and_nothing_of_the_patient():
    app = open_app()
    assert set(app.query_params) == {"circuit", "pump"}
    app.toggle(key="pump_on").set_value(True).run()
    assert set(app.query_params) == {"circuit", "pump", "speed_rpm"}
    assert "Sample" not in str(dict(app.query_params))


def test_an_address_the_browser_does_not_know_yet_is_not_taken_for_the_one_that_stands(monkeypatch):
    app = open_app()
    before = {name: app.query_params[name] for name in app.query_params}
    app.toggle(key="pump_on").set_value(True).run()
    written = []
    monkeypatch.setattr(QueryParamsProxy, "from_dict", lambda _, settings: written.append(settings))
    app.query_params.clear()
    app.query_params.update(before)  # the pump's address is still on its way to the browser as this run is asked for
    app.toggle(key="pump_on").set_value(False).run()
    assert [set(one) for one in written] == [{"circuit", "pump"}], "else the browser ends on the pump's address"
    app.run()
    assert len(written) == 1, "and is left alone when it knows"


def test_what_a_link_asks_for_wrongly_is_told_and_left_out():
    app = open_app(pump="warp_drive", systemic_resistance="99", patient="Jane")
    told = " ".join(one.value.replace("\\", "") for one in app.warning)
    assert "no pump 'warp_drive'" in told
    assert "systemic_resistance = 99" in told
    assert "no setting 'patient'" in told
    assert "patient" not in app.query_params
