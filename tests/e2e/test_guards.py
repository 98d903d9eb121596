"""What a hurried or careless user does to the page: nothing hangs, and what is on screen is never another's."""

import hashlib
import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.examples import get_path
from streamlit.proto.BackMsg_pb2 import BackMsg

from page_driver.acts import heading, patient_is, settle, upload

pytestmark = pytest.mark.browser

DICOM = Path(get_path("ybr_color"))


def another_clip(folder, name, value):
    """The sample's clip as another file: the same frames, another digest, so another patient's name."""
    path = folder / name
    path.write_bytes(DICOM.read_bytes().replace(b"\0" * 128, bytes([value]) * 128, 1))  # the preamble means nothing
    return path, f"Patient {hashlib.sha256(path.read_bytes()).hexdigest()[:6].upper()}"


def test_a_file_over_the_limit_is_refused_in_words(browser_page, tmp_path):
    page = browser_page
    path = tmp_path / "large.avi"
    with path.open("wb") as file:
        file.truncate(201 * 1024**2)  # sparse: takes no room on the disk
    upload(page, path)
    page.get_by_text(re.compile(r"200(\.0)?\s?MB or smaller")).wait_for()
    settle(page)
    assert heading(page) == "Sample clip"


def test_of_two_uploads_in_quick_succession_the_last_one_stays(browser_page, tmp_path):
    page = browser_page
    first, first_name = another_clip(tmp_path, "first.dcm", 1)
    last, last_name = another_clip(tmp_path, "last.dcm", 2)
    assert first_name != last_name
    upload(page, first)
    page.wait_for_timeout(300)
    upload(page, last)
    patient_is(page, last_name, timeout_ms=180_000)
    settle(page)
    assert heading(page) == last_name
    assert page.get_by_role("alert").count() == 0
    assert page.locator(".twin-table.indices tbody tr").count() > 15


def test_a_window_closed_in_mid_reading_holds_nobody_up(browser_page, address, tmp_path):
    page = browser_page
    clip, name = another_clip(tmp_path, "own.dcm", 3)
    long = tmp_path / "long.avi"
    y, x = np.mgrid[:112, :112]
    sector = (np.hypot(y - 3, x - 56) < 104) & (np.abs(np.arctan2(x - 56, y - 3)) < 0.75)
    chance = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(long), cv2.VideoWriter_fourcc(*"MJPG"), 30, (112, 112))
    for _ in range(600):
        frame = (chance.integers(20, 120, (112, 112)) * sector).astype(np.uint8)
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    other = page.context.browser.new_page()
    other.set_default_timeout(120_000)
    other.goto(address)
    other.locator(".twin-table.indices").wait_for()
    upload(other, long)
    other.get_by_role("progressbar").first.wait_for()
    other.context.close()
    upload(page, clip)
    patient_is(page, name, timeout_ms=180_000)
    settle(page)
    assert page.get_by_role("alert").count() == 0


def test_a_file_dropped_while_the_browser_asks_for_a_fragment_is_opened(browser_page, tmp_path):
    page, fragments, merged = browser_page, [], []

    def through(here):
        there = here.connect_to_server()

        def pass_on(message):
            told = BackMsg.FromString(message)
            if told.WhichOneof("type") != "rerun_script":
                pass
            elif told.rerun_script.fragment_id:
                fragments.append(told.rerun_script.fragment_id)
            elif b"own.dcm" in message and not merged:  # Streamlit's browser side merges what falls together like this
                merged.append(fragments[-1])
                told.rerun_script.fragment_id = merged[0]
            there.send(told.SerializeToString())

        here.on_message(pass_on)

    page.route_web_socket(re.compile("_stcore/stream"), through)
    page.reload()
    page.wait_for_function("document.querySelector('.live-results')?.dataset.banded", timeout=240_000)
    clip, name = another_clip(tmp_path, "own.dcm", 4)
    upload(page, clip)
    patient_is(page, name, timeout_ms=120_000)
    assert merged, "the upload was told to a fragment alone"
