"""Who is on screen, and the way back to the patient as found."""

from __future__ import annotations

import streamlit as st

from dashboard import sliders
from dashboard.charts import Axes
from dashboard.reading import Patient
from dashboard.state import keys
from dashboard.state.opening import Request, is_shown
from dashboard.state.settings import circuit, start_speed
from dashboard.state.widgets import forget, put
from twin_core.circuit import Beat, ParameterError, circuits, solve_periodic


def patient() -> Patient | None:
    """The patient on screen: the last one that could be read."""
    return st.session_state.get(keys.PATIENT)


def resting() -> Beat:
    """The patient's own beat in the circuit chosen, without a pump."""
    return st.session_state[keys.RESTING]


def show(new: Patient, request: Request) -> None:
    """Put a patient on screen, with sliders and axes as found. Call before the sliders are drawn.

    The same clip at another depth is the same patient: what was noted of it stays.
    """
    if not is_shown(request[0]):
        put(keys.NOTES, "")
        for one in new.pinned:
            forget(keys.include(one.circuit, one.scenario.name))
    st.session_state[keys.PATIENT] = new
    st.session_state[keys.SHOWN] = request
    st.session_state[keys.PINNED] = new.pinned
    readings = new.recalibration.readings if new.recalibration else {}
    put(keys.SYSTOLIC, readings.get("systolic_pressure_mmhg"))
    put(keys.DIASTOLIC, readings.get("diastolic_pressure_mmhg"))
    put(keys.PULSE, readings.get("heart_rate_bpm"))
    note_cuff_problem(None)
    put(keys.PSEUDONYM, new.twin.pseudonym)
    if new.circuit is not None:
        put(keys.CIRCUIT, new.circuit)
    reset()


def take_name() -> None:
    """Give the patient on screen the pseudonym that was typed last. Call before anything that shows or saves it."""
    on_screen, typed = patient(), " ".join(st.session_state.get(keys.PSEUDONYM, "").split())
    if on_screen is not None and typed:
        st.session_state[keys.PATIENT] = on_screen.renamed(typed)


def exchange(new: Patient) -> None:
    """Put the same patient on screen with another twin: sliders start again, pinned what-ifs stay."""
    st.session_state[keys.PATIENT] = new
    reset()


def exchange_next(new: Patient) -> None:
    """Exchange the twin in the next run: widgets drawn in this one take no other value any more."""
    st.session_state[keys.NEXT] = new


def take_next() -> None:
    """Exchange the twin that was left for this run, if there is one. Call before widgets are drawn."""
    if (new := st.session_state.pop(keys.NEXT, None)) is not None:
        exchange(new)


def reset() -> None:
    """Put sliders, pump and axes back to the patient as found, in the circuit chosen."""
    on_screen = patient()
    if on_screen is None:
        return
    try:
        found = on_screen.twin.circuit_in(circuit())
    except ParameterError as error:  # no blood volume gives this EDV: the five-state circuit always opens
        put(keys.CIRCUIT, circuits.FIVE_STATE.name)
        st.session_state[keys.PROBLEM] = f"The whole circulation cannot be opened for this patient: {error}"
        found = on_screen.twin.circuit
    for name, value in sliders.starting_values(found).items():
        put(keys.slider(name), value)
    put(keys.PUMP_ON, False)
    start_speed()
    own = on_screen.beat if circuit() == circuits.FIVE_STATE.name else solve_periodic(found)
    st.session_state[keys.RESTING] = st.session_state[keys.WHAT_IF] = own
    st.session_state[keys.AXES] = Axes.around(own)


def fit(pump_name: str, speed_rpm: float, circuit_name: str) -> None:
    """Set the what-if to a pump at a speed in a circuit; the other sliders stay unless the circuit changes."""
    if circuit_name != circuit():
        put(keys.CIRCUIT, circuit_name)
        reset()
    put(keys.PUMP, pump_name)
    put(keys.SPEED, round(speed_rpm))
    put(keys.PUMP_ON, True)


def cuff_problem() -> str | None:
    """What was wrong with the readings entered last."""
    return st.session_state.get(keys.CUFF_PROBLEM)


def note_cuff_problem(problem: str | None) -> None:
    """Note what was wrong with the readings entered, or that nothing was."""
    st.session_state[keys.CUFF_PROBLEM] = problem
