"""What the model is, what it cannot know, how far off it is, and where its numbers come from."""

from __future__ import annotations

import platform
from importlib import metadata
from pathlib import Path

import streamlit as st

import twin_core
from dashboard import state, tables
from dashboard.model_cards import cards
from twin_core.circuit import circuits, pumps
from twin_core.learning.narrowing import SENTENCE, narrowing_table
from twin_core.report import CIRCUIT_LIMITS, LIMITS
from twin_core.twin import RESEARCH_USE

_DRAWINGS = Path(__file__).resolve().parents[2] / "docs"
_DRAWING = {circuits.FIVE_STATE.name: "circuit.svg", circuits.CLOSED_LOOP.name: "closed_loop.svg"}
_LIBRARIES = ("numpy", "scipy", "numba", "torch", "opencv-python-headless", "pydicom", "streamlit", "plotly", "typst")


def page() -> None:
    """Draw the page."""
    st.header("About the model", anchor=False)
    st.markdown(f"**{RESEARCH_USE}** LVAD Twin {twin_core.__version__}.")
    st.markdown(
        "A network outlines the left ventricle in every frame of an apical four-chamber clip; the outline gives "
        "volumes over time, ejection fraction and heart rate. A second network finds seven parameters of a "
        "five-state circuit of the left heart and the systemic circulation (Simaan 2009) whose simulated volumes "
        "match the measured ones, after Med-Real2Sim (arXiv 2403.00177). A what-if changes that circuit, or fits "
        "a pump to it, and solves it for its new steady beat."
    )
    st.subheader("What it cannot know", anchor=False)
    st.markdown("\n".join(f"- {limit}" for limit in LIMITS))
    st.markdown(f"**What measurements tell.** {SENTENCE}")
    st.html(tables.narrowing_table(narrowing_table()))
    st.subheader("How far off it is", anchor=False)
    st.markdown("From the card of each network, as written when its weights were made.")
    for card in cards():
        with st.expander(f"{card.name.capitalize()}: {card.sentence}"):
            st.markdown(card.text)
    st.subheader("Circuits", anchor=False)
    for circuit in circuits.CIRCUITS.values():
        st.markdown(f"**{circuit.label}.** {circuit.sentence} {CIRCUIT_LIMITS[circuit.name]}")
        drawing = _DRAWINGS / _DRAWING[circuit.name]
        if drawing.is_file():
            st.image(drawing.read_text(encoding="utf-8"), width=760, alt=f"Circuit diagram: {circuit.label}")
        with st.expander(f"Parameters: {circuit.label}"):
            st.html(tables.parameter_table(circuit.parameters))
    st.subheader("Pumps", anchor=False)
    st.markdown("\n".join(f"- **{pump.label}**: {pump.source}." for pump in map(pumps.get, pumps.NAMES)))
    st.subheader("Indices", anchor=False)
    st.html(tables.index_definitions())
    patient = state.patient()
    if patient is not None and patient.twin.models:
        st.subheader("Weights behind the twin on screen", anchor=False)
        st.html(tables.model_table(patient.twin))
    st.subheader("Versions", anchor=False)
    versions = {"LVAD Twin": twin_core.__version__, "Python": platform.python_version()}
    st.html(tables.version_table(versions | {name: metadata.version(name) for name in _LIBRARIES}))
