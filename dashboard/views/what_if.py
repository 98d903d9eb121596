"""What-if: sliders, loop, waveforms and indices of the patient on screen."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import address, charts, downloads, intake, pins, sliders, state, tables
from dashboard.reading import Patient
from twin_core.circuit import Beat, circuits, pumps
from twin_core.report import CIRCUIT_LIMITS

_CANNOT_KNOW = "What this model cannot know: EDV, ESV and heart rate fix about three of its seven parameters."
_EF_NOTE = "EF rises as a pump empties the ventricle: it is no measure of benefit."


def page() -> None:
    """Draw the page."""
    patient = state.patient()
    if patient is None:
        intake.show_nothing()
        return
    with st.sidebar:
        intake.show_patient(patient)
    intake.header(patient)
    what_if(patient)
    chosen = circuits.get(state.circuit())
    st.html(f'<p class="note">{escape(f"{chosen.sentence} {_CANNOT_KNOW} {CIRCUIT_LIMITS[chosen.name]}")}</p>')


@st.fragment
def what_if(patient: Patient) -> None:
    """Sliders and everything they move; a slider reruns this alone."""
    controls, plots, figures = st.columns([1.0, 1.6, 1.65], gap="medium")
    with controls:
        draw_sliders()
    state.keep()
    address.write()
    try:
        scenario = state.scenario()
        beat = scenario.simulate(state.resting().parameters, start=state.last_what_if())
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
            st.plotly_chart(figure(state.resting(), beat, axes), key=key, config=charts.CONFIG, alt=alt)
    with figures:
        st.html(tables.index_table(state.resting(), beat))
        st.html(f'<p class="note">{escape(_EF_NOTE)}</p>')
        downloads.draw(patient, scenario)
        pins.draw(scenario)


def draw_sliders() -> None:
    """Pump switch, model and speed, the parameters' sliders, and the way back."""
    pump_on = st.toggle("LVAD on", key=state.PUMP_ON)
    st.selectbox(
        "Pump model",
        pumps.NAMES,
        format_func=lambda name: pumps.get(name).label,
        key=state.PUMP,
        on_change=state.start_speed,
        label_visibility="collapsed",
    )
    pump = state.pump()
    low, high = pump.speed_range_rpm
    usual_low, usual_high = pump.usual_range_rpm
    st.slider(
        "Pump speed",
        min_value=int(low),
        max_value=int(high),
        step=sliders.SPEED_STEP_RPM,
        format="%d rpm",
        key=state.SPEED,
        disabled=not pump_on,
        help=f"{pump.label}: everyday range {usual_low:.0f} to {usual_high:.0f} rpm. {pump.source}.",
    )
    patient = state.resting().parameters
    for name in sliders.WHAT_IF_PARAMETERS[state.circuit()]:
        spec = sliders.slider_spec(name, patient)
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
