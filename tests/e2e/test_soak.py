"""The soak benchmark in small: every move is drawn, every upload opens its own patient, nothing is logged."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

ROOT = Path(__file__).resolve().parents[2]


def test_a_short_soak_does_everything_it_is_asked(chromium, tmp_path):
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
    assert 0 < found["ready_mb"] <= found["end_mb"]
