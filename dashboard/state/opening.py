"""What was asked to be opened, what became of it, and what the address asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import streamlit as st

from dashboard.state import keys
from dashboard.state.loss import upload_key
from dashboard.state.widgets import put

Request = tuple[str, float | None]
"""What the user asked to have on screen: the upload's id, or the sample's name, and the image depth."""


def is_shown(source: str) -> bool:
    """Whether what is on screen was opened from that upload, at whatever depth."""
    request = shown()
    return request is not None and request[0] == source


def note_dropped(upload_id: str) -> None:
    """Forget the depth typed for what was open when another file is dropped. Call before the depth is drawn.

    It would win over the scale in that file, which is another patient's.
    """
    if st.session_state.get(keys.DROPPED) != upload_id:
        st.session_state[keys.DROPPED] = upload_id
        put(keys.DEPTH, None)


def to_open(request: Request | None) -> Request | None:
    """The request, if it is still to be opened: neither what was tried last nor what is on screen already.

    What was wrong with the last upload is forgotten once something else, or nothing (None), is asked for.
    """
    if st.session_state.get(keys.TRIED, ()) == request:
        return None
    if request is None or shown() == request:
        tried(request)
        return None
    return request


def upload_waits() -> bool:
    """Whether a file was dropped that no run of the whole page has dealt with yet."""
    upload = st.session_state.get(upload_key())
    dealt_with = (shown(), st.session_state.get(keys.TRIED))
    return upload is not None and all(not request or request[0] != upload.file_id for request in dealt_with)


def tried(request: Request | None, problem: str | None = None) -> None:
    """Note a request as dealt with, and what was wrong with it. One broken off midway is not, and starts again."""
    st.session_state[keys.TRIED] = request
    st.session_state[keys.PROBLEM] = problem


def problem() -> str | None:
    """What was wrong with the last upload, until another one is tried."""
    return st.session_state.get(keys.PROBLEM)


def shown() -> Request | None:
    """What was asked for to get what is on screen; None while nothing is."""
    return st.session_state.get(keys.SHOWN)


@dataclass(frozen=True, kw_only=True)
class Link:
    """The settings a session was opened with.

    Attributes:
        asked: What the address asked for; empty once the settings were changed by hand.
        given: The settings it gave, in the address's words.
        held_for: What was on screen then.
    """

    asked: Mapping[str, str]
    given: Mapping[str, str]
    held_for: Request | None


def link() -> Link | None:
    """The link the session was opened with; None until it has been followed."""
    return st.session_state.get(keys.LINK)


def keep_link(followed: Link) -> None:
    """Note what a link asked for and gave."""
    st.session_state[keys.LINK] = followed
