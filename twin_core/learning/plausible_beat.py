"""Beats of circuits drawn from the box, as adults have them; what rendered patients are driven by."""

from __future__ import annotations

import numpy as np

from twin_core.circuit import LEARNED, Beat, CircuitParameters, solve_periodic
from twin_core.learning.box import LOWER, UPPER

EDV_ML, EF_PCT = (50.0, 350.0), (8.0, 80.0)  # adults, from small and hyperdynamic to failing


def plausible_beat(rng: np.random.Generator) -> Beat:
    """A steady beat of a circuit drawn uniformly from the box until its volumes are those of an adult."""
    while True:
        values = rng.uniform(LOWER, UPPER).tolist()
        beat = solve_periodic(CircuitParameters.from_dict(dict(zip(LEARNED, values, strict=True))))
        plausible = EDV_ML[0] <= beat.edv_ml <= EDV_ML[1] and EF_PCT[0] <= beat.ejection_fraction_pct <= EF_PCT[1]
        if beat.status == "periodic" and plausible:
            return beat
