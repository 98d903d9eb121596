"""The only owner of session keys: who is on screen, where the sliders stand, what was last drawn."""

from __future__ import annotations

import streamlit as st

from dashboard import sliders
from dashboard.charts import Axes
from dashboard.live_slider import sent
from dashboard.reading import Patient
from dashboard.sliders import SliderSpec
from twin_core.circuit import Beat, ParameterError, circuits, pumps, solve_periodic
from twin_core.circuit.pumps import Pump
from twin_core.scenario import Scenario

UPLOAD = "upload"
DEPTH = "depth_cm"
CIRCUIT = "circuit"
PUMP = "pump"
PUMP_ON = "pump_on"
SPEED = "speed_rpm"
RESET = "reset"
DOWNLOAD_PDF, DOWNLOAD_CSV, DOWNLOAD_TWIN = "download_pdf", "download_csv", "download_twin"
SLIDERS, RESULTS = "sliders", "results"
_PATIENT, _RESTING, _WHAT_IF, _AXES = "patient", "resting", "what_if", "axes"
_KEPT = "kept"
_MOVING = "moving"
_TRIED, _SHOWN, _PROBLEM = "tried", "shown", "problem"

Request = tuple[str, float | None]
"""What the user asked to have on screen: the upload's id, or the sample's name, and the image depth."""


def slider(name: str) -> str:
    """Key of the value of a parameter's slider."""
    return f"slider_{name}"


_KEEP = (DEPTH, CIRCUIT, PUMP, PUMP_ON)


def patient() -> Patient | None:
    """The patient on screen: the last one that could be read."""
    return st.session_state.get(_PATIENT)


def show(new: Patient, request: Request) -> None:
    """Put a patient on screen, with sliders and axes as found. Call before the sliders are drawn."""
    st.session_state[_PATIENT] = new
    st.session_state[_SHOWN] = request
    reset()


def reset() -> None:
    """Put sliders, pump and axes back to the patient as found, in the circuit chosen."""
    on_screen = patient()
    if on_screen is None:
        return
    try:
        found = on_screen.twin.circuit_in(circuit())
    except ParameterError as error:  # no blood volume gives this EDV: the five-state circuit always opens
        st.session_state[CIRCUIT] = circuits.FIVE_STATE.name
        st.session_state[_PROBLEM] = f"The whole circulation cannot be opened for this patient: {error}"
        found = on_screen.twin.circuit
    for name, value in sliders.starting_values(found).items():
        st.session_state[slider(name)] = value
    st.session_state[PUMP_ON] = False
    start_speed()
    resting = on_screen.beat if circuit() == circuits.FIVE_STATE.name else solve_periodic(found)
    st.session_state[_RESTING] = st.session_state[_WHAT_IF] = resting
    st.session_state[_AXES] = Axes.around(resting)


def start_speed() -> None:
    """Put the speed to where the chosen pump is switched on."""
    st.session_state[SPEED] = sliders.starting_speed_rpm(pump())


def circuit() -> str:
    """Name of the circuit chosen."""
    return st.session_state.get(CIRCUIT) or circuits.FIVE_STATE.name


def pump() -> Pump:
    """The pump chosen."""
    return pumps.get(st.session_state.get(PUMP) or pumps.NAMES[0])


def resting() -> Beat:
    """The patient's own beat in the circuit chosen, without a pump."""
    return st.session_state[_RESTING]


def bring_back() -> None:
    """Give widgets that were not drawn for a while (another page was open) their last values. Call before they are."""
    for key, value in st.session_state.get(_KEPT, {}).items():
        st.session_state.setdefault(key, value)


def keep() -> None:
    """Note what the widgets say: Streamlit forgets those of a page that is left. Call after they are drawn."""
    st.session_state[_KEPT] = {key: st.session_state[key] for key in _KEEP if key in st.session_state}


def slider_specs() -> dict[str, SliderSpec]:
    """The sliders of the circuit and the pump chosen, by the session key of their value."""
    found = resting().parameters
    specs = {SPEED: sliders.speed_spec(pump())}
    return specs | {slider(name): sliders.slider_spec(name, found) for name in sliders.WHAT_IF_PARAMETERS[circuit()]}


def slider_values() -> dict[str, float]:
    """Where the sliders stand at rest, by session key."""
    return {key: st.session_state[key] for key in slider_specs()}


def settle() -> None:
    """Take over the values of sliders that came to rest. A callback."""
    for key, value in sent(SLIDERS, "rest", slider_specs()).items():
        st.session_state[key] = value


def move() -> None:
    """Take over the values of sliders in motion, for the next picture alone. A callback."""
    st.session_state[_MOVING] = sent(RESULTS, "moving", slider_specs())


def at_rest() -> None:
    """Forget the values of sliders in motion: those at rest hold."""
    st.session_state.pop(_MOVING, None)


def moving() -> bool:
    """Whether the picture to draw is one of a slider in motion."""
    return bool(st.session_state.get(_MOVING))


def scenario() -> Scenario:
    """The what-if that the sliders describe, those in motion included.

    Raises:
        ValueError: If a slider holds a value out of bounds.
        LookupError: If no patient is on screen.
    """
    on_screen = patient()
    if on_screen is None:
        raise LookupError("no patient is on screen; open a clip first.")
    stand = slider_values() | st.session_state.get(_MOVING, {})
    values = {name: stand[slider(name)] for name in sliders.WHAT_IF_PARAMETERS[circuit()]}
    speed = float(stand[SPEED]) if st.session_state[PUMP_ON] else None
    return sliders.scenario(resting().parameters, values, pump(), speed)


def last_what_if() -> Beat | None:
    """The beat drawn last: the next solve starts from it."""
    return st.session_state.get(_WHAT_IF)


def keep_what_if(beat: Beat) -> None:
    """Remember the beat just drawn, unless it is no steady state to start from."""
    if beat.status != "not_periodic":
        st.session_state[_WHAT_IF] = beat


def axes_covering(beat: Beat) -> Axes:
    """The patient's axes, grown if the beat needs it; they shrink again only when the sliders are reset.

    While a slider is in motion they hold still.
    """
    if moving():
        return st.session_state[_AXES]
    axes = st.session_state[_AXES].covering(beat)
    if beat.status != "not_periodic":  # a runaway state is drawn, but spoils no later picture
        st.session_state[_AXES] = axes
    return axes


def to_open(request: Request | None) -> Request | None:
    """The request, if it is still to be opened: neither what was tried last nor what is on screen already.

    What was wrong with the last upload is forgotten once something else, or nothing (None), is asked for.
    """
    if st.session_state.get(_TRIED, ()) == request:
        return None
    if request is None or st.session_state.get(_SHOWN) == request:
        tried(request)
        return None
    return request


def tried(request: Request | None, problem: str | None = None) -> None:
    """Note a request as dealt with, and what was wrong with it. One broken off midway is not, and starts again."""
    st.session_state[_TRIED] = request
    st.session_state[_PROBLEM] = problem


def problem() -> str | None:
    """What was wrong with the last upload, until another one is tried."""
    return st.session_state.get(_PROBLEM)
