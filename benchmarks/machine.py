"""What ran it: one line on the machine, to stand beside every figure; and whether it has a browser.

PYTHONPATH=. python benchmarks/machine.py
"""

from __future__ import annotations

import os
import platform
from pathlib import Path

from page_driver import chromium


def describe() -> str:
    """Cores, processor, Python and the load of the last minute; no GPU is used by anything timed here."""
    model = platform.processor() or platform.machine()
    table = Path("/proc/cpuinfo")
    if table.is_file():
        names = [line.split(":", 1)[1] for line in table.read_text().splitlines() if line.startswith("model name")]
        model = names[0].strip() if names else model
    load = f", load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{os.cpu_count()} cores, {model}, Python {platform.python_version()}, no GPU used{load}"


def browser() -> str:
    """Path of a Chromium. Without one a benchmark of the page ends here, saying so, and `make bench` goes on."""
    path = chromium.find()
    if path is None:
        print(f"not measured: {chromium.MISSING}")
        raise SystemExit(0)
    return path


if __name__ == "__main__":
    print(describe())
