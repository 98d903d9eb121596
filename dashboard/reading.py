"""From what a user drops on the page to a patient on screen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from traceback import format_tb
from typing import Literal

from dashboard.preview import Preview, draw_preview
from twin_core.circuit import Beat
from twin_core.twin import Twin, TwinError

Progress = Callable[[float, str], None]
Origin = Literal["sample", "clip", "twin file"]

MAX_TWIN_FILE_BYTES = 1024**2  # a twin file has a few kB; a larger one is something else
_SAMPLE_NAME = "Sample clip"
_LOG = logging.getLogger(__name__)
_one_clip = threading.Lock()  # a clip may take gigabytes while it is read: sessions take turns


class ReadingError(Exception):
    """What a user gave that cannot become a patient on screen; one line to show them."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient on screen.

    Attributes:
        twin: The twin.
        beat: Its own periodic beat, without a pump.
        preview: The clip's pictures; None for a reopened twin file, which holds none.
        origin: What it was made from.
    """

    twin: Twin
    beat: Beat
    preview: Preview | None
    origin: Origin


def is_twin_file(data: bytes, name: str) -> bool:
    """Whether an upload is meant as a saved twin rather than as a clip."""
    return name.lower().endswith(".json") or data[:256].lstrip()[:1] == b"{"


def open_twin(data: bytes, name: str) -> Patient:
    """The patient of a saved twin.

    Raises:
        ReadingError: If the file is not one LVAD Twin saved, or was changed to something it cannot use.
    """
    if len(data) > MAX_TWIN_FILE_BYTES:
        raise ReadingError(
            f"{name}: the file has {len(data) / 1e6:.1f} MB, a saved twin at most "
            f"{MAX_TWIN_FILE_BYTES / 1e6:.0f}; open a file saved by LVAD Twin."
        )
    try:
        twin = Twin.from_json(data)
    except TwinError as error:
        raise ReadingError(f"{name}: {error}") from None
    return Patient(twin=twin, beat=twin.simulate(), preview=None, origin="twin file")


def read_upload(data: bytes, name: str, depth_cm: float | None, progress: Progress) -> Patient:
    """The patient of an uploaded clip.

    Args:
        data: The file's bytes.
        name: The file's name, for messages only.
        depth_cm: Image depth the user typed, or None.
        progress: Told the share done (0 to 1) and what is being done.

    Raises:
        ReadingError: If the file cannot be read or shows nothing a twin can rest on.
    """
    return _read(data, name, depth_cm, progress, origin="clip", pseudonym=None)


def read_sample(depth_cm: float | None, progress: Progress = lambda share, text: None) -> Patient:
    """The patient of the built-in sample: a real ultrasound clip that comes with pydicom.

    Raises:
        ReadingError: If it cannot be read (pydicom's files or the weights are missing).
    """
    from pydicom.examples import get_path

    data = Path(get_path("ybr_color")).read_bytes()
    return _read(data, _SAMPLE_NAME, depth_cm, progress, origin="sample", pseudonym=_SAMPLE_NAME)


def _read(
    data: bytes, name: str, depth_cm: float | None, progress: Progress, *, origin: Origin, pseudonym: str | None
) -> Patient:
    from twin_core.inference import infer  # torch loads with the first clip, not with the page

    progress(0.0, "Waiting for another clip to finish" if _one_clip.locked() else "Reading the clip")
    with _one_clip:
        try:
            inference = infer(data, name=name, depth_cm=depth_cm, pseudonym=pseudonym, progress=progress)
        except (ValueError, OSError) as error:  # ClipError, WeightsError and ParameterError are ValueErrors
            raise ReadingError(str(error)) from error
        except (MemoryError, RuntimeError) as error:
            raise ReadingError(
                f"{name}: this machine could not finish reading the clip ({type(error).__name__}); "
                "close other programs or export fewer beats."
            ) from error
        except Exception as error:  # a fault of ours: it must not take away what is on screen
            # Where it happened, not its message: that could quote the file.
            _LOG.error("reading a clip failed: %s\n%s", type(error).__name__, "".join(format_tb(error.__traceback__)))
            raise ReadingError(
                f"{name}: reading the clip failed in a way that was not foreseen ({type(error).__name__}); "
                "the server's log says where. Try another clip."
            ) from error
        if inference.twin is None:
            reasons = "; ".join(inference.quality.reasons)
            raise ReadingError(f"{name}: no twin from this clip, and no numbers: {reasons}.")
        preview = draw_preview(inference.clip, inference.masks, inference.measurement.beats)
        return Patient(twin=inference.twin, beat=inference.twin.simulate(), preview=preview, origin=origin)
