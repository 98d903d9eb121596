"""The server goes away and comes back: nothing saved is lost, and nobody takes the sample for their patient."""

import re
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright
from pydicom.examples import get_path

pytestmark = pytest.mark.browser


def settle(page):
    page.wait_for_timeout(500)  # a click that falls into a rerun would be lost
    page.locator('[data-test-script-state="notRunning"]').wait_for()


def indices(page):
    settle(page)
    return [row.split("\t") for row in page.locator(".twin-table.indices tbody tr").all_inner_texts()]


@contextmanager
def opened(chromium, address):
    """A browser window on a server of this test's own."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 800}, accept_downloads=True)
        page.set_default_timeout(180_000)
        page.goto(address)
        page.locator(".twin-table.indices").wait_for()
        yield page
        browser.close()


@pytest.mark.timeout(900)
def test_a_saved_case_reopens_on_a_server_started_again(chromium, served, tmp_path):
    clip = tmp_path / "IM000001"
    clip.write_bytes(Path(get_path("ybr_color")).read_bytes())
    with served(tmp_path / "first.txt") as (address, server):
        port = int(address.rsplit(":")[-1])
        with opened(chromium, address) as page:
            assert page.get_by_text("the sample is on screen, not your patient").count() == 0, "nothing is lost yet"
            page.locator('input[type="file"]').set_input_files(clip)
            heading = page.locator("header.patient h1", has_text=re.compile(r"^Patient [0-9A-F]{6}$"))
            heading.wait_for()
            name = heading.inner_text()
            settle(page)
            page.locator("label").filter(has_text="LVAD on").click()
            page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
            settle(page)
            page.get_by_role("button", name="Pin this what-if").click()
            page.get_by_role("textbox", name="Name").fill("On the pump")
            page.get_by_role("button", name="Pin", exact=True).click()
            page.get_by_role("button", name=re.compile("1 of 3 pinned")).wait_for()
            page.keyboard.press("Escape")
            on_the_pump = indices(page)
            with page.expect_download() as started:
                page.get_by_role("button", name="Save case").click()
            started.value.save_as(tmp_path / "case.json")

            server.kill()  # no farewell
            server.wait()
            page.get_by_role("dialog").wait_for()
            said = page.get_by_role("dialog").evaluate(
                "box => [...box.querySelectorAll('*')].map(one => getComputedStyle(one, '::before').content).join()"
            )
            assert "The server does not answer" in said

            with served(tmp_path / "second.txt", port):
                page.locator("header.patient h1", has_text="Sample clip").wait_for()
                page.get_by_role("alert").filter(has_text="the sample is on screen, not your patient").wait_for()
                settle(page)
                assert page.get_by_role("dialog").count() == 0
                assert page.get_by_text(clip.name).count() == 0, (
                    "the upload that is gone is not shown beside the sample"
                )

                page.locator('input[type="file"]').set_input_files(tmp_path / "case.json")
                page.locator("header.patient h1", has_text=name).wait_for()
                page.get_by_role("button", name=re.compile("1 of 3 pinned")).wait_for()
                settle(page)
                assert page.get_by_text("the sample is on screen, not your patient").count() == 0
                if (
                    not page.get_by_role("switch", name="LVAD on")
                    .or_(page.get_by_role("checkbox", name="LVAD on"))
                    .is_checked()
                ):
                    page.locator("label").filter(has_text="LVAD on").click()
                    page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
                assert indices(page) == on_the_pump
                assert "Traceback" not in page.content()
    for log in ("first.txt", "second.txt"):
        assert "Traceback" not in (tmp_path / log).read_text()
