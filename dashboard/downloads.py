"""Files to take away: reports of a study, and the saved case. Each is made when it is asked for."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from dashboard import state
from dashboard.as_it_stands import as_it_stands
from dashboard.reading import Patient
from twin_core import report
from twin_core.scenario import Scenario


class File(NamedTuple):
    """A file that a button hands out.

    Attributes:
        label: On the button.
        key: Session key of the button.
        made: Makes its content.
        ending: Of its name, after the patient's pseudonym.
        mime: What browsers call its kind.
        help: What it is, where the pointer rests.
    """

    label: str
    key: str
    made: Callable[[], bytes]
    ending: str
    mime: str
    help: str


_PDF = "Patient and what-if on two pages"
_HTML = "The same in one file with figures to read values off; it opens without a network"
_CSV = "One cycle of patient and what-if"


def draw(patient: Patient) -> None:
    """The download buttons of the What-if page, for the patient and the what-if as they stand when one is clicked."""
    now, case, contour = as_it_stands(), state.case(), patient.preview.still_png if patient.preview else None

    @functools.lru_cache(maxsize=1)  # one solve, whichever and however many of the files are taken
    def of(told: tuple[str, ...]) -> report.Study:
        scenarios = [Scenario.model_validate_json(one) for one in told]
        return report.study(case, scenarios, ramp=True, contour_png=contour)

    def study() -> report.Study:
        return of(tuple(one.model_dump_json() for one in now.scenarios()))

    files = (
        File("Report PDF", state.DOWNLOAD_PDF, lambda: report.pdf(study()), ".pdf", "application/pdf", _PDF),
        File("Report HTML", state.DOWNLOAD_HTML, lambda: report.html(study()).encode(), ".html", "text/html", _HTML),
        File(
            "Waveforms CSV",
            state.DOWNLOAD_CSV,
            lambda: report.waveforms_csv(study()).encode(),
            ".csv",
            "text/csv",
            _CSV,
        ),
    )
    # Two beside each other and one below: narrower, names would break.
    buttons(files, patient.twin.pseudonym, [*st.columns(2), st.container()])


def of_study(study: report.Study) -> tuple[File, ...]:
    """Every file of a study on the Report page."""
    return (
        File("PDF", state.REPORT_PDF, lambda: report.pdf(study), ".pdf", "application/pdf", "The pages shown here"),
        File(
            "HTML",
            state.REPORT_HTML,
            lambda: report.html(study).encode(),
            ".html",
            "text/html",
            _HTML,
        ),
        File(
            "CSV",
            state.REPORT_CSV,
            lambda: report.waveforms_csv(study).encode(),
            ".csv",
            "text/csv",
            "Waveforms of one cycle of the patient and every scenario",
        ),
        File(
            "JSON",
            state.REPORT_JSON,
            lambda: report.results_json(study).encode(),
            "-report.json",
            "application/json",
            "Every number of the report, and the case: it reopens here",
        ),
    )


def buttons(files: Sequence[File], pseudonym: str, places: Sequence[DeltaGenerator]) -> None:
    """One button a file, each in its place."""
    for place, file in zip(places, files, strict=True):
        place.download_button(
            file.label,
            file.made,
            file_name=f"{file_stem(pseudonym)}{file.ending}",
            mime=file.mime,
            key=file.key,
            help=file.help,
            on_click="ignore",
            width="stretch",
            type="primary" if file.key == state.REPORT_PDF else "secondary",
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
