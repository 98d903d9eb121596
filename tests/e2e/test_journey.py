"""What a user does, in a real browser against the served page: the sample's clip in, a pump on, a report out."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydicom.examples import get_path

from page_driver.acts import (
    download,
    drawn,
    go,
    heading,
    indices,
    patient_is,
    pump_on,
    redrawn,
    settle,
    upload,
)

pytestmark = pytest.mark.browser

DICOM = Path(get_path("ybr_color"))


def edv_ml(page):
    return float(indices(page)["End-diastolic volume mL"][1])


def points(path):
    """Coordinates of a drawn line, in pixels."""
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


def press_on_speed(page, key, times=1):
    """Press a key on the speed slider and wait for the loop that follows."""
    slider = page.get_by_role("slider", name="Pump speed")
    slider.focus()
    for _ in range(times):
        before = drawn(page)
        page.keyboard.press(key)
        redrawn(page, before)
    settle(page)  # a key let go is at rest after 250 ms


def test_from_a_clip_to_a_report(browser_page, tmp_path):
    page = browser_page
    assert heading(page) == "Sample clip"

    # A clip as an echo machine names it, without an extension.
    clip = tmp_path / "IM000001"
    clip.write_bytes(DICOM.read_bytes())
    upload(page, clip)
    patient_is(page, re.compile(r"^Patient [0-9A-F]{6}$"))
    settle(page)
    patient = indices(page)
    assert drawn(page).count("L") > 20, "the loop is drawn point by point"
    picture = page.locator(".clip img.moving")
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 320
    assert page.locator(".twin-table.measured tbody tr").count() == 4
    assert page.locator(".twin-table.parameters tbody tr").count() == 9, "every parameter that has draws"

    pump_on(page)
    slow, slow_loop = edv_ml(page), drawn(page)
    press_on_speed(page, "ArrowRight", times=8)
    assert page.get_by_role("slider", name="Pump speed").get_attribute("aria-valuetext") == "10800 rpm"
    assert edv_ml(page) < slow
    assert drawn(page) != slow_loop
    assert {label: row[0] for label, row in indices(page).items()} == {label: row[0] for label, row in patient.items()}

    report = download(page, "Report PDF", tmp_path).read_bytes()
    assert report.startswith(b"%PDF")
    assert report.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", report)) >= 1
    waveforms = download(page, "Waveforms CSV", tmp_path).read_text()
    assert "Axial (Simaan) pump at 10800 rpm" in waveforms
    saved = download(page, "Save case", tmp_path)

    page.get_by_role("button", name="Reset to the patient").click()
    page.locator(".twin-table.indices .what-if").first.wait_for(state="detached")
    settle(page)
    assert indices(page) == patient

    name = heading(page)
    page.reload()
    patient_is(page, "Sample clip")
    settle(page)
    upload(page, saved)
    patient_is(page, name)
    settle(page)
    assert indices(page) == patient, "a twin reopened in a new session has the same numbers"


def test_bad_files_leave_the_screen_as_it_is(browser_page, tmp_path):
    page = browser_page
    pump_on(page)
    before, loop = indices(page), drawn(page)
    for name, data in (("notes.avi", b"not a clip"), ("half.dcm", DICOM.read_bytes()[:40_000]), ("x.json", b"{}")):
        (tmp_path / name).write_bytes(data)
        upload(page, tmp_path / name)
        alert = page.get_by_role("alert").filter(has_text=name)
        alert.wait_for()
        settle(page)
        assert "Traceback" not in page.content()
        assert "\n" not in alert.inner_text().strip()
        assert heading(page) == "Sample clip"
        assert indices(page) == before
        assert points(drawn(page)) == pytest.approx(points(loop), abs=0.1), "solved again, drawn where it was"


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (1440, 900)])
def test_loop_sliders_and_numbers_are_on_one_screen(browser_page, width, height):
    page = browser_page
    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(500)
    seen = [page.get_by_role("img", name=name) for name in ("Pressure-volume loop", "Flows over the cycle")]
    seen += [page.locator(".twin-table.indices")]
    seen += page.get_by_role("slider").all()
    seen += [page.get_by_role("button", name="Reset to the patient"), page.get_by_role("button", name="Report PDF")]
    boxes = [element.bounding_box() for element in seen]
    assert len(boxes) == 3 + 7 + 2
    for box in boxes:
        assert box["x"] >= 0
        assert box["y"] >= 0
        assert box["x"] + box["width"] <= width
        assert box["y"] + box["height"] <= height
    loop_box, _, table_box = boxes[:3]
    assert loop_box["x"] + loop_box["width"] <= table_box["x"], "columns do not overlap"


def test_the_page_calls_no_other_machine(browser_page):
    page = browser_page
    go(page, "About the model")
    page.get_by_role("heading", name="What it cannot know").wait_for()
    elsewhere = {urlsplit(url).hostname for url in page.requested if not url.startswith(("data:", "blob:"))}
    assert elsewhere == {"localhost"}
