"""What a twin's draws say of each parameter."""

from __future__ import annotations

from functools import lru_cache

from twin_core.learning.posterior import Interval, Posterior
from twin_core.learning.prior import UNKNOWN
from twin_core.twin import Twin


def intervals(twin: Twin) -> dict[str, Interval]:
    """The 90 % interval of every parameter a twin has draws of, and how much narrower it is than before measuring.

    Empty for a twin without draws: a reference patient, or one saved by an older version.
    """
    # A file may hold draws of fewer parameters than this version's posterior has.
    return _posterior().intervals(twin.posterior) if set(UNKNOWN) <= twin.posterior_draws.keys() else {}


@lru_cache(maxsize=1)
def _posterior() -> Posterior:
    return Posterior.load()
