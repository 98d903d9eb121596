"""A browser that comes back to a server that no longer has its session."""

from __future__ import annotations

import streamlit as st

from dashboard.state import keys


def note_loss() -> None:
    """Note, in a session's first run, whether it takes the place of one that is gone. Call before anything is drawn.

    A page that reconnects offers the session it had, behind the protocol and a token; a page newly opened has none to
    offer. The server gives the old session back if it still has it: to a new one it is offered in vain.
    """
    if keys.LOST not in st.session_state:
        offered = st.context.headers.get("Sec-WebSocket-Protocol") or ""
        st.session_state[keys.LOST] = len([part for part in offered.split(",") if part.strip()]) > 2


def lost() -> bool:
    """Whether what was open in this browser window is gone from the server."""
    return bool(st.session_state.get(keys.LOST))


def upload_key() -> str:
    """Key of the place to drop files: another one after a loss, since the old one still shows the file that is gone."""
    return f"{keys.UPLOAD}_again" if lost() else keys.UPLOAD
