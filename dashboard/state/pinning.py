"""The what-ifs pinned for the patient on screen, and everything kept of the patient."""

from __future__ import annotations

import streamlit as st

from dashboard.state import keys
from dashboard.state.on_screen import patient
from dashboard.state.settings import circuit
from dashboard.state.widgets import forget
from twin_core.case import MAX_PINNED, RESERVED_NAMES, Case, PinnedScenario
from twin_core.scenario import Scenario


def pinned() -> tuple[PinnedScenario, ...]:
    """The what-ifs pinned for this patient."""
    return st.session_state.get(keys.PINNED, ())


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
    st.session_state[keys.PINNED] = (*pinned(), PinnedScenario(circuit=circuit(), scenario=renamed))
    forget(keys.include(circuit(), name))  # an earlier one of that name may have been left out of the report


def unpin(name: str) -> None:
    """Take a pinned what-if off."""
    st.session_state[keys.PINNED] = tuple(one for one in pinned() if one.scenario.name != name)


def case() -> Case:
    """Everything kept of the patient on screen, to save.

    Raises:
        LookupError: If no patient is on screen.
    """
    on_screen = patient()
    if on_screen is None:
        raise LookupError("no patient is on screen; open a clip first.")
    return Case(twin=on_screen.twin, recalibration=on_screen.recalibration, circuit=circuit(), pinned=pinned())
