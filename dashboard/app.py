"""LVAD Twin's page, run anew for every session and every change; `serve.py` serves it."""

import sys
from pathlib import Path

import streamlit as st

_ROOT = Path(__file__).resolve().parents[1]
# Streamlit puts this file's folder on the path, not the repository: without this a plain `streamlit run`
# finds neither package.
if str(_ROOT) not in sys.path:
    sys.path.insert(0, str(_ROOT))

st.set_page_config(
    page_title="LVAD Twin",
    page_icon=_ROOT / "dashboard" / "icon.png",
    layout="wide",
    initial_sidebar_state="auto",  # closed where it would cover a tablet held upright
)
with st.spinner("Starting"):  # the libraries take seconds, once a server that was not warmed up
    from dashboard import frame, palette, views
st.html(f"<style>{palette.stylesheet()}</style>")
st.html(_ROOT / "dashboard" / "style.css")
page = st.navigation(views.pages(), position="top")
frame.draw(page)
