"""Every page in both themes under axe-core: nothing that keeps a user out."""

import re

import pytest

from page_driver.acts import go, pump_on, settle, upload

pytestmark = pytest.mark.browser

PAGES = {
    "What-if": ".twin-table.indices .what-if",
    "Patient": ".twin-table.known",
    "Ramp study": ".twin-table.ramp",
    "Report": "text=/Page 1 of/",
    "About the model": ".twin-table.definitions",
}
SEVERE = ("serious", "critical")


@pytest.fixture(scope="module")
def axe():
    module = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed: make test")
    return module.Axe()


def violations(axe, page):
    """Serious and critical violations at rest: rule, then where and why."""
    settle(page)
    page.wait_for_timeout(700)  # colours fade in
    found = axe.run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return {
        rule["id"]: [f"{node['target']}: {' '.join(node['failureSummary'].split())}" for node in rule["nodes"]]
        for rule in found
        if rule["impact"] in SEVERE
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_serious_fault(open_page, axe, theme):
    page = open_page(color_scheme=theme)
    assert page.locator(".stApp").evaluate("app => getComputedStyle(app).colorScheme") == theme, "follows the system"
    pump_on(page)
    faults = {}
    for name, shown in PAGES.items():
        if name != "What-if":
            go(page, name)
        page.locator(shown).first.wait_for()
        if found := violations(axe, page):
            faults[name] = found
    assert not faults


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_messages_and_menus_have_no_serious_fault(open_page, axe, tmp_path, theme):
    page = open_page(color_scheme=theme)
    (tmp_path / "notes.avi").write_bytes(b"not a clip")
    upload(page, tmp_path / "notes.avi")
    page.get_by_role("alert").filter(has_text="notes.avi").wait_for()
    page.get_by_role("button", name=re.compile("^Pin this what-if")).click()
    page.get_by_role("textbox", name="Name").wait_for()
    assert not violations(axe, page)
