"""The only owner of session keys: who is on screen, where the sliders stand, what was last drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import sliders
from dashboard.charts import Axes
from dashboard.live_slider import sent
from dashboard.reading import Patient
from dashboard.sliders import SliderSpec
from twin_core.case import MAX_PINNED, RESERVED_NAMES, Case, PinnedScenario
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
SAVE = "download_case"
SLIDERS, RESULTS = "sliders", "results"
PIN_NAME, PIN = "pin_name", "pin"
PLAYER, CUFF_FORM, CUFF_UNDO = "clip_player", "cuff_form", "cuff_undo"
SYSTOLIC, DIASTOLIC, PULSE = "systolic_mmhg", "diastolic_mmhg", "pulse_bpm"
RAMP_CIRCUIT, RAMP_PUMP, RAMP_CHART, RAMP_OPEN, RAMP_CHOSEN = (
    *("ramp_circuit", "ramp_pump", "ramp_chart", "ramp_open", "ramp_chosen"),
)
RAMP_FROM, RAMP_TO, RAMP_STEP, RAMP_DRAWS = "ramp_from", "ramp_to", "ramp_step", "ramp_draws"
NOTES, PSEUDONYM, INCLUDE_WHAT_IF = "notes", "pseudonym", "include_what_if"
REPORT_PDF, REPORT_CSV, REPORT_CASE = "report_pdf", "report_csv", "report_case"
_PATIENT, _RESTING, _WHAT_IF, _AXES = "patient", "resting", "what_if", "axes"
_KEPT, _PAGE, _PINNED, _LINK = "kept", "page", "pinned", "link"
_RESULTS, _CUFF_PROBLEM = "kept_results", "cuff_problem"
_MOVING = "moving"
_TRIED, _SHOWN, _PROBLEM = "tried", "shown", "problem"

Request = tuple[str, float | None]
"""What the user asked to have on screen: the upload's id, or the sample's name, and the image depth."""


def slider(name: str) -> str:
    """Key of the value of a parameter's slider."""
    return f"slider_{name}"


_SLIDERS = {slider(name) for names in sliders.WHAT_IF_PARAMETERS.values() for name in names}
_KEEP = (
    *(DEPTH, CIRCUIT, PUMP, PUMP_ON, SPEED, *sorted(_SLIDERS)),
    *(RAMP_CIRCUIT, RAMP_PUMP, RAMP_FROM, RAMP_TO, RAMP_STEP, RAMP_DRAWS),
    *(NOTES, PSEUDONYM, INCLUDE_WHAT_IF, SYSTOLIC, DIASTOLIC, PULSE),
)


def patient() -> Patient | None:
    """The patient on screen: the last one that could be read."""
    return st.session_state.get(_PATIENT)


def show(new: Patient, request: Request) -> None:
    """Put a patient on screen, with sliders and axes as found. Call before the sliders are drawn."""
    st.session_state[_PATIENT] = new
    st.session_state[_SHOWN] = request
    st.session_state[_PINNED] = new.pinned
    readings = new.recalibration.readings if new.recalibration else {}
    put(SYSTOLIC, readings.get("systolic_pressure_mmhg"))
    put(DIASTOLIC, readings.get("diastolic_pressure_mmhg"))
    put(PULSE, readings.get("heart_rate_bpm"))
    note_cuff_problem(None)
    put(NOTES, "")
    put(PSEUDONYM, new.twin.pseudonym)
    if new.circuit is not None:
        put(CIRCUIT, new.circuit)
    reset()


def exchange(new: Patient) -> None:
    """Put the same patient on screen with another twin: sliders start again, pinned what-ifs stay."""
    st.session_state[_PATIENT] = new
    reset()


def reset() -> None:
    """Put sliders, pump and axes back to the patient as found, in the circuit chosen."""
    on_screen = patient()
    if on_screen is None:
        return
    try:
        found = on_screen.twin.circuit_in(circuit())
    except ParameterError as error:  # no blood volume gives this EDV: the five-state circuit always opens
        put(CIRCUIT, circuits.FIVE_STATE.name)
        st.session_state[_PROBLEM] = f"The whole circulation cannot be opened for this patient: {error}"
        found = on_screen.twin.circuit
    for name, value in sliders.starting_values(found).items():
        put(slider(name), value)
    put(PUMP_ON, False)
    start_speed()
    resting = on_screen.beat if circuit() == circuits.FIVE_STATE.name else solve_periodic(found)
    st.session_state[_RESTING] = st.session_state[_WHAT_IF] = resting
    st.session_state[_AXES] = Axes.around(resting)


def start_speed() -> None:
    """Put the speed to where the chosen pump is switched on."""
    put(SPEED, sliders.starting_speed_rpm(pump()))


def put(key: str, value: Any) -> None:
    """Give a widget a value, here and on whichever page draws it next. Call before it is drawn."""
    st.session_state[key] = value
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), key: value}


