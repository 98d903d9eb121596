"""Clips of extreme length, and a session that ends in mid-reading, as the server sees them."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from pydicom.examples import get_path

from dashboard import reading
from twin_core.echo.limits import MAX_BYTES, MAX_FRAMES

DICOM = Path(get_path("ybr_color"))


class Ended(BaseException):
    """How Streamlit ends a session's script: by an exception that is no error."""


def test_a_video_of_thousands_of_frames_is_refused_in_one_line(tmp_path):
    path = tmp_path / "night.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 64))
    frame = np.zeros((64, 64, 3), np.uint8)
    for _ in range(MAX_FRAMES + 1000):
        writer.write(frame)
    writer.release()
    with pytest.raises(reading.ReadingError, match=r"night\.avi: .*frames.*export fewer beats") as error:
        reading.read_upload(path.read_bytes(), path.name, None, lambda share, text: None)
    assert "\n" not in str(error.value)


def test_more_bytes_than_the_limit_are_refused_in_one_line():
    data = b"RIFF" + bytes(MAX_BYTES)
    with pytest.raises(reading.ReadingError, match=r"huge\.avi: .*MB") as error:
        reading.read_upload(data, "huge.avi", None, lambda share, text: None)
    assert "\n" not in str(error.value)


def test_a_session_that_ends_in_mid_reading_leaves_the_next_one_its_turn():
    def ending_at(share):
        def tell(done, text):
            if done >= share:
                raise Ended

        return tell

    for share in (0.0, 0.3, 0.85):
        with pytest.raises(Ended):
            reading.read_upload(DICOM.read_bytes(), "own.dcm", None, ending_at(share))
        assert not reading._one_clip.locked()
    told = []
    patient = reading.read_upload(DICOM.read_bytes(), "own.dcm", None, lambda done, text: told.append(text))
    assert patient.twin.measured.beats >= 1
    assert "Waiting for another clip to finish" not in told
