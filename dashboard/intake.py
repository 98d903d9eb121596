"""The sidebar: open a clip or a saved twin, and what was found in it."""

from __future__ import annotations

import base64
import gc
import logging
import re
from dataclasses import replace
from html import escape

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.runtime.uploaded_file_manager import UploadedFile

from dashboard import state, tables
from dashboard.reading import Patient, ReadingError, is_twin_file, open_twin, read_sample, read_upload
from twin_core.circuit import circuits
from twin_core.echo.limits import MAX_DEPTH_CM, MIN_DEPTH_CM
from twin_core.report import measured_note
from twin_core.twin import RESEARCH_USE

_LOG = logging.getLogger(__name__)
_SAMPLE = "sample"
_CLIP_ALT = "Echo clip with the contour of the left ventricle"


@st.cache_resource(show_spinner=False)
def sample_patient() -> Patient:
    """The sample as it opens, read once a server; it is immutable, so sessions can share it."""
    patient = read_sample(None)
    # Streamlit collects garbage after every run. Every library is loaded by now and will stay: kept out of
    # that, they no longer hold up the answer to each slider by 100 ms and more.
    gc.collect()
    gc.freeze()
    return patient


def open_patient(progress_at: DeltaGenerator | None = None) -> None:
    """Draw the widgets that open a patient, and put on screen what they hold; nothing changes if it cannot be.

    Args:
        progress_at: Empty place for the progress line; under the widgets if left out.
    """
    upload = st.file_uploader(
        "Echo clip (AVI, MP4, DICOM) or saved case",
        key=state.upload_key(),
        help="An apical four-chamber clip with at least one beat, as AVI, MP4 or multi-frame DICOM; or a case or "
        "twin saved here as JSON. It is read on this machine and goes nowhere else.",
    )
    on_screen = state.patient()
    # A depth says something only about a clip that can be read again with it.
    has_clip = on_screen is None or on_screen.origin == "sample"
    if upload is not None:
        has_clip = not is_twin_file(upload.getvalue(), upload.name)
        state.note_dropped(upload.file_id)
    depth_cm = st.number_input(
        "Image depth, cm",
        min_value=MIN_DEPTH_CM,
        max_value=MAX_DEPTH_CM,
        step=0.5,
        value=None,
        format="%.1f",
        key=state.DEPTH,
        placeholder="from the file",
        disabled=not has_clip,
        help="Depth of the sector as the echo machine shows it. Give it where the file holds no scale: "
        "without one, volumes rest on an assumed depth. It wins over the file, and holds for this clip alone.",
    )
    request = None
    if upload is not None:
        request = (upload.file_id, depth_cm if has_clip else None)
    elif has_clip:
        request = (_SAMPLE, depth_cm)
    if (new := state.to_open(request)) is not None:
        _open(upload, new, progress_at or st.empty())


def _open(upload: UploadedFile | None, request: state.Request, bar: DeltaGenerator) -> None:
    depth_cm = request[1]

    def progress(share: float, text: str) -> None:
        bar.progress(share, text)

    try:
        if upload is None:
            if depth_cm is None:
                with bar, st.spinner("Reading the sample clip and finding its twin", show_time=True):
                    patient = sample_patient()
            else:
                patient = read_sample(depth_cm, progress)
        elif is_twin_file(data := upload.getvalue(), upload.name):
            patient = open_twin(data, upload.name)
        else:
            patient = read_upload(data, upload.name, depth_cm, progress)
    except ReadingError as error:
        # Neither the file's name nor its message: both may hold a patient's name.
        _LOG.info("an upload could not be read: %s", type(error.__cause__ or error).__name__)
        state.tried(request, problem=str(error))
    else:
        state.tried(request)
        state.show(_as_before(patient, request), request)
    finally:
        bar.empty()


def _as_before(patient: Patient, request: state.Request) -> Patient:
    """The same clip read again with another depth keeps its name, its cuff pressure and its pinned what-ifs."""
    before = state.patient()
    if before is None or not state.is_shown(request[0]):
        return patient
    patient = replace(patient.renamed(before.twin.pseudonym), pinned=state.pinned(), circuit=state.circuit())
    return patient.recalibrated(before.recalibration.readings) if before.recalibration else patient


