"""Beats in a left-ventricular volume curve: end-diastole, end-systole, ejection fraction, period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.ndimage import gaussian_filter1d
from scipy.signal import find_peaks

from twin_core.echo.curve import Curve

SMOOTHING_S = 0.045  # only to find the beats; volumes are read from the curve as it is given
MIN_PERIOD_S = 0.3  # 200 bpm
TROUGH_DEPTH = 0.35  # prominence of an end-systole, in parts of the clip's volume range
SEARCH_S = 0.10  # the given curve's minimum is looked for this far round the smoothed one
UNEVEN = 0.25  # frames whose distances differ by more than this part of their median come at no steady rate
FINEST_S = 0.005  # of the grid that curves at uneven times are put on
REST_S, REST_BAND = 0.06, 0.15  # isovolumic rest at end-systole: this long within this part of the range
FULL = 0.90  # of EDV: so full again, a beat's end is seen. Of a clip's largest volume: so full, a peak is an ED
# Of the clip's largest volume: so full, a clip's very first frame is an ED although no rise to it is seen. Fitted to
# two development clips' contours, older networks' of one, which began 0.918 full and is published with one beat fewer,
# the reference's of the other, 0.929 full. Rendered clips of up to five beats, whose EDs are known, are counted alike
# from 0.92 to 0.95.
FIRST_FULL = 0.925
REGULAR = 0.15  # a rhythm whose periods spread over no more than this part of their median is called regular
SHIFTS = np.linspace(0.8, 1.25, 181)  # of a roughly known period, tried to find it exactly
MIN_OVERLAP = 0.15  # of a period must be seen twice to tell its length from likeness
ISOVOLUMIC_S = 0.07  # relaxation between end-systole and filling (Nagueh 2016, J Am Soc Echocardiogr 29:277)
MOST_UNSEEN_S = 0.15  # of a beat's filling may lie before the clip for its length to be told


@dataclass(frozen=True, kw_only=True)
class EchoBeat:
    """One beat.

    Attributes:
        ed_index: frame of end-diastole, the largest volume before the ejection.
        es_index: frame of end-systole, the smallest volume.
        edv: volume at end-diastole, mL.
        esv: volume at end-systole, mL.
        period_s: time to the next beat's end-systole, or end-diastole; None where the next is not seen.
        period_rough: whether it was timed by how steep the filling before the beat begins, some 10 bpm off.
    """

    ed_index: int
    es_index: int
    edv: float
    esv: float
    period_s: float | None
    period_rough: bool = False

    @property
    def ef_pct(self) -> float:
        """Ejection fraction, percent: 100 (EDV - ESV) / EDV."""
        return 100.0 * (self.edv - self.esv) / self.edv


def find_beats(volume_ml: Curve, time_s: Curve) -> list[EchoBeat]:
    """Beats of a volume curve.

    End-systoles are found first, as deep troughs of the lightly smoothed curve: unlike end-diastole they are
    sharp, and a diastasis or a premature beat does not hide them. End-diastole is the largest volume
    between one end-systole and the next. A clip that starts in mid-ejection loses its first, incomplete beat
    unless it is the only one; its end-diastole is then the one after the end-systole.

    Args:
        volume_ml: volume of each frame, mL, without gaps (T,).
        time_s: time of each frame, s (T,), increasing.

    Returns:
        Beats in order; empty where none is complete.
    """
    volume, time = np.asarray(volume_ml, float), np.asarray(time_s, float)
    if len(volume) < 4 or not np.all(np.isfinite(volume)) or np.ptp(volume) <= 0:
        return []
    troughs = _end_systoles(volume, time)
    if not troughs:
        return []
    starts = [0, *troughs[:-1]]
    eds = [a + int(np.argmax(volume[a : b + 1])) for a, b in zip(starts, troughs, strict=True)]
    before = None
    if volume[eds[0]] < (FULL if eds[0] > 0 else FIRST_FULL) * volume.max():
        if len(troughs) > 1:
            before, troughs, eds = troughs[0], troughs[1:], eds[1:]
        else:
            eds = [troughs[0] + int(np.argmax(volume[troughs[0] :]))]
    beats = []
    for i, (ed, es) in enumerate(zip(eds, troughs, strict=True)):
        if volume[ed] <= volume[es]:
            continue
        period = _period(volume, time, i, eds, troughs, before)
        rough = None if period is not None or len(troughs) > 1 else _since_filling_began(volume, time, ed, es)
        beats.append(
            EchoBeat(
                ed_index=ed,
                es_index=es,
                edv=float(volume[ed]),
                esv=float(volume[es]),
                period_s=rough if period is None else period,
                period_rough=rough is not None,
            )
        )
    return beats


def irregularity(beats: Sequence[EchoBeat]) -> float | None:
    """Longest minus shortest beat in parts of the median length; None with fewer than two lengths."""
    periods = [b.period_s for b in beats if b.period_s is not None]
    return float(np.ptp(periods) / np.median(periods)) if len(periods) > 1 else None


def rhythm_period_s(
    beats: Sequence[EchoBeat], volume_ml: Curve, time_s: Curve, found: Sequence[EchoBeat] | None = None
) -> float | None:
    """Typical length of a beat in s, None where it cannot be told.

    Of an irregular rhythm the median. A regular one is timed by all it shows: its curve is laid over itself, and the
    shift near the median at which it is most alike is the period.

    Args:
        beats: those to time.
        volume_ml: volume of each frame, mL (T,).
        time_s: time of each frame, s (T,).
        found: every beat found in the curve, by which the rhythm is judged; the beats to time where left out.
    """
    periods = np.array([b.period_s for b in beats if b.period_s is not None])
    if not len(periods):
        return None
    rough = float(np.median(periods))
    duration = float(time_s[-1] - time_s[0])
    if (irregularity(beats if found is None else found) or 0.0) > REGULAR:
        return rough
    unlikeness = []
    shifts = rough * SHIFTS[duration - rough * SHIFTS >= MIN_OVERLAP * rough * SHIFTS]
    for shift in shifts:
        at = np.linspace(time_s[0], time_s[-1] - shift, 60)
        apart = np.interp(at + shift, time_s, volume_ml) - np.interp(at, time_s, volume_ml)
        unlikeness.append(float(np.mean(apart**2)))
    best = int(np.argmin(unlikeness)) if unlikeness else 0
    # At an end of what was tried the likeness still grows: the clip is too short to hold the period twice.
    return float(shifts[best]) if 0 < best < len(shifts) - 1 else rough


def _end_systoles(volume: Curve, time: Curve) -> list[int]:
    """Deep troughs of the curve. Frames at uneven times are put on an even grid first: spans are counted in steps."""
    steps = np.diff(time)
    step = float(np.median(steps))
    if np.ptp(steps) < UNEVEN * step:
        return _deep_troughs(volume, step)
    finest = max(float(steps.min()), FINEST_S)
    grid = np.arange(time[0], time[-1] + finest / 2, finest)
    found = grid[_deep_troughs(np.interp(grid, time, volume), finest)]
    return sorted({int(np.abs(time - at).argmin()) for at in found})


def _deep_troughs(volume: Curve, step: float) -> list[int]:
    """Minima of the given curve near the deep troughs of the smoothed one; frames are `step` seconds apart."""
    smooth = gaussian_filter1d(volume, max(SMOOTHING_S / step, 0.3), mode="nearest")
    depth = TROUGH_DEPTH * (np.percentile(smooth, 97) - np.percentile(smooth, 3))
    # A level as high as the largest volume on both sides lets a trough near either end of the clip count.
    pad = max(round(0.1 / step), 1)
    padded = np.concatenate([np.full(pad, smooth.max()), smooth, np.full(pad, smooth.max())])
    gap = max(int(MIN_PERIOD_S / step), 1)
    found, _ = find_peaks(-padded, prominence=max(depth, 1e-9), distance=gap)
    reach = max(round(SEARCH_S / step), 1)
    troughs = []
    for at in found - pad:
        a, b = max(at - reach, 0), min(at + reach + 1, len(volume))
        lowest = a + int(np.argmin(volume[a:b]))
        # At the very edge the curve is still falling or already rising: no end-systole was seen there.
        if 0 < lowest < len(volume) - 1 and lowest not in troughs:
            troughs.append(lowest)
    rest = max(round(REST_S / step), 2)
    low = volume.min() + REST_BAND * np.ptp(volume)
    # A clip's end, where it rests at the smallest volume: ejection ends slowly, so that it must rest for a frame longer
    # than at a clip's start, from which a lone beat fills steeply.
    if (
        len(volume) > 2 * rest
        and volume[-rest - 1 :].max() <= low
        and not (troughs and troughs[-1] > len(volume) - gap)
    ):
        troughs.append(len(volume) - rest - 1 + int(np.argmin(volume[-rest - 1 :])))
    if not troughs and len(volume) > 2 * rest and volume[:rest].max() <= low:
        troughs.append(int(np.argmin(volume[:rest])))
    return [int(t) for t in troughs]


def _period(volume: Curve, time: Curve, i: int, eds: list[int], troughs: list[int], before: int | None) -> float | None:
    """Length of beat i in s, None where it cannot be told; `before` is an end-systole whose beat was incomplete.

    Flanks are timed, not extremes: volume is steep where it passes half its stroke, so that the time is known to a
    fraction of a frame, and flat at end-systole.
    """
    here = _flanks(volume, time, before if i == 0 else troughs[i - 1], troughs[i])
    if i + 1 < len(troughs):
        return _apart(here, _flanks(volume, time, troughs[i], troughs[i + 1]))
    # The last beat: to the next ejection, where that has begun; else from a beat before that is itself incomplete.
    ejection, _ = here
    level = _middle(volume, before if i == 0 else troughs[i - 1], troughs[i])
    later = _falls(volume, time, troughs[i], len(volume) - 1, level)
    # A level that the curve rises through again was passed by a wiggle of the diastasis, not by an ejection.
    if later and _rises(volume, time, int(np.searchsorted(time, later[-1])), len(volume) - 1, level):
        later = []
    if ejection is not None and later and later[-1] - ejection >= MIN_PERIOD_S:
        return later[-1] - ejection
    if len(troughs) > 1:
        return None
    if before is not None:
        return _apart(_flanks(volume, time, None, before), here) or float(time[troughs[i]] - time[before])
    # A lone beat, from the filling before it where the clip shows that,
    ed, es = eds[i], troughs[i]
    earlier = _rises(volume, time, 0, min(ed, es), _middle(volume, None, es))
    if earlier and here[1] is not None and ed < es:
        return here[1] - earlier[-1]
    # else to the clip's end where it is full again: a clip cut from R wave to R wave.
    refilled = volume[es:] >= FULL * volume[ed]
    if ed < es and refilled.any():
        return float(time[es + np.flatnonzero(refilled)[-1]] - time[ed])
    return None


def _since_filling_began(volume: Curve, time: Curve, ed: int, es: int) -> float | None:
    """Rough length in s of a lone beat that ends a clip which begins in the filling before it; None where untold.

    That filling is taken to have been as steep before the clip as it is seen to begin.
    """
    half = _middle(volume, None, es)
    rises = _rises(volume, time, 0, min(ed, es), half)
    if not rises or ed > es or volume[0] >= half:
        return None
    unseen = ISOVOLUMIC_S + (volume[0] - volume[es]) * (rises[0] - time[0]) / (half - volume[0])
    return float(time[es] - time[0] + unseen) if abs(unseen) < MOST_UNSEEN_S else None


def _middle(volume: Curve, before: int | None, es: int) -> float:
    """Volume halfway down the ejection that ends at `es`; `before` is the end-systole before it."""
    low, seen = float(volume[es]), float(volume[(before or 0) : es + 1].max())
    if before is not None:
        return (seen + low) / 2
    # The clip may begin within the ejection: then as high up as it still shows it fall.
    return min((max(seen, float(volume[es:].max())) + low) / 2, 0.9 * seen + 0.1 * low)


def _falls(volume: Curve, time: Curve, first: int, last: int, level: float) -> list[float]:
    """Times at which the curve falls through a level between two frames."""
    part = volume[first : last + 1]
    at = np.flatnonzero((part[:-1] >= level) & (part[1:] < level)) + first
    return [_crossing(volume, time, int(k), level) for k in at]


def _rises(volume: Curve, time: Curve, first: int, last: int, level: float) -> list[float]:
    """Times at which it rises through a level."""
    return _falls(-volume, time, first, last, -level)


def _flanks(volume: Curve, time: Curve, before: int | None, es: int) -> tuple[float | None, float | None]:
    """When the ejection that ends at `es` and the filling that follows pass its middle; None where not in the clip."""
    level = _middle(volume, before, es)
    falls = _falls(volume, time, before or 0, es, level)
    rises = _rises(volume, time, es, len(volume) - 1, level)
    return (falls[-1] if falls else None), (rises[0] if rises else None)


def _apart(first: tuple[float | None, float | None], second: tuple[float | None, float | None]) -> float | None:
    """Time between two beats: mean over the flanks that both show."""
    apart = [b - a for a, b in zip(first, second, strict=True) if a is not None and b is not None]
    return float(np.mean(apart)) if apart else None


def _crossing(volume: Curve, time: Curve, at: int, level: float) -> float:
    """Time at which the curve passes `level` between frames `at` and `at` + 1."""
    part = (volume[at] - level) / (volume[at] - volume[at + 1])
    return float(time[at] + part * (time[at + 1] - time[at]))
