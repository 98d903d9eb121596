"""Whether a clip and its contours can carry numbers: reasons against it, each with what was seen and the remedy.

Every threshold was set on rendered clips of one seed (A) and tested on those of another (B): benchmarks/quality.py
prints both.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation

from twin_core.echo.contour import Contour
from twin_core.echo.limits import MIN_FRAMES

MIN_DURATION_S = 0.4  # less cannot hold one beat even at 150 bpm; of physiology, not from data
MIN_BRIGHTEST = 40.0  # of 255, 99.5th percentile in the sector; A, a third dimmed to 40 %: 50 to 255
MIN_MOTION = 0.03  # change over time in parts of the brightness; A: 0.065 to 0.84
MIN_COHERENCE = 0.6  # correlation of successive frames; A: 0.90 to 1.00
MAX_EMPTY_SHARE = 0.25  # of frames without a cavity; A: none
MAX_OUTLIER_SHARE = 0.25  # of frames rejected for a jump in area or place; A: none
MIN_BEATING = 0.05  # (largest - smallest) / largest volume, below nothing beats; A, EF from 8 %: 0.11 to 0.68
MAX_ROUGHNESS = 0.12  # typical frame-to-frame zigzag of the area, in parts of its size; A: 0.002 to 0.05
MIN_AREA_SHARE, MAX_AREA_SHARE = 0.015, 0.6  # of the sector; A: 0.11 to 0.40, real clips may be wider
MIN_SOLIDITY = 0.8  # area / convex hull, median frame; A: 0.95 to 0.98
MIN_ELONGATION, MAX_ELONGATION = 0.9, 4.5  # length / mean width; A: 1.6 to 2.8
MAX_EDGE_SHARE = 0.3  # of the contour that lies on the sector's border; A: 1 of 90 above, a heart larger than its fan
MIN_EF_PCT, MAX_EF_PCT = 3.0, 90.0  # A: 8 to 70
MIN_RATE_BPM, MAX_RATE_BPM = 20.0, 250.0  # of physiology, not from data: outside, frames are timed wrongly
MIN_EDV_ML, MAX_EDV_ML = 10.0, 1000.0  # likewise: outside, the scale is wrong

_PAIRS = 24  # pairs of successive frames looked at
_RIMS = 20  # contours whose border is looked at


@dataclass(frozen=True, kw_only=True)
class PictureFigures:
    """What the pictures alone say, before any contour.

    Attributes:
        brightest: 99.5th percentile of the grey values inside the sector, 0 to 255.
        motion: standard deviation over time of a pixel, mean over the sector, in parts of the mean grey value.
        coherence: correlation of successive frames inside the sector, median.
    """

    brightest: float
    motion: float
    coherence: float

    @classmethod
    def of(cls, frames: NDArray[np.uint8], sector: NDArray[np.bool_]) -> PictureFigures:
        """Look at pairs of frames spread over the clip.

        Args:
            frames: grey values, uint8 (T, H, W).
            sector: pixels inside the fan, bool (H, W), not empty.
        """
        # Every pixel of a large frame is more than these means need.
        step = max(int(np.sqrt(sector.sum() / 20_000)), 1)
        fan = sector[::step, ::step]
        first = np.unique(np.linspace(0, max(len(frames) - 2, 0), _PAIRS).round().astype(int))
        seen = frames[first, ::step, ::step][:, fan].astype(np.float32)
        following = frames[np.minimum(first + 1, len(frames) - 1), ::step, ::step][:, fan].astype(np.float32)
        return cls(
            brightest=float(np.percentile(seen, 99.5)),
            motion=float(seen.std(axis=0).mean() / max(float(seen.mean()), 1e-6)),
            coherence=float(np.median([_correlation(a, b) for a, b in zip(seen, following, strict=True)])),
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons against the clip, the most basic first."""
        reasons = []
        if self.brightest < MIN_BRIGHTEST:
            reasons.append(
                f"too dark: the brightest tissue has grey level {self.brightest:.0f} of 255, at least "
                f"{MIN_BRIGHTEST:.0f} is needed; raise the gain or export the clip without dimming"
            )
        if self.motion < MIN_MOTION:
            reasons.append(
                f"a still picture: its pixels vary by {self.motion:.1%} over time, a beating heart's by over "
                f"{MIN_MOTION:.0%}; give a clip of at least one beat"
            )
        if self.coherence < MIN_COHERENCE:
            reasons.append(
                f"too much noise: successive frames agree by {self.coherence:.0%}, at least {MIN_COHERENCE:.0%} is "
                "needed; lower the gain or export the clip with less compression"
            )
        return tuple(reasons)


