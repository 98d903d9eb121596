"""What a user does on the page, and what they read there."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

LOOP = '.live-results path[data-line="loop What-if What-if"]'
DOWNLOAD_MS = 120_000  # a report is made when it is asked for


def settle(page: Page, begins_ms: float = 500) -> None:
    """Wait until the server has answered in full: a click that falls into a rerun would be lost.

    Args:
        page: The page.
        begins_ms: How long the rerun of what was done just now may take to begin.
    """
    page.wait_for_timeout(begins_ms)
    page.locator('[data-test-script-state="notRunning"]').wait_for()


def go(page: Page, name: str) -> None:
    """Open the page of that name by its link."""
    page.get_by_role("link", name=name).click()
    settle(page)


def upload(page: Page, path: Path) -> None:
    """Drop a file."""
    page.locator('input[type="file"]').set_input_files(path)


def download(page: Page, button: str, folder: Path) -> Path:
    """Take the file that a button gives, under the name it gives it."""
    with page.expect_download(timeout=DOWNLOAD_MS) as started:
        # Pictures of pages name PDF too, and icons come before a button's words.
        page.get_by_role("button", name=re.compile(rf"{re.escape(button)}$")).click()
    path = folder / started.value.suggested_filename
    started.value.save_as(path)
    return path


def pump_on(page: Page, *, tap: bool = False) -> Locator:
    """Switch the pump on, with a finger if so asked, and wait for its flow; the slider of its speed."""
    switch = page.locator("label").filter(has_text="LVAD on")
    if tap:
        switch.tap()
    else:
        switch.click()
    page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
    settle(page)
    return page.get_by_role("slider", name="Pump speed")


def pump_is_on(page: Page) -> bool:
    """Whether the pump's switch is on; browsers differ in what they call it."""
    switch = page.get_by_role("switch", name="LVAD on").or_(page.get_by_role("checkbox", name="LVAD on"))
    return switch.is_checked()


def pin(page: Page, name: str, number: int = 1) -> None:
    """Pin the what-if on screen under a name, as the so-manieth, and close the menu."""
    page.get_by_role("button", name=re.compile("^Pin this what-if")).click()
    page.get_by_role("textbox", name="Name").fill(name)
    page.get_by_role("button", name="Pin", exact=True).click()
    pinned(page, number)
    settle(page)
    page.keyboard.press("Escape")


def pinned(page: Page, number: int) -> None:
    """Wait until so many what-ifs are pinned."""
    page.get_by_role("button", name=f"Pin this what-if ({number} of 3 pinned)").wait_for()


@contextmanager
def held(page: Page, slider: Locator, at: float) -> Iterator[Callable[[float], None]]:
    """Hold a slider's thumb down with the mouse; it is released where the block ends.

    Args:
        page: The page.
        slider: The slider.
        at: Where to take hold of it, as a share of its length.

    Yields:
        What moves the thumb to another share.
    """
    box = slider.bounding_box()
    assert box is not None, "the slider is not on screen"
    left, width, y = box["x"], box["width"], box["y"] + box["height"] / 2

    def move(share: float) -> None:
        page.mouse.move(left + share * width, y)

    move(at)
    page.mouse.down()
    yield move
    page.mouse.up()


def heading(page: Page) -> str:
    """Whose circulation is on screen."""
    return page.locator("header.patient h1").inner_text()


def patient_is(page: Page, name: str | re.Pattern[str], timeout_ms: float | None = None) -> None:
    """Wait until a patient of that name is on screen."""
    page.locator("header.patient h1", has_text=name).wait_for(timeout=timeout_ms)


def indices(page: Page) -> dict[str, tuple[str, ...]]:
    """The table of indices: label → (patient, what-if, change) as shown."""
    page.locator(".twin-table.indices tbody tr").first.wait_for()
    rows = page.locator(".twin-table.indices tbody tr").all_inner_texts()
    return {cells[0]: tuple(cells[-3:]) for cells in (row.split("\t") for row in rows)}


def drawn(page: Page, query: str = LOOP) -> str:
    """A line as drawn: the what-if's loop unless asked for another."""
    return page.locator(query).get_attribute("d") or ""


def redrawn(page: Page, old: str, query: str = LOOP) -> None:
    """Wait until a line is drawn otherwise than it was."""
    page.wait_for_function(
        "([query, old]) => { const d = document.querySelector(query)?.getAttribute('d'); return d && d !== old; }",
        arg=[query, old],
    )
