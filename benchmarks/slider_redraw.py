"""How long after a step of the pump-speed slider do the numbers and the loop on the page change?

Run: python benchmarks/slider_redraw.py [--steps N]

Serves the page, opens it in Chromium, switches the pump on and steps its speed with the arrow keys. Times are
taken inside the browser, from the key event to the animation frame that shows the new value: server, network and
drawing included. The numbers are the indices table, the plot is the what-if's pressure-volume loop. Needs what the
browser tests need (requirements-dev.txt and a Chromium).
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
WATCH = """() => {
    const shown = {
        numbers: () => document.querySelector(".twin-table.indices")?.innerText,
        plot: () => document.querySelectorAll(".st-key-loop_chart path.js-line")[1]?.getAttribute("d"),
    };
    const last = {};
    let pressed = 0;
    for (const what in shown) last[what] = shown[what]();
    window.delays = {};
    document.addEventListener("keydown", () => { pressed = performance.now(); window.delays = {}; }, true);
    const look = () => {
        for (const what in shown) {
            const now = shown[what]();
            if (!now || now === last[what]) continue;
            last[what] = now;
            window.delays[what] = performance.now() - pressed;
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


def serve() -> tuple[subprocess.Popen, str]:
    """Start the page on a free port and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        address = f"http://localhost:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", address.rsplit(":")[-1]]
    server = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(300):
        try:
            urllib.request.urlopen(f"{address}/_stcore/health", timeout=2)
            return server, address
        except OSError:
            time.sleep(0.2)
    server.terminate()
    raise SystemExit("error: the page is not served within a minute; run `make run` to see why")


def measure(address: str, chromium: str, steps: int) -> dict[str, list[float]]:
    """Milliseconds from key to new numbers and new plot, one each a step."""
    from playwright.sync_api import sync_playwright

    delays: dict[str, list[float]] = {"numbers": [], "plot": []}
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        browser = playwright.chromium.launch(executable_path=chromium, args=options)
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.goto(address)
        page.locator(".st-key-loop_chart path.js-line").nth(1).wait_for(timeout=120_000)
        page.locator("label").filter(has_text="LVAD on").click()
        page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
        page.wait_for_timeout(2000)
        page.evaluate(WATCH)
        page.get_by_role("slider", name="Pump speed").focus()
        for step in range(steps):
            page.keyboard.press("ArrowRight" if step % 20 < 10 else "ArrowLeft")
            page.wait_for_function("window.delays.numbers && window.delays.plot")
            page.wait_for_timeout(300)  # what is drawn now can still change once more
            for what, value in page.evaluate("window.delays").items():
                delays[what].append(value)
        browser.close()
    return delays


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=60, help="slider steps to time (default 60)")
    steps = parser.parse_args().steps
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        import playwright  # noqa: F401
    except ImportError:
        chromium = None
    if chromium is None:
        print("not measured: this needs a Chromium and requirements-dev.txt (make lint chromium)")
        return
    server, address = serve()
    try:
        delays = measure(address, chromium, steps)
    finally:
        server.terminate()
        server.wait()
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {steps} steps; ms from key to new picture")
    print(f"{'':8} {'median':>7} {'p95':>7} {'max':>7}")
    for what, values in delays.items():
        ordered = sorted(values)
        p95 = ordered[int(0.95 * (len(ordered) - 1))]
        print(f"{what:8} {statistics.median(ordered):7.0f} {p95:7.0f} {ordered[-1]:7.0f}")


if __name__ == "__main__":
    main()
