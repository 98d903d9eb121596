"""The soak benchmark in small: every move is drawn, every upload opens its own patient, nothing is logged or kept."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]


# Readings swing by some 300 MB as freed memory is kept or given back, in whichever action that happens; the median of
# what one move adds knows nothing of it. A page that kept each move's beats would add 0.5 MB and more.
LEAK_MB_PER_MOVE, SWING_MB = 0.25, 450


@pytest.mark.usefixtures("needs_chromium")
def test_a_short_soak_does_everything_it_is_asked_and_keeps_no_memory(tmp_path):
    command = ["benchmarks/page_soak.py", "--moves", "20", "--uploads", "3", "--sessions", "1", "--json"]
    done = subprocess.run(
        [sys.executable, *command, "--clips", str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=880,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert [found[name]["done"] for name in ("moves", "uploads", "sessions")] == [20, 3, 1]
    assert found["tracebacks"] == 0
    assert found["ready_mb"] > 100, "measured at all"
    assert found["moves"]["median_mb"] < LEAK_MB_PER_MOVE
    assert found["end_mb"] < found["warm_mb"] + SWING_MB
