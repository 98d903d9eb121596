"""Where the sliders stand and where they are being moved to: the what-if."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from dashboard import sliders
from dashboard.live_slider import sent
from dashboard.sliders import SliderSpec
from dashboard.state import keys
from dashboard.state.on_screen import patient, resting
from dashboard.state.settings import circuit, pump
from twin_core.scenario import Scenario


def standing() -> dict[str, float]:
    """Where the sliders of the circuit chosen stand, by parameter name, whether or not they are on this page."""
    kept = st.session_state.get(keys.KEPT, {})
    names = sliders.WHAT_IF_PARAMETERS[circuit()]
    return {name: st.session_state.get(keys.slider(name), kept.get(keys.slider(name))) for name in names}


def speed_rpm() -> float | None:
    """Pump speed of the what-if; None with the pump off."""
    return float(st.session_state[keys.SPEED]) if st.session_state[keys.PUMP_ON] else None


def slider_specs() -> dict[str, SliderSpec]:
    """The sliders of the circuit and the pump chosen, by the session key of their value."""
    found = resting().parameters
    specs = {keys.SPEED: sliders.speed_spec(pump())}
    return specs | {
        keys.slider(name): sliders.slider_spec(name, found) for name in sliders.WHAT_IF_PARAMETERS[circuit()]
    }


def slider_values() -> dict[str, float]:
    """Where the sliders stand at rest, by session key."""
    return {key: st.session_state[key] for key in slider_specs()}


def settle() -> None:
    """Take over the values of sliders that came to rest. A callback."""
    for key, value in sent(keys.SLIDERS, "rest", slider_specs()).items():
        st.session_state[key] = value


def move() -> None:
    """Take over the values of sliders in motion, for the next picture alone. A callback."""
    st.session_state[keys.MOVING] = sent(keys.RESULTS, "moving", slider_specs())


def at_rest() -> None:
    """Forget the values of sliders in motion: those at rest hold."""
    st.session_state.pop(keys.MOVING, None)


def moving() -> bool:
    """Whether the picture to draw is one of a slider in motion."""
    return bool(st.session_state.get(keys.MOVING))


def asked_of_band() -> Any:
    """Which slice of the band the browser asked for last: its stamp and number."""
    told = st.session_state.get(keys.BAND)
    return told.get("asked") if isinstance(told, Mapping) else None


def scenario() -> Scenario:
    """The what-if that the sliders describe, those in motion included.

    Raises:
        ValueError: If a slider holds a value out of bounds.
        LookupError: If no patient is on screen.
    """
    on_screen = patient()
    if on_screen is None:
        raise LookupError("no patient is on screen; open a clip first.")
    stand = slider_values() | st.session_state.get(keys.MOVING, {})
    values = {name: stand[keys.slider(name)] for name in sliders.WHAT_IF_PARAMETERS[circuit()]}
    speed = float(stand[keys.SPEED]) if st.session_state[keys.PUMP_ON] else None
    return sliders.scenario(resting().parameters, values, pump(), speed)
