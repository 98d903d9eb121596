"""Being asked to stop, without dying half-way through a step."""

from __future__ import annotations

import signal
import threading


class Signals:
    """Notes SIGTERM and SIGINT instead of dying of them, so that a step is finished and saved."""

    def __init__(self, active: bool) -> None:
        # Python hands signals to the main thread alone.
        self.active = active and threading.current_thread() is threading.main_thread()
        self.asked = False

    def __enter__(self) -> Signals:
        if self.active:
            self.before = {number: signal.signal(number, self._ask) for number in (signal.SIGTERM, signal.SIGINT)}
        return self

    def __exit__(self, *error: object) -> None:
        if self.active:
            for number, handler in self.before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: object) -> None:
        self.asked = True
