"""Cuff pressure and heart rate in, recalibrated twin out: what was moved, how close it came, and the way back."""

from __future__ import annotations

import streamlit as st

from dashboard import state, tables
from dashboard.intake import plain
from dashboard.reading import Patient
from twin_core.circuit import INDICES

_FIELDS = (
    ("systolic_pressure_mmhg", state.SYSTOLIC, "Systolic, mmHg"),
    ("diastolic_pressure_mmhg", state.DIASTOLIC, "Diastolic, mmHg"),
    ("heart_rate_bpm", state.PULSE, "Heart rate, bpm"),
)


def draw(patient: Patient) -> None:
    """The form, and what the last recalibration did."""
    with st.form(state.CUFF_FORM, border=False):
        columns = st.columns(3)
        for column, (_, key, label) in zip(columns, _FIELDS, strict=True):
            column.number_input(
                label,
                value=None,
                step=1.0,
                format="%.0f",
                key=key,
                placeholder="none",  # a longer word is cut off
            )
        asked = st.form_submit_button("Recalibrate the twin", type="primary", width="stretch")
    if asked:
        with st.spinner("Moving the twin to the readings", show_time=True):
            _recalibrate(patient)
        st.rerun()
    if problem := state.cuff_problem():
        st.error(plain(f"Not recalibrated: {problem.rstrip('.')}. The twin is unchanged."))
    if patient.recalibration is None:
        st.html(
            '<p class="note">A clip holds no pressure: until a cuff pressure is given, the twin\'s pressures are what '
            "the published circuit gives at these volumes.</p>"
        )
        return
    record = patient.recalibration
    compared = record.compared(state.resting())  # in the circuit chosen: closing the loop moves pressures a little
    unmet = [one for one in compared if not one.met]
    if unmet:
        parts = "; ".join(
            f"{INDICES[one.name].label.lower()} is {one.simulated:.0f} where {one.wanted:.0f} {INDICES[one.name].unit} "
            "was wanted"
            for one in unmet
        )
        st.warning(plain(f"The circuit cannot meet everything together: {parts}. Check the readings."))
    else:
        st.success("The twin is within twice the reading error of every reading and of the clip's volumes.")
    st.html(tables.comparison_table(compared))
    st.html(tables.moves_table(record.moves(patient.twin)))
    st.button(
        "Undo the recalibration",
        key=state.CUFF_UNDO,
        on_click=_undo,
        help="Back to the twin as found from the echo alone.",
        width="stretch",
    )


def _recalibrate(patient: Patient) -> None:
    entered = {name: st.session_state.get(key) for name, key, _ in _FIELDS}
    try:
        moved = patient.recalibrated({name: float(value) for name, value in entered.items() if value is not None})
    except ValueError as error:
        state.note_cuff_problem(str(error))
    else:
        state.note_cuff_problem(None)
        state.exchange_next(moved)


def _undo() -> None:
    patient = state.patient()
    if patient is not None:
        state.note_cuff_problem(None)
        state.exchange(patient.as_found())
