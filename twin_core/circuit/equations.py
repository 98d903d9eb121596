"""The one set of equations: the right-hand side of every circuit, compiled, for every integrator.

Five-state circuit (Simaan 2009, table II), the pump flow only where a pump is fitted:

    x0 LV volume (mL), x1 left atrial, x2 systemic arterial, x3 aortic pressure (mmHg), x4 aortic flow (mL/s),
    x5 pump flow (mL/s)

Closed loop: x0 to x4 the same, then

    x5 systemic venous volume (mL), x6 right atrial pressure (mmHg), x7 RV volume (mL),
    x8 pulmonary arterial, x9 pulmonary venous pressure (mmHg), x10 pump flow (mL/s)
"""

from __future__ import annotations

import math

import numpy as np
from numba import njit

from twin_core.circuit.elastance import double_hill

FIVE_STATE = 5
CLOSED_LOOP = 10

PACKED = np.dtype(
    [
        (name, float)
        for name in (
            # left heart, aorta and arteries; left atrium
            *("tc", "emax", "emin", "vd", "stiffness", "rm", "ra", "rs", "rc", "cs", "ca", "ls", "cr"),
            # veins, right heart, lungs, leaks
            *("csv", "vu", "rsv", "cra", "ermax", "ermin", "vdr", "rt", "rpv", "cpa", "rp", "cpv", "rpvn"),
            *("gm", "ga", "gt", "gp"),
            # pump
            *("h0", "h1", "h2", "cannula_resistance", "inertance", "suction_gain", "suction_threshold"),
            # baroreflex: what it starts from, its set point and gains
            *("rs_rest", "tc_rest", "vu_rest", "set_point", "gain_rs", "gain_hr", "gain_vu"),
        )
    ]
)
"""One record of numbers a circuit, in whatever order: the compiled functions read it by name."""


@njit(cache=True)
def valve_flow(gradient: float, resistance: float, leak: float) -> float:
    """Flow through a valve in mL/s: forward through its resistance, backward through its leak."""
    return gradient / resistance if gradient > 0.0 else gradient * leak


@njit(cache=True)
def passive_pressure(stretch_ml: float, emin: float, stiffness: float) -> float:
    """Passive LV pressure in mmHg at a volume above unstressed: Emin (exp(k v) − 1)/k, Emin v at k = 0."""
    if not stiffness * abs(stretch_ml) > 1e-6:  # not a number comes here too
        return emin * stretch_ml
    return emin * (math.exp(stiffness * stretch_ml) - 1.0) / stiffness


def passive_energy(stretch_ml: float, emin: float, stiffness: float) -> float:
    """Area under the passive curve in mmHg·mL, from the unstressed volume to a volume above it."""
    if not stiffness * abs(stretch_ml) > 1e-6:
        return emin * stretch_ml**2 / 2
    return emin * (math.expm1(stiffness * stretch_ml) / stiffness - stretch_ml) / stiffness


@njit(cache=True)
def lv_pressure(volume_ml: float, t: float, p: np.record) -> float:
    """LV pressure in mmHg: the activation e(t) blends Emax v with the passive curve.

    With the straight passive curve this is E(t) (V − Vd), Simaan 2009, eq. 1.
    """
    activation = double_hill(t, p.tc, 1.0, 0.0)
    stretch = volume_ml - p.vd
    return activation * p.emax * stretch + (1.0 - activation) * passive_pressure(stretch, p.emin, p.stiffness)


@njit(cache=True)
def rv_pressure(volume_ml: float, t: float, p: np.record) -> float:
    """RV pressure in mmHg: time-varying elastance with the LV's timing."""
    return double_hill(t, p.tc, p.ermax, p.ermin) * (volume_ml - p.vdr)


@njit(cache=True)
def pump_acceleration(pump_flow: float, lv: float, aortic: float, p: np.record) -> float:
    """Time derivative of pump flow in mL/s² (Simaan 2009, eq. 8 and 12, every sign physical)."""
    head = p.h0 + p.h1 * pump_flow + p.h2 * pump_flow * abs(pump_flow)
    suction_resistance = p.suction_gain * max(p.suction_threshold - lv, 0.0)
    return (lv - aortic + head - (p.cannula_resistance + suction_resistance) * pump_flow) / p.inertance