def catch_up() -> None:
    """Run the whole page if a file was dropped that it has not seen. Call first in a fragment that runs often.

    A file dropped in the moment in which the browser asks for a fragment is told to that fragment's run alone.
    """
    if state.upload_waits():
        st.rerun()


def show_problem() -> None:
    """Say what was wrong with the last upload."""
    message = state.problem()
    if message is not None:
        kept = " The patient on screen is unchanged." if state.patient() else ""
        st.error(f"{plain(message).rstrip('.')}.{kept}")


def show_loss() -> None:
    """Say that what was open is gone, for as long as the sample stands in its place."""
    patient = state.patient()
    if state.lost() and patient is not None and patient.origin == "sample":
        st.warning(
            "The server was started again, or was out of reach for too long: what was open here is gone from it. "
            "The sample is on screen, not your patient. To go on, open the clip or the saved case again at the left."
        )


def show_nothing() -> None:
    """What a page shows while no patient could be opened."""
    st.html(
        '<section class="empty"><h2>No patient on screen</h2>'
        "<p>Open one at the left: an apical four-chamber clip with a beat or more, as AVI, MP4 or multi-frame DICOM, "
        "or a case saved here as JSON. It is read on this machine and goes nowhere else.</p></section>"
    )


def header(patient: Patient, *, with_circuit: bool = True) -> None:
    """The patient's name, the standing restriction, and the choice of circuit."""
    name, choice = st.columns([1.4, 1.0], vertical_alignment="center")
    with name:
        recalibrated = '<span class="badge done">Recalibrated</span>' if patient.recalibration else ""
        st.html(
            f'<header class="patient"><h1>{escape(patient.twin.pseudonym)}</h1>{recalibrated}'
            f'<span class="badge">{escape(RESEARCH_USE)}</span></header>'
        )
    if with_circuit:
        with choice:
            st.segmented_control(
                "Circuit",
                list(circuits.CIRCUITS),
                default=circuits.FIVE_STATE.name if state.CIRCUIT not in st.session_state else None,
                format_func=lambda name: circuits.get(name).label,
                key=state.CIRCUIT,
                on_change=state.reset,
                help=" ".join(f"**{one.label}**: {one.sentence}" for one in circuits.CIRCUITS.values()),
                label_visibility="collapsed",
                required=True,
            )


def show_patient(patient: Patient) -> None:
    """The clip with its contour, measured values beside the twin's, and the parameters found."""
    if patient.preview is not None:
        moving = base64.b64encode(patient.preview.moving_webp).decode()
        still = base64.b64encode(patient.preview.still_png).decode()
        st.html(
            f'<div class="clip"><img class="moving" src="data:image/webp;base64,{moving}" '
            f'width="{patient.preview.columns}" height="{patient.preview.rows}" alt="{_CLIP_ALT}">'
            f'<img class="still" src="data:image/png;base64,{still}" alt="{_CLIP_ALT}"></div>'
        )
    facts = patient.twin.clip
    if facts is not None:
        gone = "" if patient.preview else " The clip itself is not in the twin file."
        gone += f" {aside}" if (aside := set_aside(patient)) else ""
        st.html(
            f'<p class="note">{escape(facts.format.upper())}, {facts.frames} frames in {facts.duration_s:.1f} s, '
            f"{facts.columns}×{facts.rows} px.{gone}</p>"
        )
    show_cautions(patient)
    if patient.twin.measured is not None:
        st.html(tables.measured_table(patient.twin, state.resting()))
        st.html(f'<p class="note">{escape(measured_note(patient.twin))}</p>')
    st.html(tables.learned_table(patient.twin))


def set_aside(patient: Patient) -> str:
    """How many contours do not count, and that none is drawn there; empty where all do or the clip is not here."""
    if patient.echo is None or not patient.echo.rejected.any():
        return ""
    out, frames = int(patient.echo.rejected.sum()), len(patient.echo.time_s)
    return (
        f"Contours of {out} of {frames} frames were set aside; none is drawn there, and between others the volume is "
        "interpolated."
    )


def show_cautions(patient: Patient) -> None:
    """What to keep in mind about the clip; a usable one may still carry some."""
    for caution in patient.twin.quality.reasons:
        st.html(f'<p class="note caution" role="note">Caution: {escape(caution)}.</p>')


def plain(text: str) -> str:
    """Text on one line, with everything that markdown would read as markup taken literally."""
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~$:&])", r"\\\1", " ".join(text.split()))
