"""From cavity masks to volumes, beats, ejection fraction and heart rate, with the reasons against using them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from twin_core.echo.beats import EchoBeat, find_beats, irregularity, rhythm_period_s
from twin_core.echo.contour import Contour, trace
from twin_core.echo.curve import steadied
from twin_core.echo.quality import ContourFigures, beat_reasons, length_reasons

# Adult apical four-chamber clips are recorded at about 13 to 18 cm so that the atria are in view.
ASSUMED_DEPTH_CM = 15.0

AREA_JUMP = 0.3  # of the neighbours' median area
CENTROID_JUMP = 0.2  # of the long axis
# Length squared over area, in parts of the clip's median: below, a contour leaks sideways. A ventricle that empties by
# narrowing alone, at an EF of 65 %, is 0.78 when full; of rendered clips no frame is below 0.91.
SQUAT = 0.7
# Long axis, in parts of the clip's long ones: shorter, a contour lost a part of the cavity. Hearts keep 0.7 and more.
SHORT = 0.6
LONG_PERCENTILE = 75
LEAK = 1.25  # of the diastolic plateau: no beat fills a ventricle so much further than the others do
PLATEAU_PERCENTILE = 90  # of the volumes; diastole takes up well over a tenth of any clip
ISOLATED_S = 0.11  # a contour that fails before and after so short a time has hardly recovered in it
# Of a lone beat timed by the filling before: rendered ones are 5.9 bpm off on average, 1.25 times that if normal.
ROUGH_RATE_ERROR_BPM = 7.4
NEIGHBOURS_S = 0.2  # window of the running median that a frame is compared with


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What a clip's contours say.

    Attributes:
        time_s: time of each frame, s (T,).
        area_cm2: cavity area, NaN where none was found (T,).
        length_cm: long axis, NaN where none was found (T,).
        contour_volume_ml: volume of each frame's own contour by the method of disks, NaN where none was found (T,).
        volume_ml: the same, steadied where the rhythm is known; rejected frames are interpolated (T,).
        rejected: frames whose contour jumped or is missing, bool (T,).
        contours: geometry of each frame, None where no cavity was found.
        figures: what the contours say about themselves, which the reasons rest on.
        beats: complete beats that count: less those set aside, unless all were.
        set_aside: complete beats whose end-diastole or end-systole was rejected: its volume was not seen.
        calibrated: whether lengths and volumes rest on the file's own scale; else on a depth of
            ASSUMED_DEPTH_CM, and only ratios such as EF are to be trusted.
        ef_pct: ejection fraction, mean of the beats, percent; None without a beat.
        edv_ml: end-diastolic volume, mean of the beats, mL.
        esv_ml: end-systolic volume, mean of the beats, mL.
        heart_rate_bpm: from the rhythm's period; None where it cannot be told.
        heart_rate_reason: why the heart rate cannot be told, else empty.
        reasons: why the measurement is unusable; empty when it is usable.
    """

    time_s: NDArray[np.float64]
    area_cm2: NDArray[np.float64]
    length_cm: NDArray[np.float64]
    contour_volume_ml: NDArray[np.float64]
    volume_ml: NDArray[np.float64]
    rejected: NDArray[np.bool_]
    contours: tuple[Contour | None, ...]
    figures: ContourFigures
    beats: tuple[EchoBeat, ...]
    set_aside: tuple[EchoBeat, ...]
    calibrated: bool
    ef_pct: float | None
    edv_ml: float | None
    esv_ml: float | None
    heart_rate_bpm: float | None
    heart_rate_reason: str
    reasons: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether the numbers may be used."""
        return not self.reasons

    @property
    def irregularity(self) -> float | None:
        """Longest minus shortest of all beats found, in parts of the median; None with fewer than two lengths."""
        found = sorted({*self.beats, *self.set_aside}, key=lambda beat: beat.es_index)
        return irregularity(found)

    @property
    def heart_rate_rough(self) -> bool:
        """Whether the heart rate is off by some ROUGH_RATE_ERROR_BPM, not by a frame or two in a beat."""
        return self.heart_rate_bpm is not None and len(self.beats) == 1 and self.beats[0].period_rough

    @property
    def cautions(self) -> tuple[str, ...]:
        """What to keep in mind about numbers that may be used, in words; empty where there is nothing."""
        found = []
        if self.beats and self.beats == self.set_aside:
            those = f"none of the {len(self.beats)} beats was" if len(self.beats) > 1 else "the only beat was not"
            found.append(
                f"{those} seen whole: contours at end-diastole or end-systole jumped or are missing, so that EDV, ESV "
                "and EF rest on frames beside them"
            )
        if self.heart_rate_rough:
            found.append(
                "the heart rate is rough: the clip ends with the only beat's ejection and begins within the filling "
                "before it; it may be off by some 10 bpm"
            )
        return tuple(found)


def measure(
    masks: NDArray[np.uint8],
    time_s: NDArray[np.float64],
    cm_per_px: tuple[float, float] | None = None,
    sector: NDArray[np.bool_] | None = None,
) -> Measurement:
    """Measure a clip's masks.

    Args:
        masks: nonzero in the left-ventricular cavity, (T, H, W).
        time_s: time of each frame, s (T,), increasing.
        cm_per_px: centimetres per pixel (row, column); None when the file does not say.
        sector: pixels inside the fan (H, W); the whole image when None.

    Raises:
        ValueError: shapes do not match, times do not increase, or a scale is not positive.
    """
    time = np.asarray(time_s, float)
    if masks.ndim != 3 or len(masks) == 0 or time.shape != (len(masks),):
        raise ValueError(f"masks must be (T, H, W) with T times, got {masks.shape} and {time.shape} times")
    if np.any(~np.isfinite(time)) or np.any(np.diff(time) <= 0):
        raise ValueError("time_s must increase from frame to frame: give each frame's time in seconds")
    if cm_per_px is not None and not all(np.isfinite(s) and s > 0 for s in cm_per_px):
        raise ValueError(f"cm_per_px must be positive (row, column), got {cm_per_px}: give None if unknown")
    fan = np.ones(masks.shape[1:], bool) if sector is None else np.asarray(sector, bool)
    if fan.shape != masks.shape[1:]:
        raise ValueError(f"sector must be {masks.shape[1:]}, got {fan.shape}: use the clip's own sector")
    scale = cm_per_px or assumed_scale(fan)
    contours = tuple(trace(m, scale) for m in masks)
    area = np.array([c.area_cm2 if c else np.nan for c in contours])
    length = np.array([c.length_cm if c else np.nan for c in contours])
    raw = np.array([c.volume_ml if c else np.nan for c in contours])
    step = float(np.median(np.diff(time))) if len(time) > 1 else 0.0
    rejected = reject_jumps(contours, step)
    if not rejected.all():
        # A leak into the surroundings that lasts for some frames is no jump against its neighbours.
        rejected |= raw > LEAK * np.percentile(raw[~rejected], PLATEAU_PERCENTILE)
    jumped = rejected.copy()
    rejected |= _isolated(jumped, time)
    kept = np.flatnonzero(~rejected)
    volume = np.interp(time, time[kept], raw[kept]) if len(kept) else np.full(len(time), np.nan)
    figures = ContourFigures.of(masks, fan, contours, volume, jumped)
    # Before the first frame that counts and after the last one nothing was seen, so no beat is looked for there.
    seen = slice(kept[0], kept[-1] + 1) if len(kept) >= 4 else slice(0, 0)
    # A first look tells how fast the heart beats, and so over how much the curve may be smoothed.
    period = rhythm_period_s(find_beats(volume[seen], time[seen]), volume[seen], time[seen])
    if period is not None:
        volume = np.interp(time, time[kept], steadied(raw[kept], time[kept], period))
    found = tuple(
        replace(b, ed_index=int(b.ed_index + seen.start), es_index=int(b.es_index + seen.start))
        for b in find_beats(volume[seen], time[seen])
    )
    # Of a beat whose end-diastole or end-systole was set aside the volumes were not seen, nor how fast they changed.
    unseen = rejected.copy()
    if len(kept):
        unseen[kept[0]] |= kept[0] > 0  # the curve was cut there: it may have gone on to a larger or smaller volume
        unseen[kept[-1]] |= kept[-1] < len(time) - 1
    set_aside = tuple(b for b in found if unseen[b.ed_index] or unseen[b.es_index])
    beats = tuple(b for b in found if b not in set_aside) or found
    period = rhythm_period_s(beats, volume[seen], time[seen], found)
    if period is None and len(found) > 1:
        period = float(np.median(np.diff(time[[b.es_index for b in found]])))
    rate = 60.0 / period if period is not None else None
    edv = float(np.mean([b.edv for b in beats])) if beats else None
    esv = float(np.mean([b.esv for b in beats])) if beats else None
    ef = float(np.mean([b.ef_pct for b in beats])) if beats else None
    duration = float(time[-1] - time[0] + step)
    # Each of the three follows from the one before: what is too short has no beat.
    reasons = (
        length_reasons(len(masks), duration) or figures.reasons or beat_reasons(ef, rate, edv if cm_per_px else None)
    )
    why = "" if rate is not None else "the clip does not hold one whole beat: give a longer clip"
    return Measurement(
        time_s=time,
        area_cm2=area,
        length_cm=length,
        contour_volume_ml=raw,
        volume_ml=volume,
        rejected=rejected,
        contours=contours,
        figures=figures,
        beats=beats,
        set_aside=set_aside,
        calibrated=cm_per_px is not None,
        ef_pct=ef,
        edv_ml=edv,
        esv_ml=esv,
        heart_rate_bpm=rate,
        heart_rate_reason=why,
        reasons=reasons,
    )


def _isolated(rejected: NDArray[np.bool_], time_s: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Frames in runs shorter than ISOLATED_S between rejected ones or an end of the clip: as little to be trusted."""
    result = np.zeros_like(rejected)
    if not rejected.any() or len(time_s) < 2:
        return result
    ends = np.append(time_s, 2 * time_s[-1] - time_s[-2])
    edges = np.flatnonzero(np.diff(np.concatenate([[True], rejected, [True]]).astype(int)))
    for first, last in zip(edges[::2], edges[1::2], strict=True):
        result[first:last] = ends[last] - ends[first] < ISOLATED_S - 1e-9  # of one just so long, whatever rounding
    return result


