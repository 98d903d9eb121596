"""The page served by a process of its own."""

from __future__ import annotations

import os
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
START_SECONDS = 240.0  # after a fresh install the circuits are compiled first; a test is given 300


class NotServed(SystemExit):
    """The server ended or never answered: says what it printed. A script that does not catch it ends with that."""


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

    @property
    def port(self) -> int:
        """The port of its address."""
        return int(self.address.rsplit(":", 1)[1])

    def resident_mb(self) -> float:
        """Memory the server occupies, in MB (VmRSS; Linux)."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024

    def printed(self) -> str:
        """What it printed until now."""
        return self.log.read_text()


@contextmanager
def served(
    script: str | Path = "dashboard/serve.py", *, port: int | None = None, log: Path | None = None
) -> Iterator[Server]:
    """Serve the page for as long as the block runs.

    Args:
        script: What is served, from the repository's root.
        port: Where; a free one if None.
        log: Where to keep what it prints; gone with the block if None.

    Raises:
        NotServed: If it does not answer.
    """
    address = f"http://localhost:{port or _free_port()}"
    command = [sys.executable, "-m", "streamlit", "run", str(script), "--server.port", address.rsplit(":")[-1]]
    with tempfile.TemporaryDirectory() as folder:
        log = log or Path(folder) / "log.txt"
        started = time.perf_counter()
        with log.open("w") as output:
            process = subprocess.Popen(
                command,
                cwd=ROOT,
                env=os.environ | {"PYTHONPATH": str(ROOT)},
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            while not healthy(address):
                if process.poll() is not None or time.perf_counter() - started > START_SECONDS:
                    raise NotServed(f"error: the page is not served; run `make run` to see why:\n{log.read_text()}")
                time.sleep(0.05)
            yield Server(address=address, process=process, ready_s=time.perf_counter() - started, log=log)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def healthy(address: str) -> bool:
    """Whether a server says it can be used; asked directly, whatever proxy the environment names."""
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with direct.open(f"{address}/_stcore/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
