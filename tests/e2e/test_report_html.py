"""The HTML report in a real browser that has no network."""

import pytest

from twin_core import report
from twin_core.scenario import Scenario

pytestmark = pytest.mark.browser

NAME = "<img src='https://example.org/x.png' onerror='document.title=1'>"


@pytest.fixture
def document(browser, twin, tmp_path):
    """The report of a patient with two what-ifs, opened from a file, with every request and complaint noted."""
    scenarios = [Scenario(name=NAME, pump="axial", speed_rpm=9000), Scenario(name="Plain")]
    study = report.study(twin, scenarios, ramp=True, notes=f"{NAME}<script>document.title = 2</script>")
    path = tmp_path / "report.html"
    path.write_text(report.html(study), encoding="utf-8")
    page = browser.new_context(offline=True, color_scheme="dark").new_page()
    page.set_default_timeout(60_000)
    page.requested, page.complaints = [], []
    page.on("request", lambda request: page.requested.append(request.url))
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.goto(path.as_uri())
    return page, study


def test_the_report_opens_offline_and_is_read_off(document):
    page, study = document
    assert page.locator("[data-curve]").count() == 3 + 9 + 7 + 3, "loops, pressures, flows (one pump), volumes"
    assert page.title() == "LVAD Twin report: Case 7", "nothing that was typed ran"
    assert page.get_by_text(NAME).count() >= 2

    loop = page.locator('[data-panel="loop"]')
    loop.locator("svg[role=img]").hover(position={"x": 200, "y": 60})
    reading = loop.locator("output").inner_text().splitlines()
    assert reading[0].startswith("At 0.") and reading[0].endswith(" s")
    assert [row.split(":")[0] for row in reading[1:]] == ["Patient", "A", "B"]
    assert page.locator('[data-panel="pressures"] circle').count() == 9, "every panel marks the same moment"

    page.get_by_role("checkbox", name="Patient").uncheck()
    assert not page.locator('[data-curve="loop Patient LV"]').is_visible()
    assert page.locator('[data-curve="loop A LV"]').is_visible()
    pressures = page.locator('[data-panel="pressures"]')
    pressures.locator("svg[role=img]").focus()
    page.keyboard.press("ArrowRight")
    said = pressures.locator("output").inner_text()
    assert "Patient" not in said and "Aorta" in said
    at = float(said.split()[1])
    page.keyboard.press("ArrowRight")
    assert float(pressures.locator("output").inner_text().split()[1]) == pytest.approx(at + 0.01)
    beat = study.beats[NAME]
    i = round((at + 0.01) / beat.time_s[1] / 5) * 5
    assert f"LV {beat.lv_pressure_mmhg[i]:.0f}," in pressures.locator("output").inner_text()

    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(18, 23, 29)"  # dark
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    network = [url for url in page.requested if not url.startswith(("file:", "data:"))]
    assert (network, page.complaints) == ([], [])
    assert page.evaluate("document.images.length") == page.evaluate(
        "[...document.images].filter((image) => image.naturalWidth).length"
    )


def test_without_scripts_its_figures_stand_still(document):
    page, _ = document
    still = page.context.browser.new_context(offline=True, java_script_enabled=False).new_page()
    still.goto(page.url)
    assert still.locator("noscript img, img[alt='Pressure–volume loops']").first.is_visible()
