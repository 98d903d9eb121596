"""The pages, one file each."""

import streamlit as st
from streamlit.navigation.page import Page

from dashboard.views import about, patient, ramp, report, what_if


def pages() -> list[Page]:
    """Every page in the order of the menu; made anew in each run, as the framework wants them."""
    opener = st.Page(what_if.page, title="What-if", url_path="what-if", default=True)
    return [
        st.Page(patient.page, title="Patient", url_path="patient"),
        opener,
        st.Page(lambda: ramp.page(opener), title="Ramp study", url_path="ramp"),
        st.Page(report.page, title="Report", url_path="report"),
        st.Page(about.page, title="About the model", url_path="about"),
    ]
