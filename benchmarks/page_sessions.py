"""Do ten people at once each see their own patient, and how long does a slider keep them waiting?

Run: PYTHONPATH=. python benchmarks/page_sessions.py [--sessions N] [--moves N] [--seed S] [--clips DIR]

Ten browser sessions on one server, each with a clip of its own (rendered, written as AVI). All upload at once, then
all drag the pump's speed back and forth, each at a pace of its own, with pauses of half to two seconds. After every
release what the table shows must be what the command line gives for that patient at that speed: the patient's column
and the last what-if by `python -m twin_core simulate`, the what-ifs before by the same twin file in Python. Times are
taken inside the browser, from the release of the button to the last change of loop or table, and until address, session
and table agree on the value released. Ends with an error if any number is another's.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import machine
import rendered_uploads
from quantiles import quantile
from rendered_uploads import Upload

from page_driver import chromium
from page_driver.acts import LOOP
from page_driver.server import served
from twin_core.circuit import INDICES, pumps, solve_periodic
from twin_core.twin import Twin

# What stands there is looked at in every animation frame, as a reader would. Settled is a page whose address, session
# and table are of the value released: the table says in its HTML which settings it shows, and after which release.
WATCH = """(loop) => {
    const seen = () => document.querySelector(loop)?.getAttribute("d") +
        document.querySelector(".twin-table.indices tbody")?.innerText;
    const settled = () => {
        const [sliders, results] = [".live-sliders", ".live-results"].map((one) => document.querySelector(one).dataset);
        const speed = parseFloat(document.querySelector('[aria-valuetext$=" rpm"]').ariaValueText);
        return sliders.answered === "true" && results.rest === sliders.rest &&
            results.shows.includes(`at ${speed} rpm`) &&
            Number(new URLSearchParams(location.search).get("speed_rpm")) === speed;
    };
    let last = seen();
    window.move = { released: 0, changed: 0, settled: 0 };
    addEventListener("pointerup", () => (window.move = { released: performance.now(), changed: 0, settled: 0 }), true);
    const look = () => {
        const now = seen(), { move } = window;
        if (now !== last) { last = now; move.changed = performance.now(); }
        if (!settled()) move.settled = 0;
        else if (move.released && performance.now() > move.released + 20) move.settled ||= performance.now();
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""
# Label → what stands under "Patient" and "What-if".
TABLE = """() => {
    const table = document.querySelector(".twin-table.indices");
    const heads = [...table.tHead.rows[0].cells].map((cell) => cell.innerText.trim());
    const columns = ["Patient", "What-if"].map((name) => heads.indexOf(name));
    return Object.fromEntries([...table.tBodies[0].rows].map((row) => [
        row.cells[0].innerText.trim(), columns.map((column) => row.cells[column].innerText.trim()),
    ]));
}"""
SETTLED = "(quiet) => window.move.settled && performance.now() - Math.max(...Object.values(window.move)) > quiet"
STANDS = """() => JSON.stringify([
    document.querySelector('[aria-valuetext$=" rpm"]').ariaValueText, location.search,
    ...[".live-sliders", ".live-results"].map((one) => ({ ...document.querySelector(one).dataset })),
])"""
QUIET_MS = 500
LOST_MS = 30_000  # a release that is not answered in this time is lost
WRONG_BY = 0.502  # of the last digit shown: a beat found from another start may round the other way


@dataclass
class Session:
    """What one session went through: seconds to its twin, release times in ms, and what it showed at each speed."""

    upload: Upload
    opened_s: float = 0.0
    drawn_ms: list[float] = field(default_factory=list)
    settled_ms: list[float] = field(default_factory=list)
    shown: list[tuple[float, dict[str, list[str]]]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


async def take_part(
    browser, address: str, session: Session, ready: asyncio.Barrier, asked: argparse.Namespace, number: int
) -> None:
    """One person's session: open the clip, switch the pump on, drag its speed."""
    from playwright.async_api import TimeoutError

    chance = random.Random(number)
    context = await browser.new_context(viewport={"width": 1280, "height": 800})
    context.set_default_timeout(600_000)
    page = await context.new_page()
    await page.goto(address, wait_until="commit")
    await page.locator(LOOP).wait_for()
    await ready.wait()
    started = time.perf_counter()
    await page.locator('input[type="file"]').set_input_files(session.upload.clip)
    await page.locator("header.patient h1", has_text=session.upload.pseudonym).wait_for()
    session.opened_s = time.perf_counter() - started
    print(f"{session.upload.pseudonym} on screen after {session.opened_s:.0f} s", file=sys.stderr)
    await settle(page)
    await page.locator("label").filter(has_text="LVAD on").click()
    await page.locator(".twin-table.indices tr", has_text="Pump flow").locator(".what-if").wait_for()
    await settle(page)
    await page.evaluate(WATCH, LOOP)
    await ready.wait()
    slider = page.get_by_role("slider", name="Pump speed")
    box = await slider.bounding_box()
    y, at = box["y"] + box["height"] / 2, 0.35
    for _ in range(asked.moves):
        await asyncio.sleep(chance.uniform(*asked.think))
        to = chance.choice([share for share in (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95) if share != at])
        await drag(page, box["x"] + at * box["width"], box["x"] + to * box["width"], y)
        at = to
        try:
            await page.wait_for_function(SETTLED, arg=QUIET_MS, timeout=LOST_MS)
        except TimeoutError:
            stands = await page.evaluate(STANDS)
            session.faults.append(f"a release was not answered in {LOST_MS / 1000:.0f} s: {stands}")
            print(f"{session.upload.pseudonym}: {session.faults[-1]}", file=sys.stderr)
            continue
        found = await page.evaluate("window.move")
        session.drawn_ms.append(max(0.0, found["changed"] - found["released"]))
        session.settled_ms.append(max(0.0, found["settled"] - found["released"]))
        rpm = float(re.match(r"(\d+) rpm", await slider.get_attribute("aria-valuetext"))[1])
        session.shown.append((rpm, await page.evaluate(TABLE)))
        if (name := await page.locator("header.patient h1").inner_text()) != session.upload.pseudonym:
            session.faults.append(f"heading {name}")
    print(f"{session.upload.pseudonym}: {len(session.shown)} drags done", file=sys.stderr)
    await ready.wait()  # a session that closes is work for the server, too
    await context.close()


async def drag(page, start: float, end: float, y: float, steps: int = 12) -> None:
    """The thumb taken from one place to another with the button down, in about 0.4 s."""
    await page.mouse.move(start, y)
    await page.mouse.down()
    for step in range(1, steps + 1):
        await page.mouse.move(start + (end - start) * step / steps, y)
        await asyncio.sleep(0.03)
    await page.mouse.up()


async def settle(page) -> None:
    """Wait until the server has answered in full."""
    await page.wait_for_timeout(300)
    await page.locator('[data-test-script-state="notRunning"]').wait_for()


async def everybody(address: str, found: list[Session], asked: argparse.Namespace) -> None:
    """All sessions at once."""
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=machine.browser(), args=chromium.LAUNCH_OPTIONS)
        ready = asyncio.Barrier(len(found))
        await asyncio.gather(
            *(take_part(browser, address, one, ready, asked, number) for number, one in enumerate(found))
        )
        await browser.close()


def check(session: Session) -> int:
    """Compare everything a session showed with the patient's own twin; how many numbers were compared."""
    twin, pump, compared = Twin.load(session.upload.twin), pumps.get(pumps.NAMES[0]), 0
    resting = rendered_uploads.command_line("simulate", "--twin", str(session.upload.twin))
    for number, (rpm, rows) in enumerate(session.shown):
        if number == len(session.shown) - 1:
            options = ("--pump", pump.name, "--speed", str(rpm))
            what_if: dict[str, Any] | None = rendered_uploads.command_line(
                "simulate", "--twin", str(session.upload.twin), *options
            )
        else:
            what_if = solve_periodic(twin.circuit, pump=pump, speed_rpm=rpm).indices()
        if resting is None or what_if is None:
            session.faults.append(f"the command line gives nothing at {rpm:.0f} rpm")
            continue
        for key, about in INDICES.items():
            (cells,) = [cells for label, cells in rows.items() if label.startswith(about.label)]
            for column, cell, expected in zip(("patient", "what-if"), cells, (resting, what_if), strict=True):
                compared += 1
                if not same(cell, expected.get(key), about.digits):
                    session.faults.append(f"{about.label}, {column}, {rpm:.0f} rpm: {cell}, not {expected.get(key)}")
    return compared


def same(cell: str, value: float | None, digits: int) -> bool:
    """Whether a cell shows a value, rounded to so many digits; a dash where there is none."""
    number = re.match(r"[-−]?\d[\d.]*", cell)
    if number is None or value is None:
        return number is None and value is None
    return abs(float(number[0].replace("−", "-")) - value) <= WRONG_BY * 10.0**-digits


def main() -> None:
    """Measure, compare and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sessions", type=int, default=10, help="browser sessions (default 10)")
    parser.add_argument("--moves", type=int, default=12, help="drags in each (default 12)")
    parser.add_argument(
        "--think", type=float, nargs=2, default=(0.5, 2.0), metavar=("FROM", "TO"), help="seconds before each drag"
    )
    parser.add_argument("--seed", type=int, default=4_000_004, help="of the rendered patients")
    parser.add_argument("--clips", type=Path, help="keep their clips and twins here and use those already there")
    asked = parser.parse_args()
    machine.browser()
    with rendered_uploads.folder_for(asked.clips) as folder:
        found = [Session(upload=one) for one in rendered_uploads.uploads(asked.sessions, asked.seed, folder)]
        print(machine.describe())
        with served() as server:
            asyncio.run(everybody(server.address, found, asked))
            memory, printed = server.resident_mb(), server.printed()
        compared = sum(check(one) for one in found)
    print(f"{len(found)} sessions, {asked.moves} drags each, "
          f"{asked.think[0]:g} to {asked.think[1]:g} s before each; clip dropped to twin on screen, all at once: "
          f"{', '.join(f'{one.opened_s:.0f}' for one in sorted(found, key=lambda one: one.opened_s))} s")  # fmt: skip
    print(f"{'release to, ms':16}{'median':>8}{'p95':>8}{'worst':>8}")
    for name, values in (
        ("last picture", [value for one in found for value in one.drawn_ms]),
        ("settled", [value for one in found for value in one.settled_ms]),
    ):
        print(f"{name:16}{quantile(values, 0.5):8.0f}{quantile(values, 0.95):8.0f}{max(values):8.0f}")
    print("last picture by session, ms (median, p95):", "  ".join(
        f"{quantile(one.drawn_ms, 0.5):.0f}, {quantile(one.drawn_ms, 0.95):.0f}" for one in found))  # fmt: skip
    print(f"server's memory with all open: {memory:.0f} MB; tracebacks in its log: {printed.count('Traceback')}")
    faults = [f"{one.upload.pseudonym}: {fault}" for one in found for fault in one.faults]
    print(f"{compared} numbers compared with the command line's, {len(faults)} differ")
    if faults or "Traceback" in printed:
        raise SystemExit("\n".join(["error: a session showed what is not its patient's", *faults[:20]]))


if __name__ == "__main__":
    main()
