"""Periodic steady states and transients of the circuit."""

from __future__ import annotations

import threading
import warnings

import numpy as np
from numba import njit
from scipy.integrate import ODEintWarning, odeint

from twin_core.circuit import equations
from twin_core.circuit.beat import Beat, Status
from twin_core.circuit.elastance import double_hill_curve
from twin_core.circuit.parameters import CircuitParameters, ParameterError
from twin_core.circuit.pumps import Pump

SAMPLES_PER_CYCLE = 1000
MAX_CYCLES = 120
TOLERANCE = 1e-6  # of 100 mL, 100 mmHg, 100 mL/s
_STATE_SCALE = 100.0
_RTOL, _ATOL = 1e-7, 1e-6  # the beat map is then repeatable to about 1e-5 mL, well inside TOLERANCE
_MEMORY = 5  # residual differences that Anderson acceleration keeps
_MAX_STEPS = 20_000  # LSODA steps between two outputs; a stiff cycle needs a few hundred in all
_odepack = threading.Lock()  # LSODA keeps its work between callbacks in static memory: one solve at a time


@njit(cache=True)
def _derivative(x: np.ndarray, t: float, rows: np.ndarray) -> np.ndarray:
    return equations.right_hand_side(x, t, rows[0])


def _integrate(state: np.ndarray, times: np.ndarray, packed: np.ndarray) -> np.ndarray | None:
    """States at ``times``, shape (times, states); None where LSODA gives up."""
    with _odepack, warnings.catch_warnings():
        warnings.simplefilter("ignore", ODEintWarning)
        states, output = odeint(
            _derivative, state, times, (packed,), rtol=_RTOL, atol=_ATOL, mxstep=_MAX_STEPS, full_output=True
        )
    if output["message"] != "Integration successful." or not np.isfinite(states).all():
        return None
    return states


def solve_periodic(
    parameters: CircuitParameters,
    *,
    pump: Pump | None = None,
    speed_rpm: float | None = None,
    start: Beat | None = None,
) -> Beat:
    """The beat that repeats itself: a fixed point of the beat-to-beat map, found by Anderson acceleration.

    Stressed volume is conserved, so the answer depends on the initial state only through it: a warm start
    from another beat is moved onto this circuit's stressed volume first and leads to the same answer.

    Args:
        parameters: The circuit.
        pump: Pump, if one is fitted.
        speed_rpm: Its speed; needed with a pump and only then.
        start: A beat of a similar circuit to start from.

    Returns:
        The beat. Look at ``status``: a beat that did not become periodic is returned, flagged, never raised.

    Raises:
        ParameterError: If pump and speed do not go together, or the pump cannot run at that speed.
    """
    _check_pump(pump, speed_rpm)
    packed = equations.pack(parameters, pump, speed_rpm or 0.0)
    cycle = np.array([0.0, parameters.cycle_length_s])
    state = equations.initial_state(parameters, pump)
    if start is not None:
        state = _moved_to_stressed_volume(start.initial_state, state, parameters)

    best, best_residual = state, np.inf
    states: list[np.ndarray] = []
    steps: list[np.ndarray] = []
    cycles = 0
    while cycles < MAX_CYCLES:
        end = _integrate(state, cycle, packed)
        cycles += 1
        if end is None:  # an extrapolation left the region where the circuit can be integrated
            if not states:
                break
            state, states, steps = best, [], []
            continue
        step = end[-1] - state
        residual = float(np.abs(step).max()) / _STATE_SCALE
        if residual < best_residual:
            best, best_residual = state, residual
        if residual < TOLERANCE:
            break
        states, steps = [*states[-_MEMORY:], state], [*steps[-_MEMORY:], step]
        state = _anderson(states, steps)
    return _beat(best, best_residual, cycles, parameters, pump, speed_rpm, packed)


