"""Garbage collection that does not make the sliders wait."""

import gc

import streamlit as st


@st.cache_resource(show_spinner=False)
def set_libraries_aside() -> None:
    """Take what is loaded by now out of every later garbage collection; done once a server.

    Streamlit collects garbage after each rerun, in the thread that holds the interpreter while the answer waits to be
    sent. Looking through the half a million objects of PyTorch, numba and plotly takes 0.2 s each time, many times what
    solving a beat takes. What sessions make from here on is collected as before.
    """
    gc.collect()
    gc.freeze()