@njit(cache=True)
def pressures_and_flows(
    x: np.ndarray, t: float, p: np.record
) -> tuple[float, float, float, float, float, float, float, float]:
    """What follows from the state alone.

    Returns:
        LV pressure, mitral flow, aortic valve flow, systemic venous pressure (left atrial in the five-state
        circuit), systemic flow, RV pressure, tricuspid flow, pulmonary valve flow (the last three 0 there).
    """
    lv = lv_pressure(x[0], t, p)
    mitral = valve_flow(x[1] - lv, p.rm, p.gm)
    aortic = valve_flow(lv - x[3], p.ra, p.ga)
    if x.size < CLOSED_LOOP:
        return lv, mitral, aortic, x[1], (x[2] - x[1]) / p.rs, 0.0, 0.0, 0.0
    venous = (x[5] - p.vu) / p.csv
    rv = rv_pressure(x[7], t, p)
    tricuspid = valve_flow(x[6] - rv, p.rt, p.gt)
    pulmonary = valve_flow(rv - x[8], p.rpv, p.gp)
    return lv, mitral, aortic, venous, (x[2] - venous) / p.rs, rv, tricuspid, pulmonary


@njit(cache=True)
def right_hand_side(x: np.ndarray, t: float, p: np.record) -> np.ndarray:
    """Time derivative of the state; the number of states says which circuit and whether a pump is fitted.

    Args:
        x: State, shape (5,) or (10,), one more with a pump.
        t: Time since the start of the cycle in s.
        p: One record of ``PACKED``.
    """
    pumped = x.size == FIVE_STATE + 1 or x.size == CLOSED_LOOP + 1
    lv, mitral, aortic, venous, systemic, _, tricuspid, pulmonary = pressures_and_flows(x, t, p)
    pump_flow = x[-1] if pumped else 0.0
    dx = np.empty_like(x)
    if x.size < CLOSED_LOOP:
        atrial_inflow = systemic
    else:
        venous_return = (venous - x[6]) / p.rsv
        through_lungs = (x[8] - x[9]) / p.rp
        atrial_inflow = (x[9] - x[1]) / p.rpvn
        dx[5] = systemic - venous_return
        dx[6] = (venous_return - tricuspid) / p.cra
        dx[7] = tricuspid - pulmonary
        dx[8] = (pulmonary - through_lungs) / p.cpa
        dx[9] = (through_lungs - atrial_inflow) / p.cpv
    dx[0] = mitral - aortic - pump_flow
    dx[1] = (atrial_inflow - mitral) / p.cr
    dx[2] = (x[4] - systemic) / p.cs
    dx[3] = (aortic + pump_flow - x[4]) / p.ca
    dx[4] = (x[3] - x[2] - p.rc * x[4]) / p.ls
    if pumped:
        dx[-1] = pump_acceleration(pump_flow, lv, x[3], p)
    return dx


RESISTANCE_LIMITS = (0.4, 2.2)  # of resting systemic resistance
RATE_LIMITS = (0.7, 1.6)  # of resting heart rate
SHORTEST_CYCLE_S = 0.4  # the circuits' shortest cycle: faster, the elastance curve would be cut short
PRESSURE_LIMITS = (-0.5, 0.5)  # relative error that still moves venous volume


@njit(cache=True)
def apply_reflex(rows: np.ndarray, mean_pressure: float) -> None:
    """Set systemic resistance, cycle length and venous unstressed volume for a mean arterial pressure, in place.

    Static baroreflex: each effector moves in proportion to the relative pressure error, within limits
    (after Ursino 1998, steady state).

    Args:
        rows: Records of ``PACKED``, shape (1,).
        mean_pressure: Mean arterial pressure in mmHg.
    """
    p = rows[0]
    error = mean_pressure / p.set_point - 1.0
    p.rs = p.rs_rest * min(max(1.0 - p.gain_rs * error, RESISTANCE_LIMITS[0]), RESISTANCE_LIMITS[1])
    p.tc = max(p.tc_rest / min(max(1.0 - p.gain_hr * error, RATE_LIMITS[0]), RATE_LIMITS[1]), SHORTEST_CYCLE_S)
    p.vu = p.vu_rest + p.gain_vu * min(max(error, PRESSURE_LIMITS[0]), PRESSURE_LIMITS[1])
