"""Values of widgets: given from elsewhere, and brought back when a page that was left is opened again."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.state import keys


def put(key: str, value: Any) -> None:
    """Give a widget a value, here and on whichever page draws it next. Call before it is drawn."""
    st.session_state[key] = value
    st.session_state[keys.KEPT] = {**st.session_state.get(keys.KEPT, {}), key: value}


def bring_back(page: str) -> None:
    """Give widgets that were not drawn for a while (another page was open) their last values. Call before they are.

    Args:
        page: The page about to be drawn. A widget that two pages draw under one key starts afresh on the other page
            unless its value is set again.
    """
    moved_on = st.session_state.get(keys.PAGE) != page
    st.session_state[keys.PAGE] = page
    for key, value in st.session_state.get(keys.KEPT, {}).items():
        if moved_on or key not in st.session_state:
            st.session_state[key] = value


def forget(key: str) -> None:
    """Let a widget start afresh where it is drawn next."""
    st.session_state.pop(key, None)
    st.session_state[keys.KEPT] = {
        one: value for one, value in st.session_state.get(keys.KEPT, {}).items() if one != key
    }


def keep() -> None:
    """Note what the widgets say: Streamlit forgets those of a page that is left. Call after they are drawn."""
    pins = [keys.include(one.circuit, one.scenario.name) for one in st.session_state.get(keys.PINNED, ())]
    now = {key: st.session_state[key] for key in (*keys.KEEP, *pins) if key in st.session_state}
    st.session_state[keys.KEPT] = {**st.session_state.get(keys.KEPT, {}), **now}
