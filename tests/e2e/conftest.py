import os

import pytest

from page_driver import chromium
from page_driver.server import NotServed, served


@pytest.fixture(scope="session")
def needs_chromium():
    """Without an installed Chromium tests are skipped, but never silently in CI: there they fail."""
    if chromium.find() is None:
        if os.environ.get("CI", "").lower() in ("true", "1"):
            pytest.fail(chromium.MISSING, pytrace=False)
        pytest.skip(chromium.MISSING)


@pytest.fixture
def browser(needs_chromium):
    """A Chromium of this test's own."""
    with chromium.launched() as launched:
        yield launched


@pytest.fixture(scope="session")
def address(tmp_path_factory):
    """Address of the page, served on a free port for as long as the tests run."""
    try:
        with served(log=tmp_path_factory.mktemp("server") / "log.txt") as server:
            yield server.address
    except NotServed as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture
def open_page(browser, address):
    """Opens fresh browser windows, each on the page once the sample twin is on screen; takes a window's options."""

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

    return opened


@pytest.fixture
def browser_page(open_page):
    """A fresh browser window on the page, once the sample twin is on screen."""
    return open_page()
