"""Files to take away: report, waveforms, twin. Each is made when it is asked for."""

from __future__ import annotations

import re
from collections.abc import Callable

import streamlit as st

from dashboard import state
from dashboard.reading import Patient
from twin_core import report
from twin_core.scenario import Scenario


def draw(patient: Patient, scenario: Scenario) -> None:
    """The three download buttons, for the patient and the what-if as they stand."""
    name = file_stem(patient.twin.pseudonym)
    # With every slider where it started the what-if is the patient: the report then shows one beat, not two.
    scenarios = [scenario] if scenario.changes or scenario.pump else []
    circuit = state.circuit()
    contour = patient.preview.still_png if patient.preview else None

    def pdf() -> bytes:
        return report.pdf(patient.twin, scenarios, circuit=circuit, contour_png=contour, patient=patient.circuit_note)

    def csv() -> bytes:
        return report.waveforms_csv(patient.twin, scenarios, circuit=circuit, patient=patient.circuit_note).encode()

    def twin() -> bytes:
        return patient.twin.to_json().encode()

    buttons: tuple[tuple[str, str, Callable[[], bytes], str, str, str], ...] = (
        ("Report PDF", state.DOWNLOAD_PDF, pdf, f"{name}.pdf", "application/pdf", "PDF of patient and what-if"),
        (
            "Waveforms CSV",
            state.DOWNLOAD_CSV,
            csv,
            f"{name}.csv",
            "text/csv",
            "CSV of one cycle of patient and what-if",
        ),
        ("Twin JSON", state.DOWNLOAD_TWIN, twin, f"{name}.json", "application/json", "JSON to reopen here another day"),
    )
    columns = [*st.columns(2), st.container()]  # two beside each other and one below: narrower, names would break
    for column, (label, key, data, file_name, mime, help) in zip(columns, buttons, strict=True):
        column.download_button(
            label, data, file_name=file_name, mime=mime, key=key, help=help, on_click="ignore", width="stretch"
        )


def save_button() -> None:
    """Save the case: everything the page keeps of the patient, in one file that reopens it elsewhere."""
    patient = state.patient()
    if patient is None:
        return
    case = state.case()  # now: the data is made later, outside the run that knows the session
    st.download_button(
        "Save case",
        lambda: case.to_json().encode(),
        file_name=f"{file_stem(patient.twin.pseudonym)}-case.json",
        mime="application/json",
        key=state.SAVE,
        help="One file with the twin, its recalibration and the pinned what-ifs. Opened here another day or on "
        "another machine it gives the same numbers. It holds no frame, no name and no ID.",
        on_click="ignore",
        width="stretch",
        icon=":material/save:",
    )


def file_stem(pseudonym: str) -> str:
    """A file name that every system takes, from a pseudonym."""
    return "lvad-twin-" + (re.sub(r"[^a-z0-9]+", "-", pseudonym.lower()).strip("-") or "patient")