def solve_transient(
    parameters: CircuitParameters,
    *,
    cycles: int,
    pump: Pump | None = None,
    speed_rpm: float | None = None,
    start: Beat | None = None,
) -> Beat:
    """The last of ``cycles`` consecutive cycles from the circuit's own initial state, or from another beat's.

    Raises:
        ParameterError: As ``solve_periodic``, and if the circuit cannot be integrated over these cycles.
    """
    _check_pump(pump, speed_rpm)
    packed = equations.pack(parameters, pump, speed_rpm or 0.0)
    state = equations.initial_state(parameters, pump)
    if start is not None:
        state = _moved_to_stressed_volume(start.initial_state, state, parameters)
    for _ in range(cycles - 1):
        end = _integrate(state, np.array([0.0, parameters.cycle_length_s]), packed)
        if end is None:
            raise ParameterError("the circuit cannot be integrated with these values; move them from their bounds.")
        state = end[-1]
    return _beat(state, None, cycles, parameters, pump, speed_rpm, packed)


def _check_pump(pump: Pump | None, speed_rpm: float | None) -> None:
    if (pump is None) != (speed_rpm is None):
        given = f"pump = {pump.name if pump else None}, speed = {speed_rpm} rpm"
        raise ParameterError(f"a pump and its speed go together; received {given}: give both or neither.")


def _moved_to_stressed_volume(warm: np.ndarray, cold: np.ndarray, parameters: CircuitParameters) -> np.ndarray:
    """The warm state with its pressures shifted to hold the cold state's stressed volume."""
    state = cold.copy()
    shared = min(warm.size, cold.size)
    state[:shared] = warm[:shared]
    missing = equations.stressed_volume_ml(cold, parameters) - equations.stressed_volume_ml(state, parameters)
    weights = equations.stressed_volume_weights(parameters)
    state[1:4] += missing / weights[1:].sum()
    return state


def _anderson(states: list[np.ndarray], steps: list[np.ndarray]) -> np.ndarray:
    """Next guess of the fixed point from past states and their steps (Walker & Ni 2011, type II).

    Combinations are affine, so what the map conserves (stressed volume) stays conserved.
    """
    if len(states) == 1:
        return states[-1] + steps[-1]
    state_differences = np.diff(states, axis=0).T
    step_differences = np.diff(steps, axis=0).T
    gamma = np.linalg.lstsq(step_differences, steps[-1], rcond=1e-10)[0]
    return states[-1] + steps[-1] - (state_differences + step_differences) @ gamma


def _beat(
    state: np.ndarray,
    residual: float | None,
    cycles: int,
    parameters: CircuitParameters,
    pump: Pump | None,
    speed_rpm: float | None,
    packed: np.ndarray,
) -> Beat:
    """Waveforms over one cycle from ``state``; without a residual it is taken from the cycle's two ends."""
    p = parameters
    time = np.linspace(0.0, p.cycle_length_s, SAMPLES_PER_CYCLE + 1)
    x = _integrate(state, time, packed)
    if x is None:
        x, residual = np.broadcast_to(state, (time.size, state.size)), np.inf
    if residual is None:
        residual = float(np.abs(x[-1] - x[0]).max()) / _STATE_SCALE
    elastance = double_hill_curve(time, p.cycle_length_s, p.emax_mmhg_per_ml, p.emin_mmhg_per_ml)
    lv_pressure = elastance * (x[:, 0] - p.unstressed_volume_ml)
    suction = pump is not None and lv_pressure.min() <= pump.suction_threshold_mmhg
    status: Status = "not_periodic" if residual >= TOLERANCE else "suction" if suction else "periodic"
    return Beat(
        time_s=time,
        lv_volume_ml=x[:, 0],
        lv_pressure_mmhg=lv_pressure,
        left_atrial_waveform_mmhg=x[:, 1],
        arterial_waveform_mmhg=x[:, 2],
        aortic_waveform_mmhg=x[:, 3],
        mitral_flow_ml_s=np.maximum(x[:, 1] - lv_pressure, 0.0) / p.mitral_resistance,
        aortic_valve_flow_ml_s=np.maximum(lv_pressure - x[:, 3], 0.0) / p.aortic_resistance,
        pump_flow_ml_s=x[:, 5] if pump else np.zeros(time.size),
        systemic_flow_ml_s=(x[:, 2] - x[:, 1]) / p.systemic_resistance,
        elastance_mmhg_per_ml=elastance,
        parameters=parameters,
        pump=pump,
        speed_rpm=speed_rpm,
        status=status,
        residual=residual,
        cycles_used=cycles,
        initial_state=state,
    )
