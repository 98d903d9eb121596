"""Periodic steady states and transients of one circuit."""

from __future__ import annotations

import threading
import warnings

import numpy as np
from numba import njit
from scipy.integrate import ODEintWarning, odeint

from twin_core.circuit import circuits, equations, fixed_point
from twin_core.circuit.beat import Beat
from twin_core.circuit.circuits import AORTIC
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.integrated_cycle import beat_from_states
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.pumps import Pump

SAMPLES_PER_CYCLE = 1000
_RTOL, _ATOL = 1e-7, 1e-6  # the beat map is then repeatable to about 1e-5 mL, well inside the tolerance
_SEARCH = (1e-5, 1e-5, 1e-4)  # tolerance of the fixed point, rtol and atol of the compiled search for it
_MAX_STEPS = 20_000  # LSODA steps between two outputs; a stiff cycle needs a few hundred in all
_odepack = threading.Lock()  # LSODA keeps its work between callbacks in static memory: one solve at a time


@njit(cache=True)
def _derivative(x: np.ndarray, t: float, rows: np.ndarray) -> np.ndarray:
    return equations.right_hand_side(x, t, rows[0])


def integrate(state: np.ndarray, times: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """States at times within one cycle by LSODA, shape (times, states); None where it gives up."""
    with _odepack, warnings.catch_warnings():
        warnings.simplefilter("ignore", ODEintWarning)
        states, output = odeint(
            _derivative, state, times, (rows,), rtol=_RTOL, atol=_ATOL, mxstep=_MAX_STEPS, full_output=True
        )
    if output["message"] != "Integration successful." or not np.isfinite(states).all():
        return None
    return states


def _cycle(state: np.ndarray, rows: np.ndarray) -> np.ndarray | None:
    """States over one whole cycle, shape (SAMPLES_PER_CYCLE + 1, states)."""
    return integrate(state, np.linspace(0.0, rows["tc"][0], SAMPLES_PER_CYCLE + 1), rows)


def solve_periodic(
    parameters: LeftHeartParameters,
    *,
    pump: Pump | None = None,
    speed_rpm: float | None = None,
    start: Beat | None = None,
    reflex: bool = True,
) -> Beat:
    """The beat that repeats itself: a fixed point of the beat-to-beat map, found by Newton's steps.

    The compiled integrator finds it roughly, SciPy's LSODA on the same equations settles it: the beat returned is
    LSODA's. Volume is conserved, so the answer depends on the initial state only through it: a warm start from
    another beat is moved onto this circuit's volume first and leads to the same answer. Where the circuit has a
    baroreflex, the pressure it senses is one more unknown of the fixed point.

    Args:
        parameters: The circuit.
        pump: Pump, if one is fitted.
        speed_rpm: Its speed; needed with a pump and only then.
        start: A beat of a similar circuit to start from.
        reflex: Whether the baroreflex acts; the five-state circuit has none.

    Returns:
        The beat. Look at ``status``: a beat that did not become periodic is returned, flagged, never raised.

    Raises:
        ParameterError: If pump and speed do not go together, or the pump cannot run at that speed.
    """
    rows, guess, reflex = _prepare(parameters, pump, speed_rpm, start, reflex)
    weights, unsampled = circuits.of(parameters).weights(parameters, guess.size - 1), np.empty((0, guess.size - 1))
    guess, _, cycles, mixing = fixed_point.find(guess, rows, weights, reflex, *_SEARCH, unsampled)

    best, best_residual, best_states = guess, np.inf, None
    last: tuple[np.ndarray, np.ndarray] | None = None  # guess and step before
    while cycles < fixed_point.MAX_CYCLES:
        if reflex:
            equations.apply_reflex(rows, guess[-1])
        states = _cycle(guess[:-1], rows)
        cycles += 1
        if states is None:
            if last is None:
                break
            guess, last, mixing = best, None, np.eye(guess.size)
            continue
        step = np.append(states[-1] - states[0], _mean_pressure(states) - guess[-1] if reflex else 0.0)
        residual = float(np.abs(step).max()) / fixed_point.SCALE
        if residual < best_residual:
            best, best_residual, best_states = guess, residual, states
        if residual < fixed_point.TOLERANCE:
            break
        following = fixed_point.accelerate(guess, step, *(last or (guess, step)), mixing)
        guess, last = following, (guess, step)
    if reflex:
        equations.apply_reflex(rows, best[-1])
    return beat_from_states(best_states, best[:-1], rows, parameters, pump, speed_rpm, best_residual, cycles)


def solve_transient(
    parameters: LeftHeartParameters,
    *,
    cycles: int,
    pump: Pump | None = None,
    speed_rpm: float | None = None,
    start: Beat | None = None,
) -> Beat:
    """The last of ``cycles`` consecutive cycles from the circuit's own initial state, or from another beat's.

    The baroreflex stays at rest.

    Raises:
        ParameterError: As ``solve_periodic``, and if the circuit cannot be integrated over these cycles.
    """
    rows, guess, _ = _prepare(parameters, pump, speed_rpm, start, False)
    state = guess[:-1]
    for _ in range(cycles):
        states = _cycle(state, rows)
        if states is None:
            raise ParameterError("the circuit cannot be integrated with these values; move them from their bounds.")
        before, state = state, states[-1]
    residual = float(np.abs(state - before).max()) / fixed_point.SCALE
    return beat_from_states(states, before, rows, parameters, pump, speed_rpm, residual, cycles)


def check_pump(pump: Pump | None, speed_rpm: float | None) -> None:
    """Refuse a pump without a speed, a speed without a pump, and a speed the pump cannot run at.

    Raises:
        ParameterError: In each case.
    """
    if (pump is None) != (speed_rpm is None):
        given = f"pump = {pump.name if pump else None}, speed = {speed_rpm} rpm"
        raise ParameterError(f"a pump and its speed go together; received {given}: give both or neither.")
    if pump is not None and speed_rpm is not None:
        pump.check_speed(speed_rpm)


def _prepare(
    parameters: LeftHeartParameters, pump: Pump | None, speed_rpm: float | None, start: Beat | None, reflex: bool
) -> tuple[np.ndarray, np.ndarray, bool]:
    """Packed record, first guess of state and sensed pressure, and whether there is a reflex at all."""
    check_pump(pump, speed_rpm)
    circuit = circuits.of(parameters)
    cold = circuit.initial_state(parameters, pump)
    pressure = float(cold[AORTIC])
    state = cold
    if start is not None and circuits.of(start.parameters) is circuit:
        state = np.zeros(cold.size)
        shared = min(cold.size, start.initial_state.size)
        state[:shared] = start.initial_state[:shared]
        weights = circuit.weights(parameters, cold.size)
        state = circuit.absorb(state, float(weights @ (cold - state)), parameters)
        pressure = start.mean_arterial_pressure_mmhg
    rows = circuits.pack(parameters, pump, speed_rpm or 0.0)
    return rows, np.append(state, pressure), reflex and circuit.has_reflex


def _mean_pressure(states: np.ndarray) -> float:
    return float(np.trapezoid(states[:, AORTIC])) / (len(states) - 1)
