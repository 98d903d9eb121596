"""What a labelled echo data set gives: one record a clip, its reference values, and reading that can fail."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from twin_core.echo.clip import Clip
from twin_core.echo.contour import trace
from twin_core.echo.volumes import assumed_scale

Split = Literal["train", "val", "test"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
HalfBeat = Literal["emptying", "filling"]  # from end-diastole to end-systole, or back
# A filling leaves its smallest volume at full speed. Played to and fro that would be a trough without any rest, which
# reading the volume curve would cut; end-systole is held for so long. Curves of 40 and 60 Hz then keep their EF.
HELD_S = 0.15


class DatasetError(ValueError):
    """A data set, or one clip of it, that cannot be read; the message names file and row."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Tracing:
    """A reader's outline of the left-ventricular cavity on one frame.

    Attributes:
        frame: its number, from 0.
        mask: the cavity in the clip's own pixels, bool (H, W).
    """

    frame: int
    mask: NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class TracedClip:
    """A clip with what readers drew on it.

    Attributes:
        clip: the clip, with the data set's frame rate and, where it gives one, its scale.
        tracings: in order of frame; none where the data set has none for this clip.
        problems: what was left out, e.g. tracings of frames that the clip does not have.
    """

    clip: Clip
    tracings: tuple[Tracing, ...]
    problems: tuple[str, ...] = ()

    def mirrored(self, half: HalfBeat) -> TracedClip:
        """A whole beat of a half one, from end-diastole to end-diastole: played to and fro.

        Volumes at its extremes are the clip's own; a heart rate read from it means nothing.

        Args:
            half: which half the clip shows. A filling is played backwards first, end-systole held for HELD_S.
        """
        frames, tracings, rate, held = self.clip.frames, self.tracings, self.clip.frame_rate_hz, 0
        if half == "filling":
            last, held = len(frames) - 1, round(HELD_S * rate)
            tracings = tuple(replace(t, frame=last - t.frame) for t in reversed(tracings))
            frames = frames[::-1]
        frames = np.concatenate([frames, np.repeat(frames[-1:], held, axis=0), frames[-2::-1]])
        whole = replace(self.clip, frames=frames, time_s=np.arange(len(frames)) / rate)
        return replace(self, clip=whole, tracings=tracings)

    @property
    def end_diastole(self) -> Tracing | None:
        """The largest tracing; None with fewer than two."""
        return max(self.tracings, key=lambda t: int(t.mask.sum())) if len(self.tracings) > 1 else None

    @property
    def end_systole(self) -> Tracing | None:
        """The smallest tracing; None with fewer than two."""
        return min(self.tracings, key=lambda t: int(t.mask.sum())) if len(self.tracings) > 1 else None

    def traced_volumes_ml(self) -> tuple[float, float] | None:
        """End-diastolic and end-systolic volume by the method of disks on the readers' outlines; None without both.

        Of a clip without a scale they rest on an assumed depth, and only their ratio is to be trusted.
        """
        ed, es = self.end_diastole, self.end_systole
        if ed is None or es is None:
            return None
        scale = self.clip.cm_per_px or assumed_scale(self.clip.sector)
        large, small = trace(ed.mask, scale), trace(es.mask, scale)
        return None if large is None or small is None else (large.volume_ml, small.volume_ml)


@dataclass(frozen=True, kw_only=True, eq=False)
class Record:
    """One labelled clip, not yet read.

    Attributes:
        name: patient or file name, unique in the data set.
        split: train, val or test.
        where: file and row it was found in, for messages.
        ef_pct: reference ejection fraction, percent; None where not given.
        edv_ml: reference end-diastolic volume, mL; None where not given.
        esv_ml: reference end-systolic volume, likewise.
        frame_rate_hz: frames a second; None where the data set does not say.
        half_beat: which half of a beat the clip shows from one extreme to the other; None where it shows more.
        read: decodes the clip and its tracings; raises DatasetError.
    """

    name: str
    split: Split
    where: str
    ef_pct: float | None
    edv_ml: float | None
    esv_ml: float | None
    frame_rate_hz: float | None
    half_beat: HalfBeat | None = None
    read: Callable[[], TracedClip]

    def read_whole(self) -> TracedClip:
        """Decode the clip, half a beat mirrored to a whole one; raises DatasetError."""
        traced = self.read()
        return traced.mirrored(self.half_beat) if self.half_beat else traced


@dataclass(frozen=True, kw_only=True, eq=False)
class EchoDataset:
    """A data set's records and what is wrong with its tables.

    Attributes:
        kind: "echonet" or "camus".
        records: in the data set's order.
        problems: rows and patients left out, each with file and row.
        has_scale: whether its clips carry a pixel size, so that volumes can be compared.
        split_rule: where the splits come from.
    """

    kind: str
    records: tuple[Record, ...]
    problems: tuple[str, ...]
    has_scale: bool
    split_rule: str

    @property
    def digest(self) -> str:
        """Twelve hexadecimal digits of the records' names, splits and reference values."""
        told = [(r.name, r.split, r.ef_pct, r.edv_ml, r.esv_ml) for r in self.records]
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]

    def of(self, split: Split) -> tuple[Record, ...]:
        """The records of one split."""
        return tuple(r for r in self.records if r.split == split)


def number(text: str | None, what: str, where: str, low: float, high: float) -> float:
    """A number from a table's cell.

    Raises:
        DatasetError: not a number from ``low`` to ``high``.
    """
    try:
        value = float(text if text is not None else "")
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise DatasetError(f"{where}: {what} is {text!r}, not a number from {low:g} to {high:g}: correct the row")
    return value
