"""Sliders in a real browser: what is on screen follows the thumb while the button is down."""

import re

import pytest

from twin_core.circuit import INDICES, pumps, solve_periodic
from twin_core.report import format_value
from twin_core.twin import Twin

pytestmark = pytest.mark.browser

LOOP = '.live-results path[data-line="loop What-if What-if"]'
WATCH = """() => {
    const root = document.querySelector(".live-results");
    const loop = document.querySelector('.live-results path[data-line="loop What-if What-if"]');
    const axes = () => [...root.querySelectorAll(".live-axes")].map((one) => one.innerHTML).join();
    window.drag = { loops: new Set(), edv: new Set(), axes: new Set([axes()]), empty: 0 };
    new MutationObserver(() => {
        const rows = [...root.querySelectorAll(".indices tbody tr")];
        window.drag.loops.add(loop.getAttribute("d"));
        window.drag.edv.add(rows[1]?.cells[2].innerText);
        window.drag.axes.add(axes());
        if (!rows.length || !loop.getAttribute("d")) window.drag.empty += 1;
    }).observe(root, { attributes: true, attributeFilter: ["data-drawn"] });
}"""


@pytest.fixture
def speed(browser_page):
    """The speed slider, with the pump on."""
    page = browser_page
    page.locator("label").filter(has_text="LVAD on").click()
    page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
    slider = page.get_by_role("slider", name="Pump speed")
    assert slider.is_enabled()
    return slider


def what_if(page, label):
    row = page.locator(".twin-table.indices tbody tr", has_text=label)
    return row.locator("td").nth(1).inner_text().replace("−", "-")


def shows(page, slider, text):
    page.wait_for_function("([slider, text]) => slider.ariaValueText === text", arg=[slider.element_handle(), text])


def numbers_after(page, action):
    """The numbers once the redraw that an action causes is there."""
    drawn = page.locator(LOOP).get_attribute("d")
    action()
    page.wait_for_function(
        "([query, old]) => document.querySelector(query).getAttribute('d') !== old", arg=[LOOP, drawn]
    )
    page.wait_for_timeout(500)
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    return page.locator(".twin-table.indices tbody").inner_text()


def test_everything_follows_the_thumb_and_ends_where_it_is_released(browser_page, speed, tmp_path):
    page = browser_page
    page.evaluate(WATCH)
    box = speed.bounding_box()
    y = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], y)
    page.mouse.down()
    for step in range(2000):
        page.mouse.move(box["x"] + (0.3 + 0.4 * (step % 100) / 100) * box["width"], y)
        if page.evaluate("window.drag.loops.size") >= 6 and step % 100 > 60:
            break
        page.wait_for_timeout(15)
    while_down = page.evaluate("() => ({ ...drag, loops: drag.loops.size, edv: drag.edv.size, axes: drag.axes.size })")
    assert while_down["loops"] >= 5, "different loops drawn before the button was released"
    assert while_down["edv"] >= 3, "the numbers follow too"
    assert while_down["axes"] == 1, "axes hold still"
    assert while_down["empty"] == 0, "nothing is ever blank"

    rpm = int(re.match(r"(\d+) rpm", speed.get_attribute("aria-valuetext"))[1])
    page.mouse.up()
    page.wait_for_timeout(100)  # the rerun that the release starts is under way: no click is lost in it
    with page.expect_download(timeout=90_000) as started:
        page.get_by_role("button", name="Waveforms CSV").click()
    started.value.save_as(tmp_path / "waveforms.csv")
    assert f"pump at {rpm} rpm" in (tmp_path / "waveforms.csv").read_text(), "of where the thumb was released"
    with page.expect_download(timeout=90_000) as started:
        page.get_by_role("button", name="Save case").click()
    path = tmp_path / "case.json"
    started.value.save_as(path)
    beat = solve_periodic(Twin.load(path).circuit, pump=pumps.get("axial"), speed_rpm=float(rpm))
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    assert speed.get_attribute("aria-valuetext") == f"{rpm} rpm", "released, it stays"
    for key in ("edv_ml", "pump_flow_l_min", "mean_arterial_pressure_mmhg", "lv_peak_pressure_mmhg"):
        about = INDICES[key]
        expected = format_value(getattr(beat, key), about.digits)
        page.locator(".twin-table.indices tbody tr", has_text=about.label).locator(
            "td:nth-of-type(2)", has_text=expected
        ).wait_for()

    asked = page.locator(".live-results").get_attribute("data-asked")
    page.wait_for_timeout(1000)
    assert page.locator(".live-results").get_attribute("data-asked") == asked, "nothing is left to do after release"


def test_a_value_is_typed_and_reset_by_double_click_and_button(browser_page, speed):
    page = browser_page
    opened = page.locator(".twin-table.indices tbody").inner_text()
    typed = page.get_by_role("spinbutton", name="Pump speed")
    typed.fill("12040")
    faster = numbers_after(page, lambda: typed.press("Enter"))
    assert speed.get_attribute("aria-valuetext") == "12000 rpm", "kept to the slider's steps"
    assert faster != opened
    assert numbers_after(page, lambda: speed.dblclick()) == opened

    typed.fill("99999")
    numbers_after(page, lambda: typed.press("Enter"))
    assert page.get_by_text("99999 rpm is above 18000: set to 18000 rpm.").is_visible()
    reset = page.get_by_role("button", name="Reset Pump speed to 10000 rpm")
    assert numbers_after(page, lambda: reset.click()) == opened

    typed.fill("")
    typed.press("Enter")
    page.get_by_text("That is no number: type one from 6000 to 18000 rpm.").wait_for()
    shows(page, speed, "10000 rpm")


def test_a_slider_is_worked_by_keys(browser_page, speed):
    page = browser_page
    assert speed.get_attribute("aria-describedby")
    speed.focus()
    for key, value in (("ArrowRight", 10_100), ("ArrowDown", 10_000), ("End", 18_000), ("Home", 6_000)):
        numbers_after(page, lambda key=key: page.keyboard.press(key))
        assert speed.get_attribute("aria-valuetext") == f"{value} rpm"
    numbers_after(page, lambda: page.keyboard.press("PageUp"))
    assert speed.get_attribute("aria-valuetext") == "7200 rpm", "a tenth of the way"
