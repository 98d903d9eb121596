"""Files opened on the page: clips, twins and cases, good and bad ones; and the depth typed for a clip."""

import json
import re
from pathlib import Path

import pytest
from pydicom.examples import get_path

from tests.dashboard.session import enter, go, heading, html, indices, on_screen, open_app, pin, problem, put, upload
from twin_core.case import Case
from twin_core.learning.weights import WeightsError

DICOM = Path(get_path("ybr_color"))


@pytest.mark.parametrize(
    ("name", "data", "says"),
    [
        ("notes.txt", b"hello", "notes.txt"),
        ("empty.avi", b"", "empty"),
        ("half.dcm", DICOM.read_bytes()[:40_000], "half.dcm"),
        ("bad.json", b'{"schema_version": 99}', "newer"),
        ("![x](http://x.invalid/p.png).avi", b"RIFF", "![x]"),
    ],
)
def test_a_bad_upload_says_why_and_leaves_the_screen(page, name, data, says):
    put(page, slider_systemic_resistance=2.5)
    before = indices(page)
    upload(page, name, data)
    assert says in problem(page)
    assert "\n" not in problem(page)
    assert problem(page).endswith("The patient on screen is unchanged.")
    assert indices(page) == before
    assert heading(page) == "Sample clip"
    page.file_uploader(key="upload").clear().run()
    assert not page.error
    assert indices(page) == before, "taking the bad file away changes nothing either"


def test_a_clip_without_a_heart_gives_reasons_and_no_numbers(page, still_clip):
    before = indices(page)
    upload(page, "still.avi", still_clip)
    assert "no twin from this clip" in problem(page)
    assert indices(page) == before


def test_a_good_upload_takes_the_screen_after_a_bad_one(page):
    upload(page, "empty.avi", b"")
    upload(page, "IM0001", DICOM.read_bytes())
    assert not page.error
    assert heading(page) == on_screen(page).twin.pseudonym
    assert re.fullmatch(r"Patient [0-9A-F]{6}", heading(page))
    assert on_screen(page).twin.clip.cm_per_px_source == "dicom_region"


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (WeightsError("assets/encoder.safetensors is not a readable weight file: fetch it again"), "weight file"),
        (MemoryError(), "export fewer beats"),
        (KeyError("name of a patient"), "not foreseen"),
    ],
)
def test_a_fault_while_reading_is_one_line_and_leaves_the_screen(page, monkeypatch, caplog, error, says):
    def broken(*args, **kwargs):
        raise error

    monkeypatch.setattr("twin_core.inference.infer", broken)
    upload(page, "IM0001", DICOM.read_bytes() + b"\0")
    assert says in problem(page)
    assert heading(page) == "Sample clip"
    assert "name of a patient" not in caplog.text + problem(page)


def test_a_depth_given_by_hand_recalibrates_the_clip(page):
    found = on_screen(page).twin.measured.edv_ml
    page.number_input(key="depth_cm").set_value(30.0).run()
    twin = on_screen(page).twin
    assert twin.clip.cm_per_px_source == "depth_given"
    assert twin.measured.edv_ml > found * 1.2
    page.number_input(key="depth_cm").set_value(None).run()
    assert on_screen(page).twin.measured.edv_ml == found


def scale(app):
    assert not app.exception
    return on_screen(app).twin.clip.cm_per_px_source


def test_a_depth_typed_for_one_clip_is_not_taken_for_the_next():
    app = open_app()
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert scale(app) == "depth_given"
    clip = DICOM.read_bytes()
    upload(app, "IM0001", clip)
    assert scale(app) == "dicom_region", "the scale in its own file"
    assert app.number_input(key="depth_cm").value is None
    app.number_input(key="depth_cm").set_value(18.0).run()
    assert scale(app) == "depth_given"
    app.run()
    assert app.number_input(key="depth_cm").value == 18.0, "it stays while the clip does"
    another = clip.replace(b"\0" * 128, b"\1" * 128, 1)  # a DICOM file's preamble means nothing
    upload(app, "IM0002", another)
    assert scale(app) == "dicom_region"


def test_a_saved_twin_reopens_with_the_same_numbers(page):
    shown = indices(page)
    upload(page, "twin.json", on_screen(page).twin.to_json().encode())
    assert indices(page) == shown
    assert on_screen(page).origin == "twin file"
    assert page.number_input(key="depth_cm").disabled, "there is no clip to read again"


def test_a_caution_about_a_usable_clip_is_shown(page):
    quality = on_screen(page).twin.quality.model_copy(update={"reasons": ["half of the <b>wall</b> is out of view"]})
    cautious = on_screen(page).twin.model_copy(update={"quality": quality})
    upload(page, "twin.json", cautious.to_json().encode())
    assert "Caution: half of the &lt;b&gt;wall&lt;/b&gt; is out of view." in html(page, "caution")


def test_markup_in_a_twin_file_stays_text(page):
    hostile = on_screen(page).twin.model_copy(update={"pseudonym": "<img src=x onerror=alert(1)>"})
    upload(page, "twin.json", hostile.to_json().encode())
    assert heading(page) == "&lt;img src=x onerror=alert(1)&gt;"


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
