"""Files that are there whole or not at all, however the process that writes them ends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """A path beside ``path`` to write to, whose file takes ``path``'s place at the end; it goes where that fails."""
    beside = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        yield beside
        with beside.open("r+b") as file:  # Windows syncs no file that is open for reading alone
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
