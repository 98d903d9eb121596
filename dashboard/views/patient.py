"""The patient: what the clip shows, what was measured on it, how sure that is, and the twin made of it."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import cuff, intake, knowledge, state, tables
from dashboard.clip_player import clip_player
from dashboard.frames import EchoRecord
from dashboard.reading import Patient
from twin_core.circuit import circuits
from twin_core.echo.beats import REGULAR
from twin_core.report import known_of, measured_note


def page() -> None:
    """Draw the page."""
    patient = state.patient()
    if patient is None:
        intake.show_nothing()
        return
    intake.header(patient)
    calibrated = patient.twin.measured is None or patient.twin.measured.calibrated
    if not calibrated:
        st.warning("The clip has no scale: volumes rest on an assumed depth. Give the image depth at the left.")
    clip, readings = st.columns([1.45, 1.0], gap="large")
    with clip:
        st.subheader("Echo", anchor=False)
        if patient.echo is None:
            st.info("No clip to show: a saved file holds the twin, never frames. Open the clip to look at it.")
        else:
            clip_player(patient.echo, calibrated=calibrated, key=state.PLAYER)
        _verdict(patient)
        left, right = st.columns([1.0, 1.35], gap="small")
        with left:
            st.subheader("Measured and simulated", anchor=False)
            _measured(patient)
        with right:
            st.subheader("Beat by beat", anchor=False)
            _beats(patient.echo)
    with readings:
        st.subheader("Cuff pressure and heart rate", anchor=False)
        cuff.draw(patient)
    st.subheader("The circuit's parameters", anchor=False)
    _parameters(patient)
    chosen = circuits.get(state.circuit())
    st.html(f'<p class="note">Circuit chosen: {escape(chosen.label)}. {escape(chosen.sentence)}</p>')


def _verdict(patient: Patient) -> None:
    reasons = patient.twin.quality.reasons
    facts = patient.twin.clip
    if facts is None:
        st.html('<p class="note">No clip: this twin is a reference patient.</p>')
        return
    text = "The clip can be used, with cautions." if reasons else "The clip can be used."
    st.html(f'<p class="verdict {"cautious" if reasons else "good"}" role="status"><b>Image quality.</b> {text}</p>')
    intake.show_cautions(patient)
    scale = "no scale in the file"
    if facts.cm_per_px:
        scale = f"{facts.cm_per_px[0] * 10:.2f} mm a pixel ({facts.cm_per_px_source.replace('_', ' ')})"
    aside = intake.set_aside(patient)
    st.html(
        f'<p class="note">{escape(facts.format.upper())}, {facts.frames} frames in {facts.duration_s:.1f} s '
        f"({facts.frame_rate_hz:.0f} a second), {facts.columns}×{facts.rows} px, {escape(scale)}. {escape(aside)}</p>"
    )


def _measured(patient: Patient) -> None:
    if patient.twin.measured is None:
        st.html('<p class="note">Nothing was measured: this twin was made without a clip.</p>')
        return
    st.html(tables.measured_table(patient.twin, state.resting()))
    st.html(f'<p class="note">{escape(measured_note(patient.twin))}</p>')


def _beats(echo: EchoRecord | None) -> None:
    if echo is None:
        st.html('<p class="note">Beats are read from the clip; it is not in the saved file.</p>')
        return
    st.html(tables.beats_table(echo))
    spread = echo.irregularity
    if spread is None:
        text = "Too few whole beats to judge the rhythm."
    elif spread > REGULAR:
        text = f"Beat lengths differ by {100 * spread:.0f} %: an irregular rhythm, or a beat that was missed. "
        text += "EF and volumes beside are means over the beats, the heart rate is that of their median length."
    else:
        text = f"Beat lengths differ by {100 * spread:.0f} %: regular."
    urgent = spread is not None and spread > REGULAR
    st.html(f'<p class="note{" caution" if urgent else ""}">{text}</p>')
    if echo.set_aside:
        st.html(f'<p class="note">{_aside(echo)}</p>')


def _aside(echo: EchoRecord) -> str:
    """How many beats do not count, and why."""
    out = len(echo.set_aside)
    found = len({*echo.beats, *echo.set_aside})
    at = [f"{sum(bool(echo.rejected[beat.ed_index]) for beat in echo.set_aside)} at end-diastole"]
    at.append(f"{sum(bool(echo.rejected[beat.es_index]) for beat in echo.set_aside)} at end-systole")
    count = f"{out} of {found} beats {'was' if out == 1 else 'were'} set aside"
    if out == found:
        count = "No beat was seen whole, so all count" if out > 1 else "The only beat was not seen whole, yet it counts"
    return f"{count}: contours jumped or are missing, {' and '.join(at)}. The rhythm is judged from all beats found."


def _parameters(patient: Patient) -> None:
    known = knowledge.intervals(patient.twin)
    st.html(tables.known_table(patient.twin, known))
    text = (
        "EDV, ESV and heart rate fix about three of the seven estimated parameters; the others stay near usual values."
    )
    if known:
        text = (
            f"Intervals: 90 % of {len(next(iter(patient.twin.posterior.values())))} draws of what the parameters may "
            f"be, given {known_of(patient.twin)}. Narrower is against what is usual before anything is measured. "
            f"{text}"
        )
    st.html(f'<p class="note">{escape(text)}</p>')
