"""Whether a clip can carry a twin: what its pictures, its view and its contours say against it, in that order."""

from __future__ import annotations

from twin_core.echo.clip import Clip
from twin_core.echo.quality import PictureFigures, length_reasons
from twin_core.echo.volumes import Measurement
from twin_core.learning.view import View


def reasons_against(clip: Clip, view: View, measurement: Measurement) -> tuple[str, ...]:
    """Why the clip's numbers must not be used; empty where they may.

    What is wrong with the pictures explains what the view network and the contours then say, and so on: the first
    kind of reason found is given alone.
    """
    pictures = PictureFigures.of(clip.frames, clip.sector)
    length = length_reasons(len(clip.frames), clip.duration_s)
    found = (*length, *pictures.reasons) or view.reasons or measurement.reasons
    if not found and measurement.heart_rate_bpm is None:
        return (f"the heart rate cannot be told: {measurement.heart_rate_reason}",)
    return found
