"""Every page beside What-if, as a session sees it: real sample, real networks, real solver; no browser."""

import dataclasses
import io
import json
import re
from pathlib import Path

import numpy as np
import pytest
from pypdf import PdfReader
from streamlit.runtime.state.query_params_proxy import QueryParamsProxy
from streamlit.testing.v1 import AppTest

from dashboard.reading import ReadingError
from twin_core import report
from twin_core.case import Case
from twin_core.circuit import PARAMETERS
from twin_core.ramp import recommend_speed

ROOT = Path(__file__).resolve().parents[2]


def open_app(page="", **link):
    app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=240)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    if page:
        go(app, page)
    assert not app.exception
    return app


def go(app, title):
    """Open the page of that title; AppTest itself knows only pages that are files."""
    app._page_hash = next(key for key, page in app._registered_pages.items() if page["page_name"] == title)
    app.run()
    assert not app.exception
    return app


def bodies(app):
    elements = app.main.get("html") + app.sidebar.get("html")
    return [element.proto.body for element in elements if "<style" not in element.proto.body]


def html(app, mark):
    (found,) = [body for body in bodies(app) if mark in body]
    return found


def on_screen(app):
    return app.session_state["patient"]


def enter(app, systolic=None, diastolic=None, pulse=None):
    for key, value in (("systolic_mmhg", systolic), ("diastolic_mmhg", diastolic), ("pulse_bpm", pulse)):
        app.number_input(key=key).set_value(value)
    (submit,) = [button for button in app.button if button.label == "Recalibrate the twin"]
    submit.click().run()
    assert not app.exception
    return app


def upload(app, name, data):
    app.file_uploader(key="upload").set_value((name, data, "application/json")).run()
    assert not app.exception
    return app


def test_the_patient_page_shows_what_the_clip_gave():
    app = open_app("Patient")
    patient = on_screen(app)
    assert "Image quality." in html(app, 'class="verdict')
    assert all(f"Caution: {reason}." in "".join(bodies(app)) for reason in patient.twin.quality.reasons)
    beats = re.findall(r"<tr><th scope=\"row\">.*?</tr>", html(app, "twin-table beats"))
    assert len(beats) == len(patient.echo.beats) == patient.twin.measured.beats
    assert f"<td>{patient.echo.beats[0].ef_pct:.1f}</td>" in beats[0]
    known = html(app, "twin-table known")
    assert known.count('<th scope="row">') == len(PARAMETERS)
    assert known.count("narrower)") == len(patient.twin.posterior)
    assert f"{len(patient.twin.posterior['emax_mmhg_per_ml'])} draws" in "".join(bodies(app))


def put_echo(app, **changes):
    """The patient on screen with another echo record, and the Patient page drawn again."""
    patient = on_screen(app)
    app.session_state["patient"] = dataclasses.replace(patient, echo=dataclasses.replace(patient.echo, **changes))
    app.run()
    assert not app.exception


def test_the_rhythm_remark_says_how_many_beats_were_set_aside_and_why():
    app = open_app("Patient")
    put_echo(app, set_aside=())
    echo = on_screen(app).echo
    assert "set aside:" not in "".join(bodies(app))
    (beat, *_) = echo.beats
    odd = dataclasses.replace(beat, ed_index=1, es_index=3)
    rejected = np.zeros_like(echo.rejected)
    rejected[odd.ed_index] = True
    put_echo(app, set_aside=(odd,), rejected=rejected, irregularity=0.4)
    assert "differ by 40 %: an irregular rhythm" in html(app, "Beat lengths")
    found = len(echo.beats) + 1
    said = html(app, "set aside:")
    assert f"1 of {found} beats was set aside: contours jumped or are missing, 1 at end-diastole" in said
    assert "judged from all beats found" in said

    put_echo(app, beats=(odd,), set_aside=(odd,), rejected=rejected)
    assert "The only beat was not seen whole, yet it counts" in html(app, "judged from all")


