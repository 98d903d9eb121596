"""From page to page in a real browser: cuff pressure, ramp, pin, report, and the saved case opened again."""

import re

import pytest

from page_driver.acts import download, go, indices, patient_is, pin, pinned, pump_is_on, settle, upload

pytestmark = pytest.mark.browser


def test_from_cuff_pressure_to_a_reopened_case(browser_page, tmp_path):
    page = browser_page
    as_found = indices(page)

    go(page, "Patient")
    scrub = page.get_by_role("slider", name="Frame of the clip")
    scrub.wait_for()
    readout = page.locator(".readout")
    assert "end-diastole of beat 1" in readout.inner_text(), "the player opens where the ventricle is fullest"
    picture = page.locator("img.frame")
    first = picture.get_attribute("src")
    scrub.press("ArrowRight")
    assert picture.get_attribute("src") != first
    frame = int(re.match(r"frame (\d+) of 30", readout.inner_text())[1])
    scrub.press("ArrowRight")
    assert readout.inner_text().startswith(f"frame {frame + 1} of 30")
    scrub.press("Home")
    assert re.fullmatch(r"frame 1 of 30: 0\.00 s, \d+ mL", readout.inner_text()), "within an ejection"
    drawn = page.locator("svg path.line").first.get_attribute("d")
    assert len(re.findall(r"[ML]", drawn)) == 30

    page.get_by_role("spinbutton", name="Systolic, mmHg").fill("60")
    page.get_by_role("spinbutton", name="Diastolic, mmHg").fill("90")
    page.get_by_role("button", name="Recalibrate the twin").click()
    page.get_by_role("alert").filter(has_text="not under the systolic").wait_for()
    page.get_by_role("spinbutton", name="Systolic, mmHg").fill("112")
    page.get_by_role("spinbutton", name="Diastolic, mmHg").fill("74")
    page.get_by_role("button", name="Recalibrate the twin").click()
    page.locator(".twin-table.moves").wait_for()
    settle(page)
    assert page.locator(".badge.done").inner_text() == "Recalibrated"

    go(page, "Ramp study")
    page.locator(".twin-table.ramp").wait_for()
    settle(page)
    page.locator(".st-key-ramp_chart .scatterlayer .point").first.wait_for()
    point = page.locator(".st-key-ramp_chart .scatterlayer .trace").first.locator(".point").nth(1)
    point.scroll_into_view_if_needed()
    point.hover(force=True)
    page.locator(".st-key-ramp_chart .hoverlayer .hovertext").wait_for()  # Plotly clicks what it hovers over
    page.mouse.down()
    page.mouse.up()
    page.locator(".twin-table.indices").wait_for()
    settle(page)
    assert "speed_rpm=" in page.url, "a click on the ramp opened its speed in What-if"

    pin(page, "On the pump")
    recalibrated = indices(page)
    assert recalibrated != as_found

    go(page, "Report")
    page.get_by_text("On the pump:").wait_for()
    page.get_by_text(re.compile(r"Page 1 of \d")).wait_for()
    settle(page)
    assert download(page, "PDF", tmp_path).read_bytes().startswith(b"%PDF")
    link = page.url.split("?")[1]
    case = download(page, "Save case", tmp_path)

    page.goto(f"{page.url.split('/report')[0]}/?{link}")
    patient_is(page, "Sample clip")
    settle(page)
    assert "circuit=closed_loop" in page.url
    assert pump_is_on(page)
    upload(page, case)
    page.locator(".badge.done").wait_for()
    settle(page)
    patient = {label: row[0] for label, row in indices(page).items()}
    assert patient == {label: row[0] for label, row in recalibrated.items()}, "the same numbers in a new session"
    pinned(page, 1)


def test_a_contour_that_was_set_aside_is_said_and_marked(browser_page, real_echo):
    page = browser_page
    upload(page, real_echo / "a4c_with_ecg_582px.mp4")
    patient_is(page, re.compile(r"^Patient [0-9A-F]{6}$"))
    settle(page)
    go(page, "Patient")
    scrub = page.get_by_role("slider", name="Frame of the clip")
    scrub.wait_for()
    scrub.press("Home")
    readout = page.locator(".readout")
    said = []
    for _ in range(120):
        said.append(readout.inner_text())
        scrub.press("ArrowRight")
    aside = [text for text in said if "contour set aside" in text]
    assert 0 < len(aside) < 60, said
    assert all(text.endswith(("volume interpolated", "no volume measured")) for text in aside)
    drawn = page.locator("svg path.line").first.get_attribute("d")
    assert len(re.findall(r"[ML]", drawn)) == 120 - sum("no volume measured" in text for text in aside)
    assert page.locator("svg circle.out").count() == len(aside) + 1  # and the one that says what they are
    assert page.locator("svg circle.own").count() == 120 - len(aside) + 1  # likewise
