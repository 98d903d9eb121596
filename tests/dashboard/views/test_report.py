"""The Report page: what goes in, and what every file of it holds."""

import io
import json

from pypdf import PdfReader

from tests.dashboard.session import enter, go, handed_out, on_screen, open_app, pin, upload
from twin_core import report
from twin_core.case import Case


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
