"""The twin: sliders, loop, waveforms and indices of the patient on screen."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import charts, downloads, intake, sliders, state, tables
from dashboard.reading import Patient
from twin_core.circuit import Beat
from twin_core.twin import RESEARCH_USE

_CANNOT_KNOW = (
    "What this model cannot know: EDV, ESV and heart rate fix about three of its seven parameters; preload is set by "
    "start values; there is no right heart and no reflex, so how pressures follow pump speed is the circuit's answer, "
    "not a prediction for this patient."
)
_EF_NOTE = "EF rises as a pump empties the ventricle: it is no measure of benefit."


def page() -> None:
    """Draw the page."""
    state.bring_back()
    # The first reading shows its progress where the page will be, later ones beside the upload.
    first = st.empty() if state.patient() is None else None
    with st.sidebar:
        intake.open_patient(first)
    intake.show_problem()
    patient = state.patient()
    if patient is None:
        st.info("No patient on screen yet: open an echo clip or a saved twin at the left.")
        return
    with st.sidebar:
        intake.show_patient(patient)
    st.html(
        f'<header class="patient"><h1>{escape(patient.twin.pseudonym)}</h1>'
        f'<span class="badge">{escape(RESEARCH_USE)}</span></header>'
    )
    what_if(patient)
    st.html(f'<p class="note">{escape(_CANNOT_KNOW)}</p>')


@st.fragment
def what_if(patient: Patient) -> None:
    """Sliders and everything they move; a slider reruns this alone."""
    controls, plots, figures = st.columns([1.0, 1.6, 1.65], gap="medium")
    with controls:
        draw_sliders(patient)
    state.keep()
    try:
        scenario = state.scenario()
        beat = scenario.simulate(patient.twin.circuit, start=state.last_what_if())
    except ValueError as error:
        st.error(intake.plain(f"This what-if cannot be simulated: {error}"))
        return
    state.keep_what_if(beat)
    axes = state.axes_covering(beat)
    with plots:
        st.html(status_line(beat))
        for key, figure, alt in (
            (state.LOOP_CHART, charts.pressure_volume_loop, "Pressure-volume loop of patient and what-if"),
            (state.WAVEFORM_CHART, charts.waveforms, "Pressures and flows over the cycle, patient and what-if"),
        ):
            st.plotly_chart(figure(patient.beat, beat, axes), key=key, config=charts.CONFIG, alt=alt)
    with figures:
        st.html(tables.index_table(patient.beat, beat))
        st.html(f'<p class="note">{escape(_EF_NOTE)}</p>')
        downloads.draw(patient, scenario)


def draw_sliders(patient: Patient) -> None:
    """Pump switch and speed, the parameters' sliders, and the way back."""
    pump_on = st.toggle("LVAD on", key=state.PUMP_ON, help=f"{sliders.PUMP.label} pump. {sliders.PUMP.source}.")
    low, high = sliders.PUMP.speed_range_rpm
    usual_low, usual_high = sliders.PUMP.usual_range_rpm
    st.slider(
        "Pump speed",
        min_value=int(low),
        max_value=int(high),
        step=sliders.SPEED_STEP_RPM,
        format="%d rpm",
        key=state.SPEED,
        disabled=not pump_on,
        help=f"Everyday range of this pump model {usual_low:.0f} to {usual_high:.0f} rpm.",
    )
    for name in sliders.WHAT_IF_PARAMETERS:
        spec = sliders.slider_spec(name, patient.twin.circuit)
        st.slider(
            spec.label,
            min_value=spec.low,
            max_value=spec.high,
            step=spec.step,
            format=spec.format,
            key=state.slider(name),
            help=spec.help,
        )
    st.button("Reset to the patient", key=state.RESET, on_click=state.reset, width="stretch")


def status_line(beat: Beat) -> str:
    """What the solver says of the what-if; loud where the numbers are not to be used as they are."""
    urgent = beat.status != "periodic"
    return f'<p class="status {beat.status}" role="{"alert" if urgent else "status"}">{escape(beat.message)}</p>'