def test_a_cuff_pressure_recalibrates_the_twin_everywhere_and_can_be_undone():
    app = open_app("Patient")
    found = on_screen(app).twin
    enter(app, 112, 74, 80)
    moved = on_screen(app)
    assert moved.beat.systolic_pressure_mmhg == pytest.approx(112, abs=6)
    assert moved.beat.diastolic_pressure_mmhg == pytest.approx(74, abs=6)
    assert moved.beat.heart_rate_bpm == pytest.approx(80)
    assert "Recalibrated" in html(app, "<h1>")
    assert "Systemic resistance" in html(app, "twin-table moves")
    assert "112" in html(app, "twin-table comparison")
    assert moved.twin.measured.systolic_pressure_mmhg == 112
    assert moved.twin.posterior_draws != found.posterior_draws, "the intervals know the cuff"
    assert not any("set that by the cuff" in caution for caution in moved.twin.quality.reasons)

    go(app, "What-if")
    assert app.session_state["resting"].mean_arterial_pressure_mmhg == moved.beat.mean_arterial_pressure_mmhg
    go(app, "Patient")
    assert app.number_input(key="systolic_mmhg").value == 112, "what was entered is still there"
    app.button(key="cuff_undo").click().run()
    assert on_screen(app).twin == found
    assert on_screen(app).recalibration is None
    assert "Recalibrated" not in html(app, "<h1>")


def test_another_depth_keeps_cuff_pressure_and_pins():
    app = open_app()
    pin(app, "Before")
    go(app, "Patient")
    enter(app, 112, 74)
    before = on_screen(app).twin.measured.edv_ml
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert not app.exception
    after = on_screen(app)
    assert after.twin.measured.edv_ml != before
    assert after.recalibration.readings == {"systolic_pressure_mmhg": 112, "diastolic_pressure_mmhg": 74}
    assert after.recalibration.wanted["edv_ml"] == after.twin.measured.edv_ml
    assert [one.scenario.name for one in app.session_state["pinned"]] == ["Before"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ((90, 110, None), "not under the systolic"),
        ((700, None, None), "not between 40 and 300"),
        ((None, None, 900), "not between 35 and 150"),
        ((None, None, None), "nothing was entered"),
    ],
)
def test_bad_entries_are_refused_in_words_and_lose_nothing(entries, says):
    app = open_app("Patient")
    enter(app, 118, 76)
    before = on_screen(app)
    enter(app, *entries)
    (error,) = app.error
    assert says in error.value.replace("\\", "")
    assert "The twin is unchanged" in error.value
    assert on_screen(app) is before
    assert [app.number_input(key=key).value for key in ("systolic_mmhg", "diastolic_mmhg", "pulse_bpm")] == list(
        entries
    )
    enter(app, 118, 76)
    assert not app.error


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


def pin(app, name):
    app.text_input(key="pin_name").set_value(name)
    (button,) = [button for button in app.button if button.label == "Pin"]
    button.click().run()
    assert not app.exception
    return app


def test_pinned_what_ifs_go_into_report_and_case(tmp_path):
    app = open_app()
    app.toggle(key="pump_on").set_value(True).run()
    pin(app, "Pump on")
    assert "pinned already" in pin(app, "Pump on").error[0].value
    for name in ("Second", "Third"):
        pin(app, name)
    pinned = app.session_state["pinned"]
    assert [one.scenario.name for one in pinned] == ["Pump on", "Second", "Third"]
    app.button(key="unpin_Third").click().run()
    assert [one.scenario.name for one in app.session_state["pinned"]] == ["Pump on", "Second"]

    go(app, "Report")
    assert not app.exception
    assert [box.value for box in app.checkbox] == [True] * 4, "three scenarios and the ramp"
    app.text_input(key="pseudonym").set_value("Case 12")
    app.text_area(key="notes").set_value("Seen twice. #strong[no markup]")
    app.checkbox(key="include_five_state_Second").set_value(False).run()
    assert not app.exception
    _, (study, pages) = app.session_state["kept_results"]["report"]
    assert study.twin.pseudonym == "Case 12"
    assert list(study.beats) == ["Patient", "What-if", "Pump on"]
    assert study.ramp.pump.name == "axial"
    assert all(page.startswith(b"\x89PNG") for page in pages)
    text = " ".join(page.extract_text() for page in PdfReader(io.BytesIO(report.pdf(study))).pages)
    assert "Seen twice. #strong[no markup]" in text
    assert "Ramp of the Axial (Simaan) pump" in text
    app.run()
    assert app.session_state["kept_results"]["report"][1][0] is study, "nothing changed, nothing is solved again"
    app.checkbox(key="include_ramp").set_value(False).run()
    assert app.session_state["kept_results"]["report"][1][0].ramp is None


