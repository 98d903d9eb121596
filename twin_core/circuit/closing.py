"""Opening a five-state twin in the closed loop: same left heart, blood volume found so that EDV matches."""

from __future__ import annotations

import dataclasses
import functools

from scipy.optimize import brentq

from twin_core.circuit.closed_loop_parameters import ClosedLoopParameters
from twin_core.circuit.five_state_parameters import CircuitParameters, LeftHeartParameters
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.solver import solve_periodic

_VOLUME_TOLERANCE_ML = 0.5  # of blood volume; worth about 0.1 mL of EDV


@functools.lru_cache(maxsize=64)
def close_loop(patient: CircuitParameters) -> ClosedLoopParameters:
    """The patient's circuit as a closed loop.

    Left ventricle, valves, aorta, arteries and left atrium keep their values; right heart, veins and lungs are the
    reference adult's. Blood volume is found so that the resting EDV is the same, and the baroreflex holds the
    resting mean pressure that follows.

    Raises:
        ParameterError: If no blood volume within bounds gives that EDV.
    """
    shared = {field.name: getattr(patient, field.name) for field in dataclasses.fields(LeftHeartParameters)}
    base = ClosedLoopParameters(**shared, left_atrial_compliance=patient.left_atrial_compliance)
    wanted = solve_periodic(patient).edv_ml
    low, high = ClosedLoopParameters.infos()["total_blood_volume_ml"].bounds
    low = max(low, base.vascular_unstressed_volume_ml + 200.0)  # below, the circulation is all but empty
    beat = solve_periodic(base, reflex=False)

    def excess(volume_ml: float) -> float:
        nonlocal beat
        beat = solve_periodic(base.replace(total_blood_volume_ml=volume_ml), start=beat, reflex=False)
        return beat.edv_ml - wanted

    at_low, at_high = excess(low), excess(high)
    if at_low > 0 or at_high < 0:
        raise ParameterError(
            f"no blood volume between {low:.0f} and {high:.0f} mL gives an EDV of {wanted:.0f} mL in the closed loop "
            f"(it gives {wanted + at_low:.0f} to {wanted + at_high:.0f} mL); stay in the five-state circuit."
        )
    volume = float(brentq(excess, low, high, xtol=_VOLUME_TOLERANCE_ML))
    closed = base.replace(total_blood_volume_ml=volume)
    resting = solve_periodic(closed, start=beat, reflex=False).mean_arterial_pressure_mmhg
    set_point_low, set_point_high = ClosedLoopParameters.infos()["reflex_set_point_mmhg"].bounds
    return closed.replace(reflex_set_point_mmhg=min(max(resting, set_point_low), set_point_high))
