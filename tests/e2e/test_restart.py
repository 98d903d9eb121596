"""The server goes away and comes back: nothing saved is lost, and nobody takes the sample for their patient."""

import re
from pathlib import Path

import pytest
from pydicom.examples import get_path

from page_driver.acts import download, heading, indices, patient_is, pin, pinned, pump_is_on, pump_on, settle, upload
from page_driver.server import served

pytestmark = pytest.mark.browser

NOT_YOURS = "the sample is on screen, not your patient"
SAID = "box => [...box.querySelectorAll('*')].map(one => getComputedStyle(one, '::before').content).join()"


@pytest.mark.timeout(900)
def test_a_saved_case_reopens_on_a_server_started_again(browser, tmp_path):
    clip, logs = tmp_path / "IM000001", (tmp_path / "first.txt", tmp_path / "second.txt")
    clip.write_bytes(Path(get_path("ybr_color")).read_bytes())
    page = browser.new_page(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    page.set_default_timeout(180_000)
    with served(log=logs[0]) as server:  # of this test's own
        page.goto(server.address)
        page.locator(".twin-table.indices").wait_for()
        assert page.get_by_text(NOT_YOURS).count() == 0, "nothing is lost yet"
        upload(page, clip)
        patient_is(page, re.compile(r"^Patient [0-9A-F]{6}$"))
        name = heading(page)
        settle(page)
        pump_on(page)
        pin(page, "On the pump")
        settle(page)
        on_the_pump = indices(page)
        case = download(page, "Save case", tmp_path)

        server.process.kill()  # no farewell
        server.process.wait()
        page.get_by_role("dialog").wait_for()
        assert "The server does not answer" in page.get_by_role("dialog").evaluate(SAID)

        with served(port=server.port, log=logs[1]):
            patient_is(page, "Sample clip")
            page.get_by_role("alert").filter(has_text=NOT_YOURS).wait_for()
            settle(page)
            assert page.get_by_role("dialog").count() == 0
            assert page.get_by_text(clip.name).count() == 0, "the upload that is gone is not shown beside the sample"

            upload(page, case)
            patient_is(page, name)
            pinned(page, 1)
            settle(page)
            assert page.get_by_text(NOT_YOURS).count() == 0
            if not pump_is_on(page):
                pump_on(page)
            settle(page)
            assert indices(page) == on_the_pump
            assert "Traceback" not in page.content()
    for log in logs:
        assert "Traceback" not in log.read_text()