@dataclass(frozen=True, kw_only=True)
class ContourFigures:
    """What the contours say about themselves; NaN where there is none to say it.

    Attributes:
        empty_share: frames without a cavity, in parts of all.
        area_share: median cavity, in parts of the sector.
        solidity: area over area of the convex hull, median.
        elongation: length over mean width, median.
        edge_share: part of the contour that lies on the sector's border, median.
        jump_share: rejected frames, in parts of all.
        roughness: median size of the area's second difference, in parts of the median area.
        beating: spread of the volume (95th less 5th percentile) in parts of the 95th percentile.
    """

    empty_share: float
    area_share: float
    solidity: float
    elongation: float
    edge_share: float
    jump_share: float
    roughness: float
    beating: float

    @classmethod
    def of(
        cls,
        masks: NDArray[np.uint8],
        sector: NDArray[np.bool_],
        contours: Sequence[Contour | None],
        volume_ml: NDArray[np.float64],
        rejected: NDArray[np.bool_],
    ) -> ContourFigures:
        """Figures of a clip's contours.

        Args:
            masks: nonzero in the cavity, (T, H, W).
            sector: pixels inside the fan, bool (H, W).
            contours: geometry of each frame.
            volume_ml: volume, rejected frames interpolated (T,).
            rejected: frames whose contour jumped or is missing, bool (T,).
        """
        found = [c for c in contours if c is not None]
        kept = np.array([c.area_cm2 for c, out in zip(contours, rejected, strict=True) if c is not None and not out])
        high, low = np.percentile(volume_ml, [95, 5]) if len(kept) > 4 else (np.nan, np.nan)
        border = sector & binary_dilation(~np.pad(sector, 2), iterations=2)[2:-2, 2:-2]
        rims = [m & ~_eroded(m) for m in (masks[:: max(len(masks) // _RIMS, 1)] != 0)]
        return cls(
            empty_share=1.0 - len(found) / len(contours),
            area_share=float(np.median([np.count_nonzero(m) for m in masks])) / max(int(sector.sum()), 1),
            solidity=float(np.median([c.solidity for c in found])) if found else np.nan,
            elongation=float(np.median([c.length_cm**2 / c.area_cm2 for c in found])) if found else np.nan,
            edge_share=float(np.median([(r & border).sum() / max(int(r.sum()), 1) for r in rims])),
            jump_share=float(rejected.mean()),
            roughness=float(np.median(np.abs(np.diff(kept, 2))) / np.median(kept)) if len(kept) > 4 else 0.0,
            beating=float((high - low) / high),
        )

    @property
    def reasons(self) -> tuple[str, ...]:
        """Reasons against the contours, the most basic first."""
        if self.empty_share > MAX_EMPTY_SHARE:
            return (
                f"no left-ventricular cavity found in {self.empty_share:.0%} of the frames, at most "
                f"{MAX_EMPTY_SHARE:.0%} may lack one; give an apical four-chamber clip",
            )
        reasons = []
        if not MIN_AREA_SHARE <= self.area_share <= MAX_AREA_SHARE:
            reasons.append(
                f"implausible cavity size: {self.area_share:.1%} of the sector, a ventricle has {MIN_AREA_SHARE:.1%} "
                f"to {MAX_AREA_SHARE:.0%}; give an apical four-chamber clip of the usual depth"
            )
        if self.solidity < MIN_SOLIDITY or not MIN_ELONGATION <= self.elongation <= MAX_ELONGATION:
            reasons.append(
                f"the contour is not shaped like a ventricle: solidity {self.solidity:.2f} (at least {MIN_SOLIDITY}), "
                f"length over width {self.elongation:.1f} ({MIN_ELONGATION} to {MAX_ELONGATION}); give an apical "
                "four-chamber clip with the whole ventricle in it"
            )
        if self.edge_share > MAX_EDGE_SHARE:
            reasons.append(
                f"the cavity is cut off: {self.edge_share:.0%} of its contour lies on the sector's border, at most "
                f"{MAX_EDGE_SHARE:.0%} may; give a clip with the whole ventricle in the sector"
            )
        if self.jump_share > MAX_OUTLIER_SHARE or self.roughness > MAX_ROUGHNESS:
            reasons.append(
                f"the contour is unstable: {self.jump_share:.0%} of the frames jump (at most {MAX_OUTLIER_SHARE:.0%}), "
                f"zigzag {self.roughness:.0%} of the area (at most {MAX_ROUGHNESS:.0%}); give a clearer clip"
            )
        if self.beating < MIN_BEATING:
            reasons.append(
                f"the cavity does not beat: its volume varies by {self.beating:.0%} only, at least {MIN_BEATING:.0%} "
                "is needed; give a moving clip of at least one beat"
            )
        return tuple(reasons)


def length_reasons(frames: int, duration_s: float) -> tuple[str, ...]:
    """Whether a clip is too short to hold a beat: empty, or one reason."""
    if duration_s >= MIN_DURATION_S and frames >= MIN_FRAMES:
        return ()
    return (
        f"too short for a beat: {frames} frames, {duration_s:.2f} s, at least {MIN_DURATION_S} s is needed; give at "
        "least one whole beat",
    )


def beat_reasons(
    ef_pct: float | None, heart_rate_bpm: float | None = None, edv_ml: float | None = None
) -> tuple[str, ...]:
    """Whether the beats found make sense: empty, or one reason.

    Args:
        ef_pct: ejection fraction, percent; None without a beat.
        heart_rate_bpm: None where it cannot be told.
        edv_ml: end-diastolic volume, mL; None where volumes have no scale.
    """
    if ef_pct is None:
        return ("no complete beat found: give a clip from before one contraction to after it",)
    if not MIN_EF_PCT <= ef_pct <= MAX_EF_PCT:
        return (
            f"implausible ejection fraction {ef_pct:.0f} % (a ventricle has {MIN_EF_PCT:.0f} to {MAX_EF_PCT:.0f}): the "
            "contour does not follow the cavity; give a clearer clip",
        )
    if heart_rate_bpm is not None and not MIN_RATE_BPM <= heart_rate_bpm <= MAX_RATE_BPM:
        return (
            f"implausible heart rate {heart_rate_bpm:.3g} bpm (hearts beat {MIN_RATE_BPM:.0f} to {MAX_RATE_BPM:.0f}): "
            "the file does not time its frames as they were taken; give the original recording",
        )
    if edv_ml is not None and not MIN_EDV_ML <= edv_ml <= MAX_EDV_ML:
        return (
            f"implausible end-diastolic volume {edv_ml:.3g} mL (a ventricle holds {MIN_EDV_ML:.0f} to "
            f"{MAX_EDV_ML:.0f}): the scale is wrong; check the depth that was given, or give the original recording",
        )
    return ()


def _correlation(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    """Pearson's; 1 for frames without any contrast, which are told by their darkness or stillness."""
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a @ a) * (b @ b)))
    return float(a @ b) / size if size > 0 else 1.0


def _eroded(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The mask without its outermost pixels."""
    p = np.pad(mask, 1)
    return mask & p[:-2, 1:-1] & p[2:, 1:-1] & p[1:-1, :-2] & p[1:-1, 2:]
