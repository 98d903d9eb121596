"""Pictures of the page for the README, taken from the page itself in both themes.

python docs/screenshots.py                  the README's pictures, into docs/
python docs/screenshots.py --all FOLDER     every page in both themes, to be looked at
"""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from PIL import Image

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))  # run from a checkout, nothing installed: hence the late imports

from page_driver import acts, chromium  # noqa: E402
from page_driver.server import served  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PAGES = ("patient", "what-if", "ramp", "report", "about")
README = {
    ("what-if", "light"): "page.png",
    ("what-if", "dark"): "page_dark.png",
    ("patient", "light"): "page_patient.png",
    ("ramp", "dark"): "page_ramp.png",
}
READY = {
    "patient": ".twin-table.known",
    "what-if": '.live-results path[data-line^="loop"]',
    "ramp": ".st-key-ramp_chart .scatterlayer .point",
    "report": "text=/Page 1 of/",
    "about": ".twin-table.definitions",
}
PUMP = "?pump=heartmate3&speed_rpm=5400&circuit=closed_loop"
SECONDS = 180  # the first page waits for the libraries and the sample's twin


def settled(page: Page, name: str) -> None:
    """Wait until a page shows what it is for, and the server has answered in full."""
    page.locator(READY[name]).first.wait_for()
    acts.settle(page)
    page.mouse.move(0, 0)
    page.wait_for_timeout(1500)


def take(browser: Browser, address: str, theme: str, args: argparse.Namespace) -> Iterator[tuple[str, bytes]]:
    """Every page asked for in one theme, as PNG."""
    width, height = args.size
    context = browser.new_context(
        viewport={"width": width, "height": height},
        color_scheme=theme,  # type: ignore[arg-type]
        has_touch=args.touch,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.set_default_timeout(SECONDS * 1000)
    for name in args.pages:
        if args.all is None and (name, theme) not in README:
            continue
        page.goto(f"{address}/{name if name != 'what-if' else ''}{PUMP}")
        settled(page, name)
        if args.full:
            inner = page.locator('[data-testid="stMain"]').evaluate("main => main.scrollHeight")
            page.set_viewport_size({"width": width, "height": max(height, inner)})
            page.wait_for_timeout(1500)
        yield name, page.screenshot()
        page.set_viewport_size({"width": width, "height": height})
    context.close()


def small(png: bytes) -> bytes:
    """The picture as small as it gets without losing a colour: no alpha, best compression."""
    held = io.BytesIO()
    Image.open(io.BytesIO(png)).convert("RGB").save(held, "PNG", optimize=True)
    return held.getvalue()


def main() -> None:
    """Take the pictures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page in both themes, into FOLDER")
    parser.add_argument("--address", help="of a page that is served already")
    parser.add_argument("--pages", nargs="+", choices=PAGES, default=PAGES)
    parser.add_argument("--themes", nargs="+", choices=("light", "dark"), default=("light", "dark"))
    parser.add_argument("--size", nargs=2, type=int, default=(1280, 800), metavar=("WIDTH", "HEIGHT"))
    parser.add_argument("--full", action="store_true", help="down to the end of each page")
    parser.add_argument("--touch", action="store_true", help="as on a tablet")
    args = parser.parse_args()
    with ExitStack() as stack:
        browser = stack.enter_context(chromium.launched())
        address = args.address.rstrip("/") if args.address else stack.enter_context(served()).address
        for theme in args.themes:
            for name, png in take(browser, address, theme, args):
                file = README.get((name, theme))
                if args.all is not None:
                    args.all.mkdir(parents=True, exist_ok=True)
                    (args.all / f"{name}_{theme}_{args.size[0]}.png").write_bytes(png)
                elif file is not None:
                    (DOCS / file).write_bytes(small(png))


if __name__ == "__main__":
    main()
