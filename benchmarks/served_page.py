"""The page served for a benchmark, and a browser to look at it; no benchmark itself.

Needs what the browser tests need: requirements-dev.txt and a Chromium (`make lint chromium`).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOOP = '.live-results path[data-line="loop What-if What-if"]'
START_SECONDS = 300.0  # after a fresh install the circuits are compiled first


@dataclass(frozen=True, kw_only=True)
class Server:
    """A served page.

    Attributes:
        address: Where it is.
        process: What serves it.
        ready_s: Seconds from its start until it answered as healthy.
        log: File of what it printed.
    """

    address: str
    process: subprocess.Popen
    ready_s: float
    log: Path

    def resident_mb(self) -> float:
        """Memory the server occupies, in MB (VmRSS; Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def printed(self) -> str:
        """What it printed until now."""
        return self.log.read_text()


@contextmanager
def served(script: str = "dashboard/serve.py", environment: dict[str, str] | None = None) -> Iterator[Server]:
    """Serve the page on a free port, for as long as the block runs."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        address = f"http://localhost:{probe.getsockname()[1]}"
    command = [sys.executable, "-m", "streamlit", "run", script, "--server.port", address.rsplit(":")[-1]]
    environment = os.environ | {"PYTHONPATH": str(ROOT)} | (environment or {})
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log.txt"
        started = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=subprocess.STDOUT)
        try:
            while not healthy(address):
                if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                    raise SystemExit(f"error: the page is not served; run `make run` to see why:\n{log.read_text()}")
                time.sleep(0.05)
            yield Server(address=address, process=process, ready_s=time.perf_counter() - started, log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def healthy(address: str) -> bool:
    """Whether a server says it can be used."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{address}/_stcore/health", timeout=2
        ) as answer:
            return answer.status == 200
    except OSError:
        return False


def chromium() -> str:
    """Path of a Chromium that playwright can drive; ends the benchmark, saying so, where there is none."""
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    try:
        import playwright  # noqa: F401
    except ImportError:
        path = None
    if path is None:
        print("not measured: this needs a Chromium and requirements-dev.txt (make lint chromium)")
        raise SystemExit(0)
    return path


LAUNCH_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]


def quantile(values: list[float], share: float) -> float:
    """A quantile of the values, one of them; nan without any."""
    return sorted(values)[min(int(share * len(values)), len(values) - 1)] if values else float("nan")
