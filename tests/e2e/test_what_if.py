"""What stands around the loop in a real browser: relations and areas, the pump's plane, pinned what-ifs, the band."""

import re

import pytest

from page_driver.acts import drawn, held, pin, pump_on, redrawn, settle

pytestmark = pytest.mark.browser

PUMP_LOOP = '.live-results path[data-line="pump What-if Over one beat"]'
BAND = '.live-results path[data-band="pressures LV"]'


def joined(page):
    """Wait for the band that belongs to what is on screen."""
    page.wait_for_function("document.querySelector('.live-results').dataset.banded", timeout=240_000)


def test_relations_areas_and_the_pumps_plane(browser_page):
    page = browser_page
    relations = page.locator('.live-results path[data-line^="lines "]')
    areas = page.locator('.live-results path[data-line^="areas "]')
    assert (relations.count(), areas.count()) == (4, 0), "relations at once, areas on demand"
    page.get_by_role("button", name="Lines", exact=True).click()
    assert relations.count() == 0
    page.get_by_role("button", name="Areas", exact=True).click()
    assert areas.count() == 2
    work = page.locator(".twin-table.indices tr", has_text="Stroke work").locator("td").nth(1).inner_text()
    assert f"SW {work}" in page.locator(".live-legend").first.inner_text()

    page.get_by_role("tab", name="Pump H–Q").click()
    page.get_by_text("No pump is running. Switch “LVAD on”").wait_for()
    speed = pump_on(page)
    page.locator(PUMP_LOOP).wait_for()
    labels = page.locator(".live-tags text").all_text_contents()
    assert sum(bool(re.fullmatch(r"\d+ rpm", label)) for label in labels) >= 3
    before = drawn(page, PUMP_LOOP)
    with held(page, speed, 0.35) as move:
        move(0.6)
        redrawn(page, before, PUMP_LOOP)


def test_a_pinned_what_if_is_drawn_and_the_band_gives_way_to_a_drag(browser_page):
    page = browser_page
    joined(page)
    assert drawn(page, BAND).count("L") > 300, "upper and lower edge of two beats"
    words = page.locator(".live-intervals").inner_text()
    assert re.search(r"90 % of \d+ draws: EDV \d+ to \d+ mL, MAP \d+ to \d+ mmHg", words)

    pin(page, "As found")
    pinned = '.live-results path[data-line="loop As found As found"]'
    page.locator(pinned).wait_for()
    assert "As found" in page.locator(".live-legend").first.inner_text()

    joined(page)
    rate = page.get_by_role("slider", name="Heart rate")
    pinned_loop, loop = drawn(page, pinned), drawn(page)
    with held(page, rate, 0.5) as move:
        move(0.7)
        assert page.locator(BAND).count() == 0, "the band is gone as the thumb moves, before anything is solved"
        redrawn(page, loop)
        assert drawn(page, pinned) == pinned_loop, "what is pinned stays while the what-if moves"
        assert page.locator(BAND).count() == 0
    joined(page)
    assert page.locator(BAND).count() == 1, "and joins again at rest"


def test_loop_sliders_indices_and_alarms_fit_a_small_screen_under_a_long_legend(browser_page):
    page = browser_page
    page.goto(page.url.split("?")[0] + "?pump=heartmate3&speed_rpm=3000&circuit=closed_loop&systemic_resistance=2.5")
    page.locator(".twin-table.indices tr", has_text="CVP to wedge ratio").wait_for()
    settle(page)
    for i in range(3):
        pin(page, f"A what-if with a name of many words, number {i + 1} of three", number=i + 1)
    page.get_by_role("button", name="Areas", exact=True).click()

    loop = page.locator(".live-panel svg[role=img]").first.bounding_box()
    assert loop["height"] >= 200 and loop["y"] + loop["height"] < 800
    keys = page.locator(".live-legend").first.locator(".live-key").all()
    assert len(keys) == 9
    assert all(key.bounding_box()["y"] < loop["y"] for key in keys), "nothing of the legend is cut off"
    assert page.locator("p.alarm").count() >= 2
    for last in (page.locator("p.alarm").last, page.get_by_role("slider", name="Aortic valve resistance")):
        box = last.bounding_box()
        assert box["y"] + box["height"] < 800
