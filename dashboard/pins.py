"""Pinning a what-if under a name: up to three, for the report and the saved file."""

from __future__ import annotations

import streamlit as st

from dashboard import state
from dashboard.intake import plain
from twin_core.case import MAX_PINNED
from twin_core.circuit import Beat, ParameterError, circuits
from twin_core.scenario import Scenario
from twin_core.twin import Twin


def draw(what_if: Scenario) -> None:
    """The button that pins a what-if, and what is pinned, in one line of the page."""
    pinned = state.pinned()
    with st.popover(f"Pin this what-if ({len(pinned)} of {MAX_PINNED} pinned)", width="stretch"):
        with st.form("pin_form", border=False, clear_on_submit=True):
            name = st.text_input(
                "Name",
                key=state.PIN_NAME,
                max_chars=80,
                placeholder=suggested_name(what_if),
                help="A pinned what-if goes into the report and the saved case. Never give a patient's name.",
            )
            asked = st.form_submit_button("Pin", key=state.PIN, disabled=len(pinned) >= MAX_PINNED, width="stretch")
        if asked:
            try:
                state.pin(name or suggested_name(what_if), what_if)
            except ValueError as error:
                st.error(plain(str(error)))
            else:
                st.rerun()
        for one in pinned:
            text, button = st.columns([5, 2], vertical_alignment="center")
            text.markdown(
                f"**{plain(one.scenario.name)}**: {plain(one.scenario.describe())} "
                f"({plain(circuits.get(one.circuit).label.split(' (')[0].lower())})"
            )
            if button.button("Take off", key=f"unpin_{one.scenario.name}", width="stretch"):
                state.unpin(one.scenario.name)
                st.rerun()


def beats(twin: Twin) -> dict[str, Beat]:
    """The beat of every pinned what-if, by the name it is drawn under; solved once for a patient and what is pinned.

    Each is of the circuit it was set up in; a name says so where that is not the circuit on screen, and where the beat
    is no steady state. A circuit that the patient cannot be opened in is left out; the page says so when it is chosen.
    """
    pinned = state.pinned()
    found: dict[str, Beat] | None = state.result("pinned_beats", (twin, pinned, state.circuit()))
    if found is None:
        found = {}
        for one in pinned:
            name = one.scenario.name
            try:
                beat = one.scenario.simulate(twin.circuit_in(one.circuit))
            except ParameterError:
                continue
            if one.circuit != state.circuit():
                name += f" ({circuits.get(one.circuit).label.split(' (')[0].lower()})"
            found[name if beat.status != "not_periodic" else f"{name} (no steady beat)"] = beat
        state.keep_result("pinned_beats", (twin, pinned, state.circuit()), found)
    return found


def suggested_name(what_if: Scenario) -> str:
    """A free name for a what-if: its settings, or a number."""
    taken = {one.scenario.name for one in state.pinned()}
    text = what_if.describe()
    if len(text) > 60 or text in taken or not (what_if.changes or what_if.pump):
        text = next(f"Scenario {i}" for i in range(1, MAX_PINNED + 2) if f"Scenario {i}" not in taken)
    return text
