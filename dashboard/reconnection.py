"""A browser that comes back to a server that no longer has its session."""

from __future__ import annotations

import streamlit as st

LOST = (
    "The server was started again, or was out of reach for too long, and no longer has what was open here. "
    "The sample is on screen, not your patient: to go on, open it again at the left, as the clip or as a saved case."
)


def lost_session() -> bool:
    """Whether this session, in its first run, takes the place of one that is gone.

    A page that reconnects offers the session it had, behind the protocol and a token; a page newly opened has none to
    offer. The server gives the old session back if it still has it, so whoever sees the offer in a new one has lost it.
    """
    offered = st.context.headers.get("Sec-WebSocket-Protocol") or ""
    return len([part for part in offered.split(",") if part.strip()]) > 2
