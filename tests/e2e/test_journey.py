"""What a user does, in a real browser against the served page: the sample's clip in, a pump on, a report out."""

import re
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from pydicom.examples import get_path

pytestmark = pytest.mark.browser

DICOM = Path(get_path("ybr_color"))
LOOP = '.live-results path[data-line="loop What-if What-if"]'


def heading(page):
    return page.locator("header.patient h1").inner_text()


def indices(page):
    """Label → (patient, what-if, change) as shown."""
    rows = page.locator(".twin-table.indices tbody tr").all_inner_texts()
    return {cells[0]: tuple(cells[-3:]) for cells in (row.split("\t") for row in rows)}


def edv_ml(page):
    return float(indices(page)["End-diastolic volume mL"][1])


def loop(page):
    """The what-if's loop as drawn."""
    return page.locator(LOOP).get_attribute("d")


def points(path):
    """Coordinates of a drawn line, in pixels."""
    return [float(number) for number in re.findall(r"-?[\d.]+", path)]


def upload(page, *files):
    page.locator('input[type="file"]').set_input_files(*files)


def settle(page):
    """Wait until the server has answered in full."""
    page.locator('[data-test-script-state="notRunning"]').wait_for()


def switch_pump_on(page):
    page.locator("label").filter(has_text="LVAD on").click()
    page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
    settle(page)


def press_on_speed(page, key, times=1):
    """Press a key on the speed slider and wait for the loop that follows."""
    slider = page.get_by_role("slider", name="Pump speed")
    slider.focus()
    for _ in range(times):
        drawn = loop(page)
        page.keyboard.press(key)
        page.wait_for_function(
            """([query, old]) => {
                const drawn = document.querySelector(query)?.getAttribute("d");
                return drawn && drawn !== old;
            }""",
            arg=[LOOP, drawn],
        )
    page.wait_for_timeout(300)  # a key let go is at rest after 250 ms
    settle(page)


def download(page, button, folder):
    with page.expect_download(timeout=90_000) as started:
        page.get_by_role("button", name=button).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def test_from_a_clip_to_a_report(browser_page, tmp_path):
    page = browser_page
    assert heading(page) == "Sample clip"

    # A clip as an echo machine names it, without an extension.
    clip = tmp_path / "IM000001"
    clip.write_bytes(DICOM.read_bytes())
    upload(page, clip)
    page.locator("header.patient h1", has_text=re.compile(r"^Patient [0-9A-F]{6}$")).wait_for()
    settle(page)
    patient = indices(page)
    assert loop(page).count("L") > 20, "the loop is drawn point by point"
    picture = page.locator(".clip img.moving")
    assert picture.evaluate("image => image.complete && image.naturalWidth") == 320
    assert page.locator(".twin-table.measured tbody tr").count() == 4
    assert page.locator(".twin-table.parameters tbody tr").count() == 9, "every parameter that has draws"

    switch_pump_on(page)
    slow, slow_loop = edv_ml(page), loop(page)
    press_on_speed(page, "ArrowRight", times=8)
    assert page.get_by_role("slider", name="Pump speed").get_attribute("aria-valuetext") == "10800 rpm"
    assert edv_ml(page) < slow
    assert loop(page) != slow_loop
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
    page.locator("header.patient h1", has_text="Sample clip").wait_for()
    settle(page)
    upload(page, saved)
    page.locator("header.patient h1", has_text=name).wait_for()
    settle(page)
    assert indices(page) == patient, "a twin reopened in a new session has the same numbers"


def test_bad_files_leave_the_screen_as_it_is(browser_page, tmp_path):
    page = browser_page
    switch_pump_on(page)
    before, drawn = indices(page), loop(page)
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
        assert points(loop(page)) == pytest.approx(points(drawn), abs=0.1), "solved again, drawn where it was"


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
    page.get_by_role("link", name="About the model").click()
    page.get_by_role("heading", name="What it cannot know").wait_for()
    elsewhere = {urlsplit(url).hostname for url in page.requested if not url.startswith(("data:", "blob:"))}
    assert elsewhere == {"localhost"}
