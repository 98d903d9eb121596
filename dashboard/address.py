"""The page's address carries circuit, pump, speed and the sliders that were moved: never anything of the patient."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard import sliders, state
from twin_core.circuit import ParameterError, circuits, pumps

_CIRCUIT, _PUMP, _SPEED = "circuit", "pump", "speed_rpm"
_WRITTEN = "address"  # what was written last


def settings() -> dict[str, str]:
    """The settings as they stand, in the address's words."""
    settings = {_CIRCUIT: state.circuit(), _PUMP: state.pump().name}
    if (speed := state.speed_rpm()) is not None:
        settings[_SPEED] = f"{speed:.0f}"
    # A slider where it started says what this patient is like: only moved ones are settings.
    start = sliders.starting_values(state.resting().parameters)
    return settings | {name: f"{value:g}" for name, value in state.standing().items() if value != start[name]}


def write() -> None:
    """Put the settings into the address, if they are not there already.

    What a run is told of the address is what it was when the browser asked for the run. The run before may have changed
    it since: what was written last must be the same, too.
    """
    if state.patient() is None:
        return
    now = settings()
    if st.query_params.to_dict() != now or state.result(_WRITTEN, None) != now:
        st.query_params.from_dict(now)
        state.keep_result(_WRITTEN, None, now)


def read() -> list[str]:
    """Set the what-if to what the session's link asks for, for every patient opened until the settings are changed.

    Who opens a link and then a clip of their own wants the link's settings on it. Settings made by hand were made
    for the patient on screen: the next one starts as found.

    Returns:
        What it asks for that cannot be had, one line each.
    """
    if state.patient() is None:
        return []
    link, now = state.link(), st.query_params.to_dict()  # the address still holds what stood before an opening
    if link is not None and link.held_for == state.shown():
        return []
    asked = now if link is None else link.asked if link.given == now else {}
    faults = apply(asked)
    state.keep_link(state.Link(asked=asked, given=settings(), held_for=state.shown()))
    what_if = state.scenario()
    if link is not None and asked and (what_if.changes or what_if.pump):
        st.toast(f"Your link's settings hold here too: {what_if.describe()}.", icon=":material/link:", duration="long")
    return faults


def apply(asked: Mapping[str, str]) -> list[str]:
    """Set circuit, pump, speed and sliders to what a link asks for; what cannot be had is left and told."""
    faults = []
    asked = dict(asked)
    try:
        if (name := asked.pop(_CIRCUIT, None)) and circuits.get(name).name != state.circuit():
            state.put(state.CIRCUIT, name)
            state.reset()
    except ParameterError as error:
        faults.append(str(error))
    try:
        if name := asked.pop(_PUMP, None):
            state.put(state.PUMP, pumps.get(name).name)
            state.start_speed()
        if speed := asked.pop(_SPEED, None):
            state.put(state.SPEED, round(state.pump().check_speed(_number(_SPEED, speed))))
            state.put(state.PUMP_ON, True)
    except ParameterError as error:
        faults.append(str(error))
    patient = state.resting().parameters
    for name, text in asked.items():
        try:
            if name not in sliders.WHAT_IF_PARAMETERS[state.circuit()]:
                raise ParameterError(f"there is no setting {name[:40]!r} in the {state.circuit()} circuit.")
            value = getattr(patient.replace(**{name: _number(name, text)}), name)
            state.put(state.slider(name), sliders.slider_spec(name, patient).nearest(value))
        except ParameterError as error:
            faults.append(str(error))
    return faults


def _number(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ParameterError(f"{name} = {text[:40]!r} is not a number.") from None