def assumed_scale(sector: NDArray[np.bool_]) -> tuple[float, float]:
    """Centimetres per pixel (row, column) if the sector's height were ASSUMED_DEPTH_CM deep."""
    rows = np.flatnonzero(sector.any(axis=1))
    height = int(rows[-1] - rows[0] + 1) if len(rows) else sector.shape[0]
    return (ASSUMED_DEPTH_CM / height, ASSUMED_DEPTH_CM / height)


def reject_jumps(contours: tuple[Contour | None, ...], step_s: float) -> NDArray[np.bool_]:
    """Frames, bool (T,), without a cavity, too broad or short, or whose area or place jumps from the running median."""
    rejected = np.array([c is None for c in contours])
    kept = np.flatnonzero(~rejected)
    window = round(NEIGHBOURS_S / step_s) // 2 * 2 + 1 if step_s > 0 else 1
    if len(kept) < 5 or window < 3:
        return rejected
    window = max(window, 5)
    found = [c for c in contours if c is not None]
    area = np.array([c.area_cm2 for c in found])
    place = np.array([c.centroid for c in found])
    lengths = np.array([c.length_cm for c in found])
    length = float(np.median(lengths))
    usual = median_filter(area, window, mode="reflect")
    jump = np.abs(area - usual) > AREA_JUMP * usual
    moved = np.linalg.norm(place - median_filter(place, (window, 1), mode="reflect"), axis=1)
    slimness = lengths**2 / area
    squat = slimness < SQUAT * np.median(slimness)
    short = lengths < SHORT * np.percentile(lengths, LONG_PERCENTILE)
    rejected[kept[jump | (moved > CENTROID_JUMP * length) | squat | short]] = True
    return rejected
