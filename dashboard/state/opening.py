"""What was asked to be opened, what became of it, and what the address asked for."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from dashboard.state import keys

Request = tuple[str, float | None]
"""What the user asked to have on screen: the upload's id, or the sample's name, and the image depth."""


def is_shown(source: str) -> bool:
    """Whether what is on screen was opened from that upload, at whatever depth."""
    shown = st.session_state.get(keys.SHOWN)
    return shown is not None and shown[0] == source


def to_open(request: Request | None) -> Request | None:
    """The request, if it is still to be opened: neither what was tried last nor what is on screen already.

    What was wrong with the last upload is forgotten once something else, or nothing (None), is asked for.
    """
    if st.session_state.get(keys.TRIED, ()) == request:
        return None
    if request is None or st.session_state.get(keys.SHOWN) == request:
        tried(request)
        return None
    return request


def tried(request: Request | None, problem: str | None = None) -> None:
    """Note a request as dealt with, and what was wrong with it. One broken off midway is not, and starts again."""
    st.session_state[keys.TRIED] = request
    st.session_state[keys.PROBLEM] = problem


def problem() -> str | None:
    """What was wrong with the last upload, until another one is tried."""
    return st.session_state.get(keys.PROBLEM)


def link_once(asked: Mapping[str, str]) -> dict[str, str]:
    """What the address asked for when the session began; empty ever after."""
    if st.session_state.get(keys.LINK):
        return {}
    st.session_state[keys.LINK] = True
    return dict(asked)
