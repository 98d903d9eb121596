"""Rendered beating clips driven by circuit beats, measured by the same pipeline that measures real ones."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.circuit import PARAMETERS, Beat
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.rhythm import Rhythm, irregular
from twin_core.echo.clip import Clip
from twin_core.echo.phantom import Phantom, render_clip
from twin_core.echo.volumes import measure
from twin_core.learning.one_beat import OneBeat, one_beat
from twin_core.learning.plausible_beat import plausible_beat
from twin_core.learning.segmenter import Segmenter

FRAME_RATE_HZ = (20.0, 80.0)
BEATS = (1.25, 2.2)
MAX_FRAMES = 64
LONG_BEATS, LONG_MAX_FRAMES = (1.25, 5.0), 240
IRREGULAR_SHARE, IRREGULAR_SPREAD = 0.25, 0.2  # of long clips; of a period, as in atrial fibrillation
_SLOWEST_BPM, _FASTEST_BPM = PARAMETERS["heart_rate_bpm"].bounds
PERIOD_S = (60.0 / _FASTEST_BPM, 60.0 / _SLOWEST_BPM)


@dataclass(frozen=True, kw_only=True, eq=False)
class RenderedPatient:
    """A rendered clip with all that is true of it.

    Attributes:
        clip: what a reader sees.
        circuit: the circuit whose beats it shows.
        edv_ml: end-diastolic volume its contours were drawn for, of an irregular rhythm the mean over its beats.
        esv_ml: end-systolic volume, likewise.
        heart_rate_bpm: of an irregular rhythm that of the median period.
        masks: the cavity in each frame, bool (T, H, W).
        volume_ml: left-ventricular volume in each frame, mL (T,).
        end_diastoles_s: when the volume is largest in each beat, where the clip shows that, s from its first frame.
        end_systoles_s: when it is smallest, likewise.
    """

    clip: Clip
    circuit: LeftHeartParameters
    edv_ml: float
    esv_ml: float
    heart_rate_bpm: float
    masks: NDArray[np.bool_]
    volume_ml: NDArray[np.float64]
    end_diastoles_s: tuple[float, ...]
    end_systoles_s: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class MeasuredPatient:
    """A rendered patient as the encoder sees it: one measured beat, and the true volumes beside it."""

    beat: OneBeat
    true_edv_ml: float
    true_esv_ml: float


def render_patient(seed: tuple[int, int], *, long: bool = False) -> RenderedPatient:
    """Patient number seed[1] of data set seed[0]: a circuit, a heart, a probe and a machine.

    Args:
        seed: of the data set, and the patient's number in it.
        long: a clip of up to five beats, a quarter of them irregular; else one to two regular beats.
    """
    cv2.setNumThreads(1)
    rng = np.random.default_rng(seed)
    beat = plausible_beat(rng)
    period = 60.0 / beat.heart_rate_bpm
    duration, rate = rng.uniform(*(LONG_BEATS if long else BEATS)) * period, rng.uniform(*FRAME_RATE_HZ)
    count = int(np.clip(round(duration * rate), 8, LONG_MAX_FRAMES if long else MAX_FRAMES))
    time = np.arange(count, dtype=np.float64) * (duration / count)
    start = rng.uniform(0.0, period)
    rhythm = _irregular(rng, beat, duration) if long and rng.random() < IRREGULAR_SHARE else None
    if rhythm is None:
        volume = np.interp((time + start) % period, beat.time_s, beat.lv_volume_ml)
        largest, smallest = beat.edv_ml, beat.esv_ml
    else:
        volume = np.interp(time + start, rhythm.time_s, rhythm.lv_volume_ml)
        largest, smallest = float(rhythm.lv_volume_ml.max()), float(rhythm.lv_volume_ml.min())
    drawn = render_clip(volume, time, Phantom.sample(rng, edv_ml=largest, esv_ml=smallest))
    clip = Clip(
        frames=drawn.frames,
        time_s=time,
        cm_per_px=drawn.cm_per_px,
        cm_per_px_source="depth_given",
        sector=drawn.sector,
        format="rendered",
        sha256="",
    )
    if rhythm is None:
        edv, esv, heart_rate = float(volume.max()), float(volume.min()), beat.heart_rate_bpm
        starts = np.arange(0.0, start + duration, period)
        extremes = [beat.time_s[np.argmax(beat.lv_volume_ml)], beat.time_s[np.argmin(beat.lv_volume_ml)]]
        largest_at, smallest_at = (starts + at for at in extremes)
    else:
        edv, esv, heart_rate = _means(rhythm, start, start + duration)
        cycles = [(rhythm.time_s[part], rhythm.lv_volume_ml[part]) for part in _cycles(rhythm)]
        largest_at, smallest_at = (np.array([t[pick(v)] for t, v in cycles]) for pick in (np.argmax, np.argmin))
    return RenderedPatient(
        clip=clip,
        circuit=beat.parameters,
        edv_ml=edv,
        esv_ml=esv,
        heart_rate_bpm=heart_rate,
        masks=drawn.masks,
        volume_ml=volume,
        end_diastoles_s=_shown(largest_at - start, duration),
        end_systoles_s=_shown(smallest_at - start, duration),
    )


def _shown(times_s: NDArray[np.float64], duration_s: float) -> tuple[float, ...]:
    """The times that lie within the clip."""
    return tuple(times_s[(times_s >= 0) & (times_s <= duration_s)].tolist())


def _cycles(rhythm: Rhythm) -> list[slice]:
    """The samples of each beat."""
    edges = [*np.searchsorted(rhythm.time_s, rhythm.starts_s).tolist(), len(rhythm.time_s)]
    return [slice(a, b) for a, b in pairwise(edges)]


def _irregular(rng: np.random.Generator, beat: Beat, duration_s: float) -> Rhythm:
    """The circuit in an irregular rhythm, some beats longer than the clip."""
    usual, periods = 60.0 / beat.heart_rate_bpm, [60.0 / beat.heart_rate_bpm]
    while sum(periods) < duration_s + 3 * usual:
        periods.append(float(np.clip(usual * np.exp(rng.normal(0.0, IRREGULAR_SPREAD)), *PERIOD_S)))
    return irregular(beat, periods)


def _means(rhythm: Rhythm, first_s: float, last_s: float) -> tuple[float, float, float]:
    """EDV and ESV in mL, means over the beats that the clip shows, and the heart rate of their median period."""
    edges = [*rhythm.starts_s, rhythm.time_s[-1]]
    beats = [(a, b) for a, b in pairwise(edges) if b > first_s and a < last_s]
    inside = [rhythm.lv_volume_ml[(rhythm.time_s >= a) & (rhythm.time_s <= b)] for a, b in beats]
    edv, esv = (float(np.mean([f(v) for v in inside])) for f in (np.max, np.min))
    return edv, esv, 60.0 / float(np.median([b - a for a, b in beats]))


def render_patients(
    seed: int, which: int | Sequence[int], *, workers: int = 1, report: Callable[[str], None] = lambda line: None
) -> Iterator[RenderedPatient]:
    """Render patients one after the other; the result does not depend on ``workers``.

    Args:
        seed: of the data set.
        which: how many patients, or their numbers.
        workers: processes.
        report: receives a line of progress now and then.
    """
    numbers = [(seed, i) for i in (range(which) if isinstance(which, int) else which)]
    if workers <= 1:
        yield from _counted(map(render_patient, numbers), len(numbers), report)
        return
    # Spawned, not forked: the parent may already run torch's threads, which a fork would leave half alive.
    with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        yield from _counted(pool.map(render_patient, numbers, chunksize=4), len(numbers), report)


def _counted(
    patients: Iterator[RenderedPatient], count: int, report: Callable[[str], None]
) -> Iterator[RenderedPatient]:
    for i, patient in enumerate(patients):
        yield patient
        if (i + 1) % 100 == 0:
            report(f"rendered {i + 1} of {count} patients")


def measured(patient: RenderedPatient, segmenter: Segmenter) -> MeasuredPatient | None:
    """Segment and measure a rendered patient as a real clip would be; None where that is not usable."""
    clip = patient.clip
    masks = segmenter.segment(clip.frames, clip.sector, clip.time_s)
    found = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    if not found.usable or found.heart_rate_bpm is None:
        return None
    return MeasuredPatient(beat=one_beat(clip, masks, found), true_edv_ml=patient.edv_ml, true_esv_ml=patient.esv_ml)


def measured_patients(
    seed: int,
    which: Sequence[int],
    segmenter: str | Path | None,
    device: str,
    workers: int,
    report: Callable[[str], None],
) -> list[MeasuredPatient]:
    """Rendered patients that the pipeline can measure; the rest are counted and left out.

    Args:
        seed: of the data set.
        which: their numbers in it.
        segmenter: its weight file; the shipped one when None.
        device: auto, cpu or cuda.
        workers: processes that render.
        report: receives a line of progress now and then.
    """
    reader = Segmenter.load(segmenter, device)
    found = [measured(p, reader) for p in render_patients(seed, which, workers=workers, report=report)]
    usable = [p for p in found if p is not None]
    report(f"{len(which) - len(usable)} of {len(which)} rendered clips were not usable and are left out")
    return usable