def handed_out(app, monkeypatch, title):
    """Name and content of every file that a page's buttons hand out, by label."""
    files = {}

    def kept(column, label, data, *, file_name, **settings):
        files[label] = (file_name, data())

    with monkeypatch.context() as patched:
        patched.setattr("streamlit.delta_generator.DeltaGenerator.download_button", kept)
        patched.setattr("streamlit.download_button", lambda *args, **settings: kept(None, *args, **settings))
        go(app, title)
    return files


def test_every_file_of_the_report_holds_what_the_preview_shows(monkeypatch):
    app = open_app("Patient")
    enter(app, 112, 74)
    go(app, "What-if")
    app.toggle(key="pump_on").set_value(True).run()
    pin(app, "<b>On</b>")
    files = handed_out(app, monkeypatch, "Report")
    _, (study, _) = app.session_state["kept_results"]["report"]
    assert set(files) == {"PDF", "HTML", "CSV", "JSON", "Save case"}
    answer = json.loads(files["JSON"][1])
    assert [one["name"] for one in answer["beats"]] == ["Patient", "What-if", "<b>On</b>"]
    assert [one["indices"] for one in answer["beats"]] == [beat.indices() for beat in study.beats.values()]
    page = files["HTML"][1].decode()
    assert "&lt;b&gt;On&lt;/b&gt;" in page and "<b>On</b>" not in page
    assert study.ramp.recommended["summary"] in page
    for text in (files["CSV"][1].decode(), page):
        assert "recalibrated to systolic pressure 112 mmHg" in text
    case = Case.from_json(files["JSON"][1])
    assert case == Case.from_json(files["Save case"][1])
    assert case.recalibration.readings["systolic_pressure_mmhg"] == 112, "what was read is not lost"

    fresh = upload(open_app(), "report.json", files["JSON"][1])
    assert on_screen(fresh).beat.indices() == on_screen(app).beat.indices()
    assert on_screen(fresh).recalibration == on_screen(app).recalibration


def test_the_report_shows_the_ramp_of_the_ramp_page():
    app = open_app("Ramp study")
    for key, value in (("ramp_from", 5200), ("ramp_to", 5600), ("ramp_step", 200)):
        app.number_input(key=key).set_value(value)
    app.run()
    app.button(key="ramp_open").click().run()
    go(app, "Report")
    _, (study, _) = app.session_state["kept_results"]["report"]
    _, steps = app.session_state["kept_results"]["ramp"]
    assert [step.speed_rpm for step in study.ramp.steps] == [5200, 5400, 5600]
    assert all(one is other for one, other in zip(study.ramp.steps, steps, strict=True)), "solved once"


def test_what_is_left_out_of_the_report_stays_out_until_it_is_pinned_anew():
    app = open_app()
    for name in ("First", "Second"):
        pin(app, name)
    go(app, "Report")
    app.checkbox(key="include_five_state_Second").set_value(False).run()
    for title in ("What-if", "Patient", "Report"):
        go(app, title)
    assert [app.checkbox(key=f"include_five_state_{name}").value for name in ("First", "Second")] == [True, False]
    go(app, "What-if")
    app.button(key="unpin_Second").click().run()
    pin(app, "Second")
    go(app, "Report")
    assert app.checkbox(key="include_five_state_Second").value is True


