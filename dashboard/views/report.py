"""The report: which what-ifs go in, notes and pseudonym, a look at its pages, and the files to take away."""

from __future__ import annotations

import streamlit as st

from dashboard import downloads, intake, state
from dashboard.reading import Patient
from twin_core import report
from twin_core.circuit import circuits
from twin_core.scenario import Scenario
from twin_core.twin import Twin

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
        twin = _named_twin(patient)
        scenarios = _scenarios()
        notes = st.text_area(
            "Notes",
            key=state.NOTES,
            max_chars=_NOTES_MAX,
            height=120,
            help="Printed as typed. Names and other identifiers do not belong here.",
        )
        _downloads(patient, twin, scenarios, notes)
    with preview:
        _preview(patient, twin, scenarios, notes)


def _named_twin(patient: Patient) -> Twin:
    """The twin under the pseudonym typed."""
    typed = " ".join(
        st.text_input(
            "Pseudonym",
            key=state.PSEUDONYM,
            max_chars=80,
            help="Heads the report and the files; never the patient's name or ID.",
        ).split()
    )
    return patient.twin.model_copy(update={"pseudonym": typed or patient.twin.pseudonym})


def _scenarios() -> list[Scenario]:
    """Checkboxes for the what-if as it stands and the pinned ones; those chosen."""
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
        # Until it is drawn a checkbox has no value: pinned what-ifs go in unless they are taken out.
        wanted = st.checkbox(
            label,
            value=True,
            key=f"include_{one.circuit}_{one.scenario.name}",
            disabled=not fits,
            help=None if fits else f"Pinned in the circuit “{circuits.get(one.circuit).label}”: choose it above.",
        )
        if wanted and fits:
            chosen.append(one.scenario)
    if not state.pinned():
        st.html('<p class="note">Nothing is pinned yet: set up a what-if and pin it there to compare several.</p>')
    return chosen


def _downloads(patient: Patient, twin: Twin, scenarios: list[Scenario], notes: str) -> None:
    name, circuit = downloads.file_stem(twin.pseudonym), state.circuit()
    contour, note = _picture(patient), patient.circuit_note
    case = state.case().renamed(twin.pseudonym)

    def pdf() -> bytes:
        return report.pdf(twin, scenarios, circuit=circuit, contour_png=contour, notes=notes, patient=note)

    def csv() -> bytes:
        return report.waveforms_csv(twin, scenarios, circuit=circuit, patient=patient.circuit_note).encode()

    def saved() -> bytes:
        return case.to_json().encode()

    for label, key, data, file_name, mime, help in (
        ("PDF report", state.REPORT_PDF, pdf, f"{name}.pdf", "application/pdf", "The pages shown here"),
        ("Waveforms CSV", state.REPORT_CSV, csv, f"{name}.csv", "text/csv", "One cycle of patient and scenarios"),
        ("Case JSON", state.REPORT_CASE, saved, f"{name}-case.json", "application/json", "Reopens here with all of it"),
    ):
        st.download_button(
            label,
            data,
            file_name=file_name,
            mime=mime,
            key=key,
            help=help,
            on_click="ignore",
            width="stretch",
            type="primary" if key == state.REPORT_PDF else "secondary",
        )


def _preview(patient: Patient, twin: Twin, scenarios: list[Scenario], notes: str) -> None:
    contour, note = _picture(patient), patient.circuit_note
    made_from = (twin, note, tuple(one.model_dump_json() for one in scenarios), state.circuit(), notes, contour)
    pages = state.result("report", made_from)
    if pages is None:
        try:
            with st.spinner("Setting the report's pages", show_time=True):
                pages = report.page_images(
                    twin, scenarios, circuit=state.circuit(), contour_png=contour, notes=notes, patient=note
                )
        except ValueError as error:
            st.error(intake.plain(f"The report cannot be made: {error}"))
            return
        state.keep_result("report", made_from, pages)
    for number, image in enumerate(pages, 1):
        place = f"Page {number} of {len(pages)}"
        st.image(image, caption=place, width="stretch", alt=f"{place} of the report; the PDF holds its text")


def _picture(patient: Patient) -> bytes | None:
    return patient.preview.still_png if patient.preview else None
