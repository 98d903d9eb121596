"""From the states of one integrated cycle to its beat."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from twin_core.circuit import equations
from twin_core.circuit.beat import Beat, Status
from twin_core.circuit.closed_loop_beat import ClosedLoopBeat
from twin_core.circuit.elastance import double_hill
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.fixed_point import TOLERANCE
from twin_core.circuit.pumps import Pump


def beat_from_states(
    states: np.ndarray | None,
    state: np.ndarray,
    rows: np.ndarray,
    parameters: LeftHeartParameters,
    pump: Pump | None,
    speed_rpm: float | None,
    residual: float,
    cycles: int,
) -> Beat:
    """The beat of one integrated cycle.

    Args:
        states: States at uniform times over the cycle, shape (times, states); None if it could not be integrated:
            the beat then stands still at ``state`` and is not periodic.
        state: State at the start of the cycle.
        rows: The record the cycle was integrated with, shape (1,).
        parameters: The circuit.
        pump: The pump, or None.
        speed_rpm: Its speed, or None.
        residual: Residual of the fixed point.
        cycles: Cycles used to find it.
    """
    if states is None:
        states, residual = np.tile(state, (2, 1)), np.inf
    p = rows[0]
    time = np.linspace(0.0, p["tc"], len(states))
    elastance, seen = _observe(states, time, p)
    lv, mitral, aortic, venous, systemic, rv, tricuspid, pulmonary = seen.T
    suction = pump is not None and lv.min() <= pump.suction_threshold_mmhg
    status: Status = "not_periodic" if not residual < TOLERANCE else "suction" if suction else "periodic"
    common: dict[str, Any] = {
        "time_s": time,
        "lv_volume_ml": states[:, 0],
        "lv_pressure_mmhg": lv,
        "left_atrial_waveform_mmhg": states[:, 1],
        "arterial_waveform_mmhg": states[:, 2],
        "aortic_waveform_mmhg": states[:, 3],
        "mitral_flow_ml_s": mitral,
        "aortic_valve_flow_ml_s": aortic,
        "pump_flow_ml_s": states[:, -1] if pump else np.zeros(time.size),
        "systemic_flow_ml_s": systemic,
        "elastance_mmhg_per_ml": elastance,
        "parameters": parameters,
        "pump": pump,
        "speed_rpm": speed_rpm,
        "status": status,
        "residual": residual,
        "cycles_used": cycles,
        "initial_state": state,
        "record": rows.copy(),
    }
    if states.shape[1] < equations.CLOSED_LOOP:
        return Beat(**common)
    return ClosedLoopBeat(
        **common,
        systemic_venous_waveform_mmhg=venous,
        central_venous_waveform_mmhg=states[:, 6],
        rv_volume_ml=states[:, 7],
        rv_pressure_mmhg=rv,
        pulmonary_artery_waveform_mmhg=states[:, 8],
        pulmonary_venous_waveform_mmhg=states[:, 9],
        tricuspid_flow_ml_s=tricuspid,
        pulmonary_valve_flow_ml_s=pulmonary,
    )


@njit(cache=True)
def _observe(states: np.ndarray, time: np.ndarray, p: np.record) -> tuple[np.ndarray, np.ndarray]:
    """Elastance (times,) and what ``pressures_and_flows`` gives at every time (times, 8)."""
    elastance = np.empty(time.size)
    seen = np.empty((time.size, 8))
    for i in range(time.size):
        elastance[i] = double_hill(time[i], p.tc, p.emax, p.emin)
        seen[i] = np.array(equations.pressures_and_flows(states[i], time[i], p))
    return elastance, seen