def test_another_depth_keeps_notes_and_pseudonym():
    app = open_app("Report")
    app.text_input(key="pseudonym").set_value("Case 12")
    app.text_area(key="notes").set_value("Seen twice.").run()
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert not app.exception
    assert on_screen(app).twin.clip.cm_per_px_source == "depth_given"
    assert app.text_input(key="pseudonym").value == "Case 12"
    assert app.text_area(key="notes").value == "Seen twice."
    upload(app, "twin.json", on_screen(app).twin.renamed("Somebody else").to_json().encode())
    assert app.text_input(key="pseudonym").value == "Somebody else"
    assert app.text_area(key="notes").value == "", "notes are one patient's"


def test_the_present_pseudonym_stands_on_every_page_and_in_every_file(monkeypatch):
    app = open_app("Patient")
    enter(app, 112, 74)
    go(app, "Report")
    app.text_input(key="pseudonym").set_value("  Case   <12> ").run()
    files = handed_out(app, monkeypatch, "What-if")
    assert "<h1>Case &lt;12&gt;</h1>" in html(app, "<h1>")
    names = {name for name, _ in files.values()}
    assert names == {f"lvad-twin-case-12{ending}" for ending in (".pdf", ".html", ".csv", "-case.json")}
    assert "<bdi>Case &lt;12&gt;</bdi>" in files["Report HTML"][1].decode()
    saved = Case.from_json(files["Save case"][1])
    assert saved.twin.pseudonym == saved.recalibration.found.pseudonym == "Case <12>"
    assert "Case <12>" in PdfReader(io.BytesIO(files["Report PDF"][1])).pages[0].extract_text()
    go(app, "Patient")
    app.button(key="cuff_undo").click().run()
    assert "<h1>Case &lt;12&gt;</h1>" in html(app, "<h1>"), "undoing the cuff keeps the name"


def test_a_saved_case_reopens_with_twin_recalibration_and_pins():
    app = open_app("Patient")
    enter(app, 112, 74)
    go(app, "What-if")
    app.toggle(key="pump_on").set_value(True).run()
    pin(app, "Pump on")
    before = on_screen(app)
    case = Case(
        twin=before.twin, recalibration=before.recalibration, pinned=app.session_state["pinned"], circuit="five_state"
    )
    fresh = upload(open_app(), "case.json", case.to_json().encode())
    after = on_screen(fresh)
    assert after.beat.indices() == before.beat.indices(), "to the last digit"
    assert fresh.session_state["pinned"] == app.session_state["pinned"]
    go(fresh, "Patient")
    assert fresh.number_input(key="systolic_mmhg").value == 112
    fresh.button(key="cuff_undo").click().run()
    assert on_screen(fresh).twin == before.recalibration.found


def test_a_newer_case_is_refused_in_words():
    app = open_app()
    upload(app, "case.json", json.dumps({"kind": "lvad_twin_case", "schema_version": 9}).encode())
    assert "newer than 1" in app.error[0].value.replace("\\", "")


def test_a_link_reopens_the_settings():
    app = open_app(circuit="five_state", pump="heartmate3", speed_rpm="5600", systemic_resistance="1.5")
    assert app.toggle(key="pump_on").value is True
    assert app.selectbox(key="pump").value == "heartmate3"
    assert (app.session_state["speed_rpm"], app.session_state["slider_systemic_resistance"]) == (5600, 1.5)
    assert app.query_params["speed_rpm"] in ("5600", ["5600"])


LINK = {"circuit": "five_state", "pump": "heartmate3", "speed_rpm": "5600", "systemic_resistance": "1.5"}


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


def test_about_tells_versions_and_how_far_off_the_networks_are():
    app = open_app("About the model")
    assert "Python" in html(app, "Version</th>")
    shown = " ".join(element.value for element in app.markdown)
    assert "mean Dice" in shown
    assert len(app.get("expander")) >= 2


def test_every_page_says_what_to_open_while_there_is_no_patient(monkeypatch):
    def fails(*_):
        raise ReadingError("Sample clip: not there.")

    monkeypatch.setattr("dashboard.intake.sample_patient", fails)
    for title in ("Patient", "What-if", "Ramp study", "Report"):
        app = open_app(title)
        assert "Open one at the left" in html(app, "No patient on screen")
        assert "not there" in app.error[0].value
