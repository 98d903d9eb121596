"""What stands around every page: opening and saving at the left, messages above, the address."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st
from streamlit.navigation.page import Page

from dashboard import address, downloads, intake, state


# Streamlit's browser side asks for a run on reconnecting only where something is to run by the clock. Else a window
# would go on showing a session that is gone, and fail at the first thing done in it.
@st.fragment(run_every=timedelta(days=1))
def _run_on_reconnecting() -> None:
    pass


def draw(page: Page) -> None:
    """Draw one page with what stands around it."""
    state.note_loss()
    state.bring_back(page.url_path)
    state.take_next()
    state.take_name()
    # The first reading shows its progress where the page will be, later ones beside the upload.
    first = st.empty() if state.patient() is None else None
    with st.sidebar:
        intake.open_patient(first)
        downloads.save_button()
    intake.show_loss()
    intake.show_problem()
    for fault in address.read():
        st.warning(intake.plain(f"This link asks for something that cannot be had, which was left out: {fault}"))
    page.run()
    _run_on_reconnecting()
    state.keep()
    address.write()
