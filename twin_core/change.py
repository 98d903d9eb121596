"""What changed between two clips of one patient, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin_core.circuit.cohort import solve_cohort
from twin_core.learning.intervals import interval
from twin_core.twin import Twin, TwinError

VOLUMES = ("edv_ml", "esv_ml")
INDICES_COMPARED = (*VOLUMES, "ejection_fraction_pct")


@dataclass(frozen=True, kw_only=True)
class Difference:
    """How one parameter or index differs between two twins; later minus earlier.

    Attributes:
        earlier: Median of the earlier twin's draws.
        later: Median of the later twin's.
        change: Median of the differences.
        low: Their 5th percentile.
        high: Their 95th percentile.
        probability_of_increase: Share of the differences over zero.
    """

    earlier: float
    later: float
    change: float
    low: float
    high: float
    probability_of_increase: float


def check_comparable(earlier: Twin, calibrated: bool) -> None:
    """Refuse an earlier twin that a clip cannot be set against.

    Args:
        earlier: The earlier twin.
        calibrated: Whether the later clip's volumes are in mL.

    Raises:
        TwinError: If it has no draws, or the volumes of only one of the two rest on a scale.
    """
    if not earlier.posterior_draws or earlier.measured is None:
        raise TwinError(
            f"the earlier twin {earlier.pseudonym!r} has no posterior draws to compare with: it was saved by an older "
            "version or is a reference patient; run infer on the earlier clip again."
        )
    if earlier.measured.calibrated != calibrated:
        known, unknown = ("earlier", "later") if earlier.measured.calibrated else ("later", "earlier")
        raise TwinError(
            f"the {known} clip has a scale and the {unknown} has none, so that their volumes cannot be compared; "
            f"run infer on the {unknown} clip with --depth-cm."
        )


def compare(earlier: Twin, later: Twin) -> dict[str, Difference]:
    """The change in every parameter both posteriors have, in EF, and in EDV and ESV where both clips have a scale.

    Each draw of one twin is set against each of the other's, as of two patients known independently: what the clips
    have in common (a patient's unstressed volume, a reader's habit) would narrow the intervals, and is not used.
    Indices are those of the draws' own beats.

    Raises:
        TwinError: If a twin has no draws, or the volumes of only one of the two rest on a scale.
    """
    check_comparable(earlier, later.measured is not None and later.measured.calibrated)
    check_comparable(later, earlier.measured is not None and earlier.measured.calibrated)
    before, after = earlier.posterior, later.posterior
    found = {name: _difference(before[name], after[name]) for name in after if name in before}
    beats_before, beats_after = _indices(earlier), _indices(later)
    calibrated = later.measured is not None and later.measured.calibrated
    for name in INDICES_COMPARED:
        if calibrated or name not in VOLUMES:
            found[name] = _difference(beats_before[name], beats_after[name])
    return found


def _difference(before: NDArray[np.float64], after: NDArray[np.float64]) -> Difference:
    every = (after[:, None] - before[None, :]).ravel()
    low, high = interval(every)
    return Difference(
        earlier=float(np.median(before)),
        later=float(np.median(after)),
        change=float(np.median(every)),
        low=float(low),
        high=float(high),
        probability_of_increase=float(np.mean(every > 0) + 0.5 * np.mean(every == 0)),
    )


def _indices(twin: Twin) -> dict[str, NDArray[np.float64]]:
    beats = [beat for beat in solve_cohort(twin.draw_circuits()) if beat.status == "periodic"]
    return {name: np.array([getattr(beat, name) for beat in beats]) for name in INDICES_COMPARED}
