"""How long does a visitor look at a page without the loop, once the server answers?

Run: PYTHONPATH=. python benchmarks/page_first_paint.py [--servers N] [--sessions N] [--script FILE]

Starts a server, waits until its health check is answered, opens the page in Chromium with an empty cache, and takes
the time inside the browser from the start of navigation to the animation frame in which the sample twin's loop is
there; then further sessions on the same server. `--script dashboard/app.py` is the page without warming up first.
"""

from __future__ import annotations

import argparse

import machine

from page_driver import chromium
from page_driver.acts import LOOP
from page_driver.server import Server, served

# In every animation frame: is the loop there? performance.now() counts from the start of navigation.
WATCH = """() => {
    const look = () => {
        if (document.querySelector(%r)?.getAttribute("d")) window.painted = performance.now();
        else requestAnimationFrame(look);
    };
    addEventListener("DOMContentLoaded", look);
}"""


def first_paints_s(server: Server, sessions: int) -> list[float]:
    """Seconds to the first loop of one session after the other."""
    found = []
    with chromium.launched() as browser:
        for _ in range(sessions):
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.set_default_timeout(180_000)
            context.add_init_script(f"({WATCH % LOOP})()")
            page = context.new_page()
            page.goto(server.address, wait_until="commit")
            page.wait_for_function("window.painted")
            found.append(page.evaluate("window.painted") / 1000)
            page.wait_for_timeout(1500)
            context.close()
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--servers", type=int, default=3, help="servers to start afresh (default 3)")
    parser.add_argument("--sessions", type=int, default=3, help="sessions on each (default 3)")
    parser.add_argument("--script", default="dashboard/serve.py", help="what is served (default dashboard/serve.py)")
    asked = parser.parse_args()
    machine.browser()
    print(machine.describe())
    print(f"{'server':>6} {'start to healthy, s':>20}   loop drawn after, s (first session, second, ...)")
    for number in range(1, asked.servers + 1):
        with served(asked.script) as server:
            paints = first_paints_s(server, asked.sessions)
        print(f"{number:6} {server.ready_s:20.1f}   {'  '.join(f'{one:.2f}' for one in paints)}", flush=True)


if __name__ == "__main__":
    main()
