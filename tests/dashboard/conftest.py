from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.dashboard.session import open_app


@pytest.fixture(scope="session")
def still_clip(tmp_path_factory) -> bytes:
    """An AVI of a sector in which nothing beats: speckle and no cavity."""
    path: Path = tmp_path_factory.mktemp("clips") / "still.avi"
    y, x = np.mgrid[:200, :200]
    sector = (np.hypot(y - 5, x - 100) < 185) & (np.abs(np.arctan2(x - 100, y - 5)) < 0.75)
    rng = np.random.default_rng(0)
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (200, 200))
    for _ in range(40):
        frame = (rng.integers(20, 120, (200, 200)) * sector).astype(np.uint8)
        writer.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    writer.release()
    return path.read_bytes()


@pytest.fixture
def page():
    """A fresh session on the What-if page, once the sample twin is on screen."""
    return open_app()
