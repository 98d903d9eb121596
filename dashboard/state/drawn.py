"""What was drawn last: the next picture starts from its beat and keeps its axes."""

from __future__ import annotations

import streamlit as st

from dashboard.charts import Axes
from dashboard.state import keys
from dashboard.state.controls import moving
from twin_core.circuit import Beat


def last_what_if() -> Beat | None:
    """The beat drawn last: the next solve starts from it."""
    return st.session_state.get(keys.WHAT_IF)


def keep_what_if(beat: Beat) -> None:
    """Remember the beat just drawn, unless it is no steady state to start from."""
    if beat.status != "not_periodic":
        st.session_state[keys.WHAT_IF] = beat


def axes_covering(beat: Beat) -> Axes:
    """The patient's axes, grown if the beat needs it; they shrink again only when the sliders are reset.

    While a slider is in motion they hold still.
    """
    if moving():
        return st.session_state[keys.AXES]
    axes = st.session_state[keys.AXES].covering(beat)
    if beat.status != "not_periodic":  # a runaway state is drawn, but spoils no later picture
        st.session_state[keys.AXES] = axes
    return axes
