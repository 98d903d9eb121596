"""From what a user drops on the page to a patient on screen."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from traceback import format_tb
from typing import Literal

from dashboard.frames import EchoRecord, record_echo
from dashboard.preview import Preview, draw_preview
from twin_core.case import Case, PinnedScenario
from twin_core.circuit import Beat
from twin_core.recalibration import Recalibration, recalibrate
from twin_core.twin import Twin, TwinError

Progress = Callable[[float, str], None]
Origin = Literal["sample", "clip", "twin file"]

MAX_TWIN_FILE_BYTES = 1024**2  # a saved twin or case has some tens of kB; a larger file is something else
_SAMPLE_NAME = "Sample clip"
_LOG = logging.getLogger(__name__)
_one_clip = threading.Lock()  # a clip may take gigabytes while it is read: sessions take turns


class ReadingError(Exception):
    """What a user gave that cannot become a patient on screen; one line to show them."""


@dataclass(frozen=True, kw_only=True)
class Patient:
    """A patient on screen.

    Attributes:
        twin: The twin in use.
        beat: Its own periodic beat, without a pump.
        preview: The clip's pictures; None for a reopened file, which holds none.
        echo: The clip's frames, volumes and beats; None likewise.
        origin: What it was made from.
        recalibration: What the twin was moved to, if it was.
        circuit: Name of the circuit it was saved in; None where it was not saved in one.
        pinned: What-ifs saved with it.
    """

    twin: Twin
    beat: Beat
    preview: Preview | None
    origin: Origin
    echo: EchoRecord | None = None
    recalibration: Recalibration | None = None
    circuit: str | None = None
    pinned: tuple[PinnedScenario, ...] = ()

    def recalibrated(self, readings: Mapping[str, float]) -> Patient:
        """The same patient with the twin as found moved to readings.

        Raises:
            ParameterError: If they are no readings; the message says which and what to do.
        """
        twin, record = recalibrate(self.as_found().twin, readings)
        return replace(self, twin=twin, beat=twin.simulate(), recalibration=record)

    def renamed(self, pseudonym: str) -> Patient:
        """The same patient under another pseudonym."""
        if pseudonym == self.twin.pseudonym:
            return self
        record = self.recalibration.renamed(pseudonym) if self.recalibration else None
        return replace(self, twin=self.twin.renamed(pseudonym), recalibration=record)

    def as_found(self) -> Patient:
        """The same patient with the twin of the echo alone."""
        if self.recalibration is None:
            return self
        twin = self.recalibration.found
        return replace(self, twin=twin, beat=twin.simulate(), recalibration=None)


def is_twin_file(data: bytes, name: str) -> bool:
    """Whether an upload is meant as a saved twin rather than as a clip."""
    return name.lower().endswith(".json") or data[:256].lstrip()[:1] == b"{"


def open_twin(data: bytes, name: str) -> Patient:
    """The patient of a saved case or twin.

    Raises:
        ReadingError: If the file is not one LVAD Twin saved, or was changed to something it cannot use.
    """
    if len(data) > MAX_TWIN_FILE_BYTES:
        raise ReadingError(
            f"{name}: the file has {len(data) / 1e6:.1f} MB, a saved twin at most "
            f"{MAX_TWIN_FILE_BYTES / 1e6:.0f}; open a file saved by LVAD Twin."
        )
    try:
        case = Case.from_json(data)
    except TwinError as error:
        raise ReadingError(f"{name}: {error}") from None
    return Patient(
        twin=case.twin,
        beat=case.twin.simulate(),
        preview=None,
        origin="twin file",
        recalibration=case.recalibration,
        circuit=case.circuit,
        pinned=case.pinned,
    )


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
        preview = draw_preview(inference.clip, inference.masks, inference.measurement)
        echo = record_echo(inference.clip, inference.masks, inference.measurement)
        return Patient(twin=inference.twin, beat=inference.twin.simulate(), preview=preview, echo=echo, origin=origin)