def fit(pump_name: str, speed_rpm: float, circuit_name: str) -> None:
    """Set the what-if to a pump at a speed in a circuit; the other sliders stay unless the circuit changes."""
    if circuit_name != circuit():
        put(CIRCUIT, circuit_name)
        reset()
    put(PUMP, pump_name)
    put(SPEED, round(speed_rpm))
    put(PUMP_ON, True)


def circuit() -> str:
    """Name of the circuit chosen."""
    return st.session_state.get(CIRCUIT) or circuits.FIVE_STATE.name


def pump() -> Pump:
    """The pump chosen."""
    return pumps.get(st.session_state.get(PUMP) or pumps.NAMES[0])


def resting() -> Beat:
    """The patient's own beat in the circuit chosen, without a pump."""
    return st.session_state[_RESTING]


def bring_back(page: str) -> None:
    """Give widgets that were not drawn for a while (another page was open) their last values. Call before they are.

    Args:
        page: The page about to be drawn. A widget that two pages draw under one key starts afresh on the other page
            unless its value is set again.
    """
    moved_on = st.session_state.get(_PAGE) != page
    st.session_state[_PAGE] = page
    for key, value in st.session_state.get(_KEPT, {}).items():
        if moved_on or key not in st.session_state:
            st.session_state[key] = value


def keep() -> None:
    """Note what the widgets say: Streamlit forgets those of a page that is left. Call after they are drawn."""
    now = {key: st.session_state[key] for key in _KEEP if key in st.session_state}
    st.session_state[_KEPT] = {**st.session_state.get(_KEPT, {}), **now}


def standing() -> dict[str, float]:
    """Where the sliders of the circuit chosen stand, by parameter name, whether or not they are on this page."""
    kept = st.session_state.get(_KEPT, {})
    names = sliders.WHAT_IF_PARAMETERS[circuit()]
    return {name: st.session_state.get(slider(name), kept.get(slider(name))) for name in names}


def speed_rpm() -> float | None:
    """Pump speed of the what-if; None with the pump off."""
    return float(st.session_state[SPEED]) if st.session_state[PUMP_ON] else None


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


def is_shown(source: str) -> bool:
    """Whether what is on screen was opened from that upload, at whatever depth."""
    shown = st.session_state.get(_SHOWN)
    return shown is not None and shown[0] == source


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


def pinned() -> tuple[PinnedScenario, ...]:
    """The what-ifs pinned for this patient."""
    return st.session_state.get(_PINNED, ())


def pin(name: str, what_if: Scenario) -> None:
    """Keep a what-if of the circuit chosen under a name.

    Raises:
        ValueError: If the name is empty, too long or taken, or as many are pinned as can be.
    """
    name = " ".join(name.split())
    if not name or len(name) > 80:
        raise ValueError(f"a name of {len(name)} characters cannot be pinned; give 1 to 80.")
    if name.casefold() in RESERVED_NAMES:
        raise ValueError(f"{name!r} already stands for something else in tables; give another name.")
    if name in {one.scenario.name for one in pinned()}:
        raise ValueError(f"{name!r} is pinned already; give another name or take that one off first.")
    if len(pinned()) >= MAX_PINNED:
        raise ValueError(f"{MAX_PINNED} what-ifs are pinned, the most there can be; take one off first.")
    renamed = what_if.model_copy(update={"name": name})
    st.session_state[_PINNED] = (*pinned(), PinnedScenario(circuit=circuit(), scenario=renamed))


def unpin(name: str) -> None:
    """Take a pinned what-if off."""
    st.session_state[_PINNED] = tuple(one for one in pinned() if one.scenario.name != name)


def case() -> Case:
    """Everything kept of the patient on screen, to save.

    Raises:
        LookupError: If no patient is on screen.
    """
    on_screen = patient()
    if on_screen is None:
        raise LookupError("no patient is on screen; open a clip first.")
    return Case(twin=on_screen.twin, recalibration=on_screen.recalibration, circuit=circuit(), pinned=pinned())


def cuff_problem() -> str | None:
    """What was wrong with the readings entered last."""
    return st.session_state.get(_CUFF_PROBLEM)


def note_cuff_problem(problem: str | None) -> None:
    """Note what was wrong with the readings entered, or that nothing was."""
    st.session_state[_CUFF_PROBLEM] = problem


def link_once(asked: Mapping[str, str]) -> dict[str, str]:
    """What the address asked for when the session began; empty ever after."""
    if st.session_state.get(_LINK):
        return {}
    st.session_state[_LINK] = True
    return dict(asked)


def result(name: str, key: Any) -> Any:
    """A result kept under a name, if it was made from what the key says; else None."""
    made_from, kept = st.session_state.get(_RESULTS, {}).get(name, (None, None))
    return kept if made_from == key else None


def keep_result(name: str, key: Any, value: Any) -> None:
    """Keep one result under a name, with what it was made from."""
    st.session_state[_RESULTS] = {**st.session_state.get(_RESULTS, {}), name: (key, value)}
