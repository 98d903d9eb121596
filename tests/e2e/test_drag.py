"""Sliders in a real browser: what is on screen follows the thumb while the button is down."""

import re

import pytest

from page_driver.acts import download, drawn, held, pump_on, redrawn, settle
from twin_core.circuit import INDICES, pumps, solve_periodic
from twin_core.report import format_value
from twin_core.twin import Twin

pytestmark = pytest.mark.browser

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
    slider = pump_on(browser_page)
    assert slider.is_enabled()
    return slider


def shows(page, slider, text):
    page.wait_for_function("([slider, text]) => slider.ariaValueText === text", arg=[slider.element_handle(), text])


def numbers_after(page, action):
    """The numbers once the redraw that an action causes is there."""
    before = drawn(page)
    action()
    redrawn(page, before)
    settle(page)
    return page.locator(".twin-table.indices tbody").inner_text()


def test_everything_follows_the_thumb_and_ends_where_it_is_released(browser_page, speed, tmp_path):
    page = browser_page
    page.evaluate(WATCH)
    with held(page, speed, 0.3) as move:
        for step in range(2000):
            move(0.3 + 0.4 * (step % 100) / 100)
            if page.evaluate("window.drag.loops.size") >= 6 and step % 100 > 60:
                break
            page.wait_for_timeout(15)
        while_down = page.evaluate(
            "() => ({ ...drag, loops: drag.loops.size, edv: drag.edv.size, axes: drag.axes.size })"
        )
        assert while_down["loops"] >= 5, "different loops drawn before the button was released"
        assert while_down["edv"] >= 3, "the numbers follow too"
        assert while_down["axes"] == 1, "axes hold still"
        assert while_down["empty"] == 0, "nothing is ever blank"
        rpm = int(re.match(r"(\d+) rpm", speed.get_attribute("aria-valuetext"))[1])
    page.wait_for_timeout(100)  # the rerun that the release starts is under way: no click is lost in it
    waveforms = download(page, "Waveforms CSV", tmp_path).read_text()
    assert f"pump at {rpm} rpm" in waveforms, "of where the thumb was released"
    case = Twin.load(download(page, "Save case", tmp_path))
    beat = solve_periodic(case.circuit, pump=pumps.get("axial"), speed_rpm=float(rpm))
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
