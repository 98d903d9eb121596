"""A slider's release is never lost: session, address and picture end on the value released."""

import json
import re

import pytest
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from page_driver.acts import pump_on

pytestmark = pytest.mark.browser

ALL_AT_ONCE = """(slider, rpm) => {
    slider.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
    slider.value = rpm;
    slider.dispatchEvent(new Event("input", { bubbles: true }));
    slider.dispatchEvent(new PointerEvent("pointerup", { bubbles: true }));
}"""
TAKEN_OVER = """(rpm) => {
    const [sliders, results] = [".live-sliders", ".live-results"].map((one) => document.querySelector(one).dataset);
    return new URLSearchParams(location.search).get("speed_rpm") === String(rpm) && sliders.answered === "true" &&
        results.rest === sliders.rest && results.shows.includes(`at ${rpm} rpm`);
}"""


def test_a_release_in_the_same_turn_of_the_browser_as_the_last_movement_is_taken_over(browser_page):
    speed = pump_on(browser_page)
    for rpm in (6000, 12_500, 9000):  # what a browser too busy to answer each event by itself does with a quick hand
        speed.evaluate(ALL_AT_ONCE, rpm)
        browser_page.wait_for_function(TAKEN_OVER, arg=rpm)
        assert speed.get_attribute("aria-valuetext") == f"{rpm} rpm"


def passed(send, message):
    send(message)


def opened_through(page, to_server=passed, to_page=passed):
    """The page again, pump on, its messages passing through the given hands; the field to type its speed in."""

    def through(here):
        there = here.connect_to_server()
        here.on_message(lambda message: to_server(there.send, message))
        there.on_message(lambda message: to_page(here.send, message))

    page.route_web_socket(re.compile("_stcore/stream"), through)
    page.reload()
    page.locator('.live-results path[data-line^="loop"]').nth(1).wait_for()
    pump_on(page)
    return page.get_by_role("spinbutton", name="Pump speed")


def test_a_release_whose_message_is_lost_is_told_again(browser_page):
    to_lose, lost = [], []

    def losing(send, message):
        if to_lose and b'"rest"' in message:
            lost.append(to_lose.pop())
        else:
            send(message)

    typed = opened_through(browser_page, to_server=losing)
    to_lose += ["the first", "and the second"]
    typed.fill("7000")
    typed.press("Enter")
    browser_page.wait_for_function(TAKEN_OVER, arg=7000)
    assert lost == ["and the second", "the first"]


def test_results_whose_answer_is_lost_are_asked_for_again(browser_page):
    to_lose, lost = [], []

    def spoiling(send, message):
        # Streamlit drops the end of a run where a new one starts at that moment: what stood there stays.
        if to_lose and b"pump at 7000 rpm" in message:
            lost.append(to_lose.pop())
            told = ForwardMsg.FromString(message)
            told.metadata.cacheable = False
            results = told.delta.new_element.bidi_component
            results.json = json.dumps(json.loads(results.json) | {"rest": 0, "shows": "pump at 9900 rpm"})
            message = told.SerializeToString()
        send(message)

    typed = opened_through(browser_page, to_page=spoiling)
    to_lose.append("the results")
    typed.fill("7000")
    typed.press("Enter")
    browser_page.wait_for_function(TAKEN_OVER, arg=7000)
    assert lost == ["the results"]
