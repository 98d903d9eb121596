"""A Chromium that Playwright drives."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Browser

NAMES = ("chromium", "chromium-browser", "google-chrome")
# No sandbox: it needs rights that root in a container has not. Shared memory there is 64 MB, which pages outgrow.
LAUNCH_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
MISSING = (
    "this needs a Chromium and requirements-dev.txt: make lint chromium, "
    "or on Debian and Ubuntu: sudo apt-get install chromium"
)


def find() -> str | None:
    """Path of an installed Chromium; None where there is none, or no Playwright to drive it."""
    if find_spec("playwright") is None:
        return None
    return next(filter(None, map(shutil.which, NAMES)), None)


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser for as long as the block runs.

    Raises:
        SystemExit: If there is none; a script ends with what is needed.
    """
    path = find()
    if path is None:
        raise SystemExit(f"error: {MISSING}")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=LAUNCH_OPTIONS)
        yield browser
        browser.close()
