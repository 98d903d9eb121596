"""What the model is, what it cannot know, and where its numbers come from."""

from __future__ import annotations

import streamlit as st

import twin_core
from dashboard import sliders, state, tables
from twin_core.report import LIMITS
from twin_core.twin import RESEARCH_USE


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
    st.subheader("Circuit", anchor=False)
    st.html(tables.parameter_table())
    st.markdown(f"Pump: {sliders.PUMP.label}. Source: {sliders.PUMP.source}.")
    st.subheader("Indices", anchor=False)
    st.html(tables.index_definitions())
    patient = state.patient()
    if patient is not None and patient.twin.models:
        st.subheader("Weights behind the twin on screen", anchor=False)
        st.html(tables.model_table(patient.twin))
