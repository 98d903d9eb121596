"""Light and dark: the page follows the system, the user can choose, and drawings follow the choice at once."""

import pytest

from dashboard import palette

pytestmark = pytest.mark.browser

GROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
LOOP = """getComputedStyle(document.querySelector('path[data-line="loop What-if What-if"]')).stroke"""
RAMP = "getComputedStyle(document.querySelector('.st-key-ramp_chart .js-line')).stroke"


def choose(page, theme):
    page.locator('[data-test-script-state="notRunning"]').wait_for()
    page.locator('[data-testid="stMainMenu"]').click()
    page.get_by_role("menuitemradio", name=theme).click()
    page.keyboard.press("Escape")


def test_drawings_follow_the_theme(open_page):
    page = open_page(color_scheme="dark")
    assert page.evaluate(GROUND) == palette.GROUND.rgb("dark"), "as the system is"
    assert page.evaluate(LOOP) == palette.WHAT_IF.rgb("dark")
    choose(page, "Light")
    page.wait_for_function(f"() => {GROUND} === '{palette.GROUND.rgb('light')}'")
    assert page.evaluate(LOOP) == palette.WHAT_IF.rgb("light"), "without being drawn again"
    page.get_by_role("link", name="Ramp study").click()
    page.locator(".st-key-ramp_chart .js-line").first.wait_for()
    page.wait_for_function(f"() => {RAMP} === '{palette.ACCENT.rgb('light')}'")
    choose(page, "Dark")
    page.wait_for_function(f"() => {RAMP} === '{palette.ACCENT.rgb('dark')}'")
    text = page.locator(".st-key-ramp_chart .xtick text").first.evaluate("text => getComputedStyle(text).fill")
    assert text == palette.TEXT.rgb("dark")
