"""Does the server's memory stay flat over hundreds of slider moves and dozens of uploads?

Run: PYTHONPATH=. python benchmarks/page_soak.py [--moves N] [--uploads N] [--sessions N] [--seed S] [--clips DIR]
     [--json]

One browser session warms up (20 moves, 5 uploads), drags the pump's speed, then drops one clip after the other (four
rendered patients in turn); at last further sessions each open a clip and are closed again. The server's resident
memory (VmRSS, Linux) is read after every action; its slope is that of a straight line through the readings, and the
median is of what each action added, in which memory given back or taken once does not count. Every move must change
the loop and every upload bring its own patient on screen, else the run ends with an error.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable
from pathlib import Path

import machine
import numpy as np
import rendered_uploads
from rendered_uploads import Upload

from page_driver import acts, chromium
from page_driver.server import Server, served

WARM_MOVES, WARM_UPLOADS, CLIPS = 20, 5, 4


class Visitor:
    """One browser session on the page."""

    def __init__(self, browser, address: str) -> None:
        self.context = browser.new_context(viewport={"width": 1280, "height": 800})
        self.context.set_default_timeout(300_000)
        self.page = self.context.new_page()
        self.page.goto(address, wait_until="commit")
        self.page.locator(acts.LOOP).wait_for()
        self.settle()

    def settle(self) -> None:
        """Wait until the server has answered in full."""
        acts.settle(self.page, begins_ms=150)

    def pump_on(self) -> None:
        """Switch the pump on."""
        acts.pump_on(self.page)

    def move(self, number: int) -> None:
        """Drag the pump's speed to another place and wait for the loop that follows."""
        slider, drawn = self.page.get_by_role("slider", name="Pump speed"), acts.drawn(self.page)
        place = (0.25, 0.45, 0.65, 0.35, 0.55)
        start, end = (place[i % len(place)] for i in (number, number + 1))
        with acts.held(self.page, slider, start) as move:
            for step in range(1, 7):
                move(start + (end - start) * step / 6)
                self.page.wait_for_timeout(25)
        acts.redrawn(self.page, drawn)
        self.settle()

    def upload(self, clip: Upload) -> None:
        """Drop a clip and wait for its patient."""
        acts.upload(self.page, clip.clip)
        acts.patient_is(self.page, clip.pseudonym)
        self.settle()


def slope(values: list[float]) -> float:
    """MB per 100 actions: of the straight line through the values."""
    return float(np.polyfit(np.arange(len(values)), values, 1)[0] * 100) if len(values) > 2 else float("nan")


def soak(server: Server, clips: list[Upload], moves: int, uploads: int, sessions: int) -> dict[str, object]:
    """Everything a run gives."""
    found: dict[str, object] = {"ready_mb": server.resident_mb()}

    def measured(name: str, count: int, act: Callable[[int], None]) -> None:
        started, memory = time.perf_counter(), []
        for number in range(count):
            act(number)
            memory.append(server.resident_mb())
        tail = memory[len(memory) // 2 :]
        found[name] = {
            "done": len(memory),
            "end_mb": memory[-1] if memory else server.resident_mb(),
            "mb_per_100": slope(memory),
            "mb_per_100_second_half": slope(tail),
            "median_mb": float(np.median(np.diff(memory))) if len(memory) > 1 else float("nan"),
            "seconds": time.perf_counter() - started,
        }

    with chromium.launched() as browser:
        visitor = Visitor(browser, server.address)
        found["first_session_mb"] = server.resident_mb()
        visitor.pump_on()
        for number in range(min(WARM_MOVES, moves)):
            visitor.move(number)
        for number in range(min(WARM_UPLOADS, uploads)):
            visitor.upload(clips[number % len(clips)])
        visitor.pump_on()
        found["warm_mb"] = server.resident_mb()
        measured("moves", moves, visitor.move)
        # A clip already on screen brings no new heading: start with another than the one opened last.
        first = min(WARM_UPLOADS, uploads) % len(clips)
        measured("uploads", uploads, lambda number: visitor.upload(clips[(first + number) % len(clips)]))

        def session(number: int) -> None:
            further = Visitor(browser, server.address)
            further.upload(clips[number % len(clips)])
            further.context.close()

        measured("sessions", sessions, session)
    found["end_mb"] = server.resident_mb()
    found["tracebacks"] = server.printed().count("Traceback")
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--moves", type=int, default=500, help="slider moves (default 500)")
    parser.add_argument("--uploads", type=int, default=50, help="clips dropped (default 50)")
    parser.add_argument("--sessions", type=int, default=10, help="further sessions, one after the other (default 10)")
    parser.add_argument("--seed", type=int, default=4_000_004, help="of the rendered patients")
    parser.add_argument("--clips", type=Path, help="keep their clips and twins here and use those already there")
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    asked = parser.parse_args()
    machine.browser()
    with rendered_uploads.folder_for(asked.clips) as folder:
        clips = rendered_uploads.uploads(CLIPS, asked.seed, folder)
        with served() as server:
            found = soak(server, clips, asked.moves, asked.uploads, asked.sessions)
    if asked.json:
        print(json.dumps(found, indent=2))
    else:
        print(machine.describe())
        print(f"server ready {found['ready_mb']:.0f} MB, first session {found['first_session_mb']:.0f}, "
              f"warmed up {found['warm_mb']:.0f}, end {found['end_mb']:.0f}; "
              f"tracebacks in its log: {found['tracebacks']}")  # fmt: skip
        print(f"{'':10}{'done':>6}{'end, MB':>10}{'MB per 100':>12}{'in the second half':>20}{'median, MB':>12}"
              f"{'seconds':>9}")  # fmt: skip
        for name in ("moves", "uploads", "sessions"):
            one = found[name]
            print(
                f"{name:10}{one['done']:6}{one['end_mb']:10.0f}{one['mb_per_100']:12.2f}"
                f"{one['mb_per_100_second_half']:20.2f}{one['median_mb']:12.2f}{one['seconds']:9.0f}"
            )
    if found["tracebacks"]:
        raise SystemExit("error: the server logged a traceback")


if __name__ == "__main__":
    main()
