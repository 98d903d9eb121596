"""The plane of head and flow: what a pump can do at each speed, and what it does over one beat."""

from __future__ import annotations

import math

import numpy as np

from twin_core.circuit.beat import Beat
from twin_core.circuit.pumps import Pump
from twin_core.circuit.units import L_MIN_PER_ML_S

_CURVES = 7  # at most


def steady_head_mmhg(pump: Pump, speed_rpm: float, flow_l_min: np.ndarray) -> np.ndarray:
    """Head between LV and aorta in mmHg at steady flow: the pump's law less what its cannulae lose.

    Args:
        pump: The pump.
        speed_rpm: Its speed in rpm.
        flow_l_min: Flows in L/min, any shape.

    Raises:
        ParameterError: If the pump cannot run at that speed.
    """
    h0, h1, h2 = pump.head_coefficients(pump.check_speed(speed_rpm))
    flow = flow_l_min / L_MIN_PER_ML_S
    return h0 + (h1 - pump.cannula_resistance) * flow + h2 * flow * np.abs(flow)


def operating_loop(beat: Beat) -> tuple[np.ndarray, np.ndarray]:
    """What a pump runs through over one beat: flow in L/min and head in mmHg, each (samples,).

    Head is aortic minus LV pressure. The loop circles around the steady curve of its speed, since the blood in pump and
    cannulae has to be sped up and slowed.

    Raises:
        ValueError: If the beat has no pump.
    """
    if beat.pump is None:
        raise ValueError("this beat has no pump; solve it with one.")
    return beat.pump_flow_ml_s * L_MIN_PER_ML_S, beat.aortic_waveform_mmhg - beat.lv_pressure_mmhg


def curve_speeds(pump: Pump) -> list[float]:
    """Round speeds across a pump's range whose curves fill the plane, at most seven, in rpm."""
    low, high = pump.speed_range_rpm
    step = next(step for step in (500.0, 1000.0, 2000.0, 5000.0) if (high - low) / step <= _CURVES - 1)
    return [step * i for i in range(math.ceil(low / step), math.floor(high / step) + 1)]
