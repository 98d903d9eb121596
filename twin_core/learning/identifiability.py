"""How much each set of measurements narrows each parameter and index: what an echo and a cuff can and cannot tell."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from twin_core.circuit.cohort import solve_cohort
from twin_core.learning import prior
from twin_core.learning.intervals import INTERVAL_PCT, METHOD
from twin_core.learning.narrowing import DERIVED
from twin_core.learning.observation import SETS, observe, only
from twin_core.learning.posterior import PosteriorNetwork, widths
from twin_core.learning.prior import UNKNOWN, Patients


def prior_widths(patients: Patients) -> dict[str, float]:
    """Widths of the prior's 90 % intervals: of parameters as shares of their ranges, of indices in their units."""
    unit = widths(prior.to_unit(patients.parameters))
    parameters = dict(zip(UNKNOWN, unit.tolist(), strict=True))
    return {**parameters, **{name: float(widths(patients.index(name))) for name in DERIVED}}


def table(
    network: PosteriorNetwork,
    patients: Patients,
    among: dict[str, float],
    *,
    count: int,
    draws: int,
    rng: np.random.Generator,
    report: Callable[[str], None] = lambda line: None,
) -> dict[str, dict[str, float]]:
    """1 − mean width of the posterior's 90 % interval over the prior's, percent, by set of measurements and name.

    Args:
        network: the posterior.
        patients: held out; the first ``count`` are measured, each with fresh errors.
        among: the prior's widths.
        count: patients.
        draws: of each patient's posterior; each is solved for its indices.
        rng: makes errors and draws.
        report: receives a line for each set.
    """
    values = observe(patients, np.arange(min(count, len(patients.parameters))), rng)
    found: dict[str, dict[str, float]] = {}
    for label, names in SETS.items():
        drawn = network.draw(only(values, names), draws, rng)
        spread = [*widths(prior.to_unit(drawn).swapaxes(0, 1)).mean(axis=0), *_index_widths(drawn)]
        found[label] = {
            name: round(100.0 * (1.0 - float(width) / among[name]), 1)
            for name, width in zip((*UNKNOWN, *DERIVED), spread, strict=True)
        }
        report(f"narrowing by {label} on {len(values)} patients: done")
    return found


def _index_widths(drawn: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean widths of the indices of ``DERIVED`` over patients, of draws (N, draws, 9)."""
    beats = solve_cohort(prior.circuits(drawn.reshape(-1, len(UNKNOWN))))
    indices = np.array(
        [[getattr(b, name) if b.status == "periodic" else np.nan for name in DERIVED] for b in beats]
    ).reshape(*drawn.shape[:2], len(DERIVED))
    low, high = np.nanpercentile(indices, INTERVAL_PCT, axis=1, method=METHOD)
    return np.asarray((high - low).mean(axis=0))
