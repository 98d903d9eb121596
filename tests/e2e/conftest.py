import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def chromium():
    """Path of an installed Chromium. Without one tests are skipped, but never silently in CI: there they fail."""
    for name in BROWSERS:
        if path := shutil.which(name):
            return path
    message = "no Chromium found: make chromium, or on Debian and Ubuntu: sudo apt-get install chromium"
    if os.environ.get("CI", "").lower() in ("true", "1"):
        pytest.fail(message)
    pytest.skip(message)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return probe.getsockname()[1]


@contextmanager
def _served(log, port=None):
    port = port or _free_port()
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/serve.py", "--server.port", str(port)]
    with log.open("w") as output:
        server = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=subprocess.STDOUT)
    try:
        _wait_until_healthy(f"http://localhost:{port}/_stcore/health", server, log)
        yield f"http://localhost:{port}", server
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


@pytest.fixture(scope="session")
def served():
    """Serve the page from this checkout for as long as a block runs, which gets its address and its process."""
    return _served


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of the page, served on a free port for as long as the tests run."""
    with _served(tmp_path_factory.mktemp("server") / "log.txt") as (address, _):
        yield address


def _wait_until_healthy(url, server, log):
    until = time.monotonic() + 180  # in a fresh checkout the circuits are compiled first
    while time.monotonic() < until:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:
                if answer.status == 200:
                    return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"the page is not served:\n{log.read_text()}")


@pytest.fixture
def open_page(chromium, address):
    """Opens fresh browser windows on the page, each once the sample twin is on screen; takes a window's options."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )

        def opened(**window):
            page = browser.new_page(**{"viewport": {"width": 1280, "height": 800}, "accept_downloads": True} | window)
            page.set_default_timeout(60_000)
            page.requested = []
            page.on("request", lambda request: page.requested.append(request.url))
            page.goto(address)
            page.locator('.twin-table.indices, [data-testid="stAlert"], [data-testid="stException"]').first.wait_for(
                timeout=120_000
            )
            if page.locator(".twin-table.indices").count() == 0:
                pytest.fail(f"no sample twin on screen: {page.locator('body').inner_text()}")
            page.locator('.live-results path[data-line^="loop"]').nth(1).wait_for()
            return page

        yield opened
        browser.close()


@pytest.fixture
def browser_page(open_page):
    """A fresh browser window on the page, once the sample twin is on screen."""
    return open_page()
