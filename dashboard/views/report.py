"""The report: which what-ifs go in, notes and pseudonym, a look at its pages, and the files to take away."""

from __future__ import annotations

from html import escape

import streamlit as st

from dashboard import downloads, intake, ramp_results, state
from dashboard.reading import Patient
from twin_core import report
from twin_core.case import Case
from twin_core.circuit import ParameterError, circuits, pumps
from twin_core.ramp import RampStudy
from twin_core.report.study import ramped_pump
from twin_core.scenario import Scenario

_NOTES_MAX = 1500  # characters: about a third of a page


def page() -> None:
    """Draw the page."""
    patient = state.patient()
    if patient is None:
        intake.show_nothing()
        return
    intake.header(patient)
    choices, preview = st.columns([1.0, 2.1], gap="large")
    with choices:
        case = _named_case()
        scenarios = _scenarios()
        with_ramp = _asks_ramp(scenarios)
        notes = st.text_area(
            "Notes",
            key=state.NOTES,
            max_chars=_NOTES_MAX,
            height=120,
            help="Printed as typed. Names and other identifiers do not belong here.",
        )
        files = st.container()
    with preview:
        study = _preview(patient, case, scenarios, with_ramp, notes)
    if study is None:
        return
    with files:
        places = [place for _ in range(2) for place in st.columns(2)]
        downloads.buttons(downloads.of_study(study), study.twin.pseudonym, places)
        if missing := report.missing_characters(study):
            said = f"The PDF's own font lacks {missing}: look whether the pages show them. The HTML does."
            st.html(f'<p class="note">{escape(said)}</p>')


def _named_case() -> Case:
    """The case under the pseudonym typed."""
    typed = " ".join(
        st.text_input(
            "Pseudonym",
            key=state.PSEUDONYM,
            max_chars=80,
            help="Heads the report and the files; never the patient's name or ID.",
        ).split()
    )
    case = state.case()
    return case.renamed(typed) if typed else case


def _scenarios() -> list[Scenario]:
    """Checkboxes for the what-if as it stands and the pinned ones; those chosen, each a column."""
    st.markdown("**Scenarios beside the patient**")
    chosen = []
    what_if = state.scenario()
    if state.INCLUDE_WHAT_IF not in st.session_state:
        state.put(state.INCLUDE_WHAT_IF, True)
    if not (what_if.changes or what_if.pump):
        st.html('<p class="note">The what-if is the patient: every slider is where it started.</p>')
    elif st.checkbox(f"What-if as it stands: {intake.plain(what_if.describe())}", key=state.INCLUDE_WHAT_IF):
        chosen.append(what_if)
    for one in state.pinned():
        fits = one.circuit == state.circuit()
        label = f"{intake.plain(one.scenario.name)}: {intake.plain(one.scenario.describe())}"
        key = state.include(one.circuit, one.scenario.name)
        if key not in st.session_state:  # pinned what-ifs go in unless they are taken out
            state.put(key, True)
        wanted = st.checkbox(
            label,
            key=key,
            disabled=not fits,
            help=None if fits else f"Pinned in the circuit “{circuits.get(one.circuit).label}”: choose it above.",
        )
        if wanted and fits:
            chosen.append(one.scenario)
    if not state.pinned():
        st.html('<p class="note">Nothing is pinned yet: set up a what-if and pin it there to compare several.</p>')
    return chosen


def _asks_ramp(scenarios: list[Scenario]) -> bool:
    """Whether the ramp of the pump chosen goes in."""
    pump = ramped_pump(scenarios)
    if pump is None:
        st.html('<p class="note">No scenario has a pump: there is no ramp to show.</p>')
        return False
    if state.INCLUDE_RAMP not in st.session_state:
        state.put(state.INCLUDE_RAMP, True)
    return st.checkbox(
        f"Ramp of the {intake.plain(pumps.get(pump).label)} pump",
        key=state.INCLUDE_RAMP,
        help="In the closed loop, at the speeds of the Ramp study where it was set to this pump, else round its "
        "everyday range.",
    )


def _preview(
    patient: Patient, case: Case, scenarios: list[Scenario], with_ramp: bool, notes: str
) -> report.Study | None:
    """Show the pages, and give the study that they and every file are made from; None if there can be none."""
    contour = patient.preview.still_png if patient.preview else None
    try:
        ramp = _ramp(patient, scenarios) if with_ramp else False
        shown = isinstance(ramp, RampStudy) and (
            ramp.pump.name,
            [(step.speed_rpm, step.share_met) for step in ramp.steps],
        )
        made_from = (case, [one.model_dump_json() for one in scenarios], notes, contour, with_ramp, shown)
        kept = state.result("report", made_from)
        if kept is None:
            with st.spinner("Setting the report's pages", show_time=True):
                study = report.study(case, scenarios, ramp=ramp, notes=notes, contour_png=contour)
                kept = study, report.page_images(study)
            state.keep_result("report", made_from, kept)
    except ValueError as error:
        st.error(intake.plain(f"The report cannot be made: {error}"))
        return None
    study, pages = kept
    for number, image in enumerate(pages, 1):
        place = f"Page {number} of {len(pages)}"
        st.image(image, caption=place, width="stretch", alt=f"{place} of the report; PDF and HTML hold its text")
    return study


def _ramp(patient: Patient, scenarios: list[Scenario]) -> bool | RampStudy:
    """The ramp of the scenarios' pump; True where it cannot be run: the study tries, and says why not."""
    pump = ramped_pump(scenarios)
    if pump is None:
        return False
    try:
        with st.spinner("Running the ramp", show_time=True):
            return ramp_results.of_report(patient, pumps.get(pump))
    except ParameterError:
        return True
