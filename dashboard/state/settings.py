"""Which circuit and which pump are chosen."""

from __future__ import annotations

import streamlit as st

from dashboard import sliders
from dashboard.state import keys
from dashboard.state.widgets import put
from twin_core.circuit import circuits, pumps
from twin_core.circuit.pumps import Pump


def circuit() -> str:
    """Name of the circuit chosen."""
    return st.session_state.get(keys.CIRCUIT) or circuits.FIVE_STATE.name


def pump() -> Pump:
    """The pump chosen."""
    return pumps.get(st.session_state.get(keys.PUMP) or pumps.NAMES[0])


def start_speed() -> None:
    """Put the speed to where the chosen pump is switched on."""
    put(keys.SPEED, sliders.starting_speed_rpm(pump()))
