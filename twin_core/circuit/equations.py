"""The five-state circuit and its rotary pump: the one right-hand side everything integrates.

States, in order (Simaan 2009, table II; the pump flow is there only when a pump is fitted):

    x1 LV volume (mL), x2 left atrial pressure, x3 systemic arterial pressure, x4 aortic pressure (mmHg),
    x5 aortic flow (mL/s), x6 pump flow (mL/s)
"""

from __future__ import annotations

import numpy as np
from numba import njit

from twin_core.circuit.elastance import double_hill
from twin_core.circuit.parameters import CircuitParameters
from twin_core.circuit.pumps import Pump

PUMPED_STATES = 6


_PACKED = np.dtype(
    [
        (name, float)
        for name in (
            *("tc", "emax", "emin", "vd", "rm", "ra", "rs", "rc", "cr", "cs", "ca", "ls"),
            *("h0", "h1", "h2", "cannula_resistance", "inertance", "suction_gain", "suction_threshold"),
        )
    ]
)


def pack(parameters: CircuitParameters, pump: Pump | None = None, speed_rpm: float = 0.0) -> np.ndarray:
    """Parameters as one row of the record array that the compiled functions below read, shape (1,)."""
    p = parameters
    row = np.zeros(1, _PACKED)
    row["tc"] = p.cycle_length_s
    row["emax"] = p.emax_mmhg_per_ml
    row["emin"] = p.emin_mmhg_per_ml
    row["vd"] = p.unstressed_volume_ml
    row["rm"] = p.mitral_resistance
    row["ra"] = p.aortic_resistance
    row["rs"] = p.systemic_resistance
    row["rc"] = p.characteristic_resistance
    row["cr"] = p.left_atrial_compliance
    row["cs"] = p.systemic_compliance
    row["ca"] = p.aortic_compliance
    row["ls"] = p.aortic_inertance
    if pump:
        row["h0"], row["h1"], row["h2"] = pump.head_coefficients(pump.check_speed(speed_rpm))
        row["cannula_resistance"] = pump.cannula_resistance
        row["inertance"] = pump.inertance
        row["suction_gain"] = pump.suction_gain
        row["suction_threshold"] = pump.suction_threshold_mmhg
    return row


@njit(cache=True)
def right_hand_side(x: np.ndarray, t: float, p: np.record) -> np.ndarray:
    """Time derivative of the state: shape (5,) without a pump, (6,) with one.

    Args:
        x: State.
        t: Time since the start of the cycle in s.
        p: One record made by ``pack``.
    """
    lv_pressure = double_hill(t, p.tc, p.emax, p.emin) * (x[0] - p.vd)  # Simaan 2009, eq. 1
    mitral_flow = max(x[1] - lv_pressure, 0.0) / p.rm  # diode D_M
    aortic_valve_flow = max(lv_pressure - x[3], 0.0) / p.ra  # diode D_A
    systemic_flow = (x[2] - x[1]) / p.rs
    pump_flow = x[5] if x.size == PUMPED_STATES else 0.0

    dx = np.empty_like(x)
    dx[0] = mitral_flow - aortic_valve_flow - pump_flow
    dx[1] = (systemic_flow - mitral_flow) / p.cr
    dx[2] = (x[4] - systemic_flow) / p.cs
    dx[3] = (aortic_valve_flow + pump_flow - x[4]) / p.ca
    dx[4] = (x[3] - x[2] - p.rc * x[4]) / p.ls
    if x.size == PUMPED_STATES:
        head = p.h0 + p.h1 * pump_flow + p.h2 * pump_flow * abs(pump_flow)
        suction_resistance = p.suction_gain * max(p.suction_threshold - lv_pressure, 0.0)  # eq. 12
        drop = (p.cannula_resistance + suction_resistance) * pump_flow
        dx[5] = (lv_pressure - x[3] + head - drop) / p.inertance  # eq. 8, every sign physical
    return dx


def initial_state(parameters: CircuitParameters, pump: Pump | None = None) -> np.ndarray:
    """State at t = 0 as Med-Real2Sim sets it: Pla(0) = start_v·E(0), arterial pressures equal, no flow."""
    p = parameters
    state = [
        p.initial_volume_ml + p.unstressed_volume_ml,
        p.initial_volume_ml * p.emin_mmhg_per_ml,
        p.initial_aortic_pressure_mmhg,
        p.initial_aortic_pressure_mmhg,
        0.0,
    ]
    return np.array([*state, 0.0] if pump else state)


def stressed_volume_weights(parameters: CircuitParameters) -> np.ndarray:
    """Weights w with w · (x1…x4) conserved exactly by the equations: 1, Cr, Cs, Ca."""
    p = parameters
    return np.array([1.0, p.left_atrial_compliance, p.systemic_compliance, p.aortic_compliance])


def stressed_volume_ml(state: np.ndarray, parameters: CircuitParameters) -> np.ndarray:
    """Stressed volume above LV unstressed volume in mL, of one state or of states in rows."""
    return state[..., :4] @ stressed_volume_weights(parameters) - parameters.unstressed_volume_ml
