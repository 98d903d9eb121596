"""Light and dark: the page follows the system, the user can choose, and drawings follow the choice at once."""

import pytest

from dashboard import palette
from page_driver.acts import LOOP, go, settle

pytestmark = pytest.mark.browser

GROUND = "getComputedStyle(document.querySelector('.stApp')).backgroundColor"
STROKE = f"getComputedStyle(document.querySelector('{LOOP}')).stroke"
RAMP = "getComputedStyle(document.querySelector('.st-key-ramp_chart .js-line')).stroke"


def choose(page, theme):
    settle(page)
    page.locator('[data-testid="stMainMenu"]').click()
    page.get_by_role("menuitemradio", name=theme).click()
    page.keyboard.press("Escape")


def test_drawings_follow_the_theme(open_page):
    page = open_page(color_scheme="dark")
    assert page.evaluate(GROUND) == palette.GROUND.rgb("dark"), "as the system is"
    assert page.evaluate(STROKE) == palette.WHAT_IF.rgb("dark")
    choose(page, "Light")
    page.wait_for_function(f"() => {GROUND} === '{palette.GROUND.rgb('light')}'")
    assert page.evaluate(STROKE) == palette.WHAT_IF.rgb("light"), "without being drawn again"
    go(page, "Ramp study")
    page.locator(".st-key-ramp_chart .js-line").first.wait_for()
    page.wait_for_function(f"() => {RAMP} === '{palette.ACCENT.rgb('light')}'")
    choose(page, "Dark")
    page.wait_for_function(f"() => {RAMP} === '{palette.ACCENT.rgb('dark')}'")
    text = page.locator(".st-key-ramp_chart .xtick text").first.evaluate("text => getComputedStyle(text).fill")
    assert text == palette.TEXT.rgb("dark")
