"""Results that take long to make, kept with what they were made from."""

from __future__ import annotations

from typing import Any

import streamlit as st

from dashboard.state import keys


def result(name: str, key: Any) -> Any:
    """A result kept under a name, if it was made from what the key says; else None."""
    made_from, kept = st.session_state.get(keys.KEPT_RESULTS, {}).get(name, (None, None))
    return kept if made_from == key else None


def keep_result(name: str, key: Any, value: Any) -> None:
    """Keep one result under a name, with what it was made from."""
    st.session_state[keys.KEPT_RESULTS] = {**st.session_state.get(keys.KEPT_RESULTS, {}), name: (key, value)}
