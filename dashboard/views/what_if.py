"""What-if: sliders, loop, waveforms and indices of the patient on screen."""

from __future__ import annotations

import functools
from html import escape

import streamlit as st

from dashboard import address, bands, downloads, intake, pins, state, tables
from dashboard.as_it_stands import as_it_stands
from dashboard.charts import Axes
from dashboard.live_slider import live_results, live_sliders
from dashboard.panels import Panel
from dashboard.reading import Patient
from dashboard.what_if_panels import results_panels
from twin_core.alarms import alarms
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
        downloads.draw(patient)
        intake.show_patient(patient)
    intake.header(patient)
    what_if(patient)
    chosen = circuits.get(state.circuit())
    st.html(f'<p class="note">{escape(f"{chosen.sentence} {_CANNOT_KNOW} {CIRCUIT_LIMITS[chosen.name]}")}</p>')


@st.fragment
def what_if(patient: Patient) -> None:
    """Sliders and everything they move; a slider at rest reruns this alone."""
    controls, results = st.columns([1.2, 3.2], gap="small")
    with controls:
        draw_sliders()
    state.at_rest()
    state.keep()
    address.write()
    with results:
        draw_results(patient)
        try:
            scenario = state.scenario()
        except ValueError:  # said beside the sliders
            as_it_stands().stand(None)
            return
        as_it_stands().stand(scenario)
        if (beat := state.last_what_if()) is not None:
            bands.draw(patient, scenario, beat)
    with controls:
        pins.draw(scenario)


@st.fragment
def draw_results(patient: Patient) -> None:
    """What-if beside patient; a slider in motion reruns this alone."""
    intake.catch_up()
    if state.moving():
        as_it_stands().move()
    resting = state.resting()
    panels: tuple[Panel, ...] = ()
    table = stamp = shows = ""
    try:
        scenario = state.scenario()
        beat = scenario.simulate(resting.parameters, start=state.last_what_if())
    except ValueError as error:
        status = (
            f'<p class="status not_periodic" role="alert">{escape(f"This what-if cannot be simulated: {error}")}</p>'
        )
    else:
        state.keep_what_if(beat)
        status, shows = status_line(beat), scenario.describe()
        # No band goes around a beat that is no steady state.
        stamp = bands.stamp(patient, scenario) if beat.status != "not_periodic" else ""
        pinned = pins.beats(patient.twin)
        steady = [one for one in pinned.values() if one.status != "not_periodic"]
        axes = functools.reduce(Axes.covering, steady, state.axes_covering(beat))
        panels = results_panels(resting, beat, axes, pinned)
        table = (
            tables.index_table(resting, beat)
            + alarm_list(beat)
            + (bands.WAITING_NOTE if stamp else "")
            + f'<p class="note">{escape(_EF_NOTE)}</p>'
        )
    live_results(
        panels,
        status=status,
        table=table,
        key=state.RESULTS,
        follows=state.SLIDERS,
        on_moving=state.move,
        moving=state.moving(),
        stamp=stamp,
        shows=shows,
    )


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
    live_sliders(
        state.slider_specs(),
        state.slider_values(),
        key=state.SLIDERS,
        on_rest=state.settle,
        disabled=() if pump_on else (state.SPEED,),
    )
    st.button("Reset to the patient", key=state.RESET, on_click=state.reset, width="stretch")


def alarm_list(beat: Beat) -> str:
    """What to look up for, under the table: beside the loop it would move the loop as it comes and goes."""
    return "".join(f'<p class="alarm" role="status">{escape(text)}</p>' for text in alarms(beat))


def status_line(beat: Beat) -> str:
    """What the solver says of the what-if; loud where the numbers are not to be used as they are."""
    if beat.status == "periodic":
        return f'<p class="status periodic" role="status"><span title="{escape(beat.message)}">Steady beat.</span></p>'
    return f'<p class="status {beat.status}" role="alert">{escape(beat.message)}</p>'
