"""The page under fingers: sliders are dragged, terms explain themselves, and nothing to press is small."""

import pytest

from page_driver.acts import pump_on, settle

pytestmark = pytest.mark.browser

TABLET = {"viewport": {"width": 1024, "height": 768}, "has_touch": True, "color_scheme": "light"}


@pytest.fixture
def tablet(open_page):
    return open_page(**TABLET)


def finger(page):
    """Moves one finger as a touch screen does: through the browser's own gesture handling."""
    session = page.context.new_cdp_session(page)

    def touch(kind, *at):
        points = [{"x": at[0], "y": at[1]}] if at else []
        session.send("Input.dispatchTouchEvent", {"type": f"touch{kind}", "touchPoints": points})

    return touch


def test_a_slider_follows_a_finger(tablet):
    page = tablet
    speed = pump_on(page, tap=True)
    speed.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    before, scrolled = speed.input_value(), page.locator('[data-testid="stMain"]').evaluate("main => main.scrollTop")
    page.evaluate(
        """() => {
            const loop = document.querySelector('.live-results path[data-line="loop What-if What-if"]');
            window.loops = new Set();
            new MutationObserver(() => window.loops.add(loop.getAttribute("d")))
                .observe(loop, { attributes: true, attributeFilter: ["d"] });
        }"""
    )
    box = speed.bounding_box()
    y = box["y"] + box["height"] / 2
    low, high = (float(speed.get_attribute(end)) for end in ("min", "max"))
    share = (float(before) - low) / (high - low)
    touch = finger(page)
    touch("Start", box["x"] + share * box["width"], y)
    for step in range(1, 61):
        touch("Move", box["x"] + (share + 0.3 * step / 60) * box["width"], y)
        page.wait_for_timeout(30)
        if step > 30 and page.evaluate("window.loops.size") >= 3:
            break
    while_held = page.evaluate("window.loops.size")
    touch("End")
    assert while_held >= 2, "the loop is redrawn while the finger is down"
    assert float(speed.input_value()) >= float(before) + 1000
    moved = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollTop")
    assert moved == scrolled, "the page stays where it is"
    settle(page)
    assert f"speed_rpm={float(speed.input_value()):.0f}" in page.url, "released, the speed is kept"


def test_the_page_scrolls_under_a_finger_that_moves_up_a_slider(tablet):
    page = tablet
    slider = page.get_by_role("slider", name="Heart rate")
    before, box = slider.input_value(), slider.bounding_box()
    touch = finger(page)
    x, y = box["x"] + 0.9 * box["width"], box["y"] + box["height"] / 2
    touch("Start", x, y)
    for step in range(1, 16):
        touch("Move", x, y - 15 * step)
        page.wait_for_timeout(20)
    touch("End")
    page.wait_for_function("""() => document.querySelector('[data-testid="stMain"]').scrollTop > 50""")
    assert slider.input_value() == before


def test_everything_to_press_is_large_enough(tablet):
    page = tablet
    pressed = page.locator(".live-range, .live-typed, .stButton button, .stDownloadButton button, [role=radio]")
    sizes = {one.inner_text() or one.get_attribute("aria-label"): one.bounding_box() for one in pressed.all()}
    small = {name: box for name, box in sizes.items() if box and box["height"] < 44}
    assert len(sizes) > 10
    assert not small


def test_a_term_touched_says_what_it_means(tablet):
    page = tablet
    term = page.locator(".twin-table.indices .term", has_text="Ejection fraction")
    shown = "term => getComputedStyle(term, '::after').content"
    assert term.evaluate(shown) == "none"
    term.tap()
    assert "Share of EDV ejected" in term.evaluate(shown)
