"""The band around the what-if at rest: where 90 % of a twin's draws lie, made while no slider moves."""

from __future__ import annotations

import functools
import hashlib
import json
import threading
from html import escape
from typing import Any

import numpy as np
import streamlit as st

from dashboard import intake, state
from dashboard.live_slider import live_band
from dashboard.reading import Patient
from dashboard.what_if_panels import BEATS
from twin_core.circuit import CLOSED_LOOP_INDICES, Beat, presets
from twin_core.circuit.cohort import solve_cohort
from twin_core.report import format_value
from twin_core.scenario import Scenario
from twin_core.spread import Draws, Spread, SpreadWork

SLICE_S = 0.06  # of work at once: a thumb that moves meanwhile waits no longer than this and one batch
WAITING_NOTE = '<p class="note live-intervals" data-waiting="90 % intervals follow once the sliders rest."></p>'
"""HTML of the place where the intervals will stand; it is held free, so that nothing moves when they come."""
_FIRST_MS, _NEXT_MS, _COMPILING_MS = 250, 20, 500  # the first pause lets a click right after a release go first
_PANELS = {
    "pressures": (("LV", "lv_pressure_mmhg"), ("Aorta", "aortic_waveform_mmhg")),
    "volumes": (("LV", "lv_volume_ml"),),
}
_KEY_NUMBERS = {
    "edv_ml": "EDV",
    "mean_arterial_pressure_mmhg": "MAP",
    "left_atrial_pressure_mmhg": "left atrium",
    "cardiac_output_l_min": "output",
    "pump_flow_l_min": "pump flow",
}
_DRAWS, _WORK = "spread_draws", "spread_work"


def stamp(patient: Patient, what_if: Scenario) -> str:
    """Names a what-if of a patient in the circuit chosen; empty for a twin without draws, which has no band."""
    if not patient.twin.posterior_draws:
        return ""
    # Of the draws the first ones tell them apart; all of them would take longer than a slider's answer may.
    first = {name: values[:3] for name, values in patient.twin.posterior_draws.items()}
    told = [state.circuit(), what_if.model_dump(), patient.twin.parameters, first]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]


@st.fragment
def draw(patient: Patient, what_if: Scenario, beat: Beat) -> None:
    """Make the next slice of the band if the browser asked for it, and hand over what there is.

    Args:
        patient: The patient on screen.
        what_if: The what-if at rest.
        beat: Its beat.
    """
    intake.catch_up()
    name = stamp(patient, what_if)
    if not name:
        return
    making = _making(patient, what_if, name)
    pause = _NEXT_MS if making.slices else _FIRST_MS
    if not making.work.done and state.asked_of_band() == [name, making.slices + 1]:
        making.slices += 1
        if _compiling().is_alive():
            pause = _COMPILING_MS
        else:
            making.work.run(SLICE_S)
    found = making.work.found
    live_band(
        stamp=name,
        slice=making.slices,
        pause_ms=pause,
        done=making.work.done,
        band=None if found is None else {"bands": _bands(found, beat), "words": _words(found, beat, patient)},
        key=state.BAND,
        follows=state.SLIDERS,
    )


class _Making:
    """A spread in the making and how many slices of it are made."""

    def __init__(self, work: SpreadWork) -> None:
        self.work = work
        self.slices = 0


def _making(patient: Patient, what_if: Scenario, name: str) -> _Making:
    draws = state.result(_DRAWS, (patient.twin, state.circuit()))
    if draws is None:
        draws = Draws.of(patient.twin, state.circuit())
        state.keep_result(_DRAWS, (patient.twin, state.circuit()), draws)
    making: _Making | None = state.result(_WORK, name)
    if making is None:
        making = _Making(SpreadWork(draws, what_if))
        state.keep_result(_WORK, name, making)
    return making


@functools.lru_cache(maxsize=1)
def _compiling() -> threading.Thread:
    """Compiles the batch solver beside the page, once a server; it takes some twenty seconds where none has before."""
    thread = threading.Thread(target=lambda: solve_cohort([presets.load("heart_failure")], threads=1), daemon=True)
    thread.start()
    return thread


def _bands(found: Spread, beat: Beat) -> dict[str, list[dict[str, Any]]]:
    """The bands by panel, over the cycle of the what-if."""
    step = float(beat.time_s[-1]) / (next(iter(found.waveforms.values())).shape[1] - 1)
    return {
        panel: [
            {
                "label": label,
                "step": step,
                "beats": BEATS,
                "low": np.round(found.waveforms[key][0], 1).tolist(),
                "high": np.round(found.waveforms[key][1], 1).tolist(),
            }
            for label, key in signals
        ]
        for panel, signals in _PANELS.items()
    }


def _words(found: Spread, beat: Beat, patient: Patient) -> str:
    """The intervals of the key numbers in a sentence."""
    parts = []
    for key, label in _KEY_NUMBERS.items():
        if key in found.indices and (key != "pump_flow_l_min" or beat.pump is not None):
            about = CLOSED_LOOP_INDICES[key]
            low, high = (format_value(end, min(about.digits, 1)) for end in found.indices[key])
            parts.append(f"{escape(label)} {low} to {high} {escape(about.unit)}")
    measured = patient.twin.measured
    # Else the numbers beside it, which rest on an assumed scale, seem to contradict it.
    scale = " The clip has no scale: the draws know EF, not volumes." if measured and not measured.calibrated else ""
    return f"<b>90 % of {found.draws} draws:</b> {', '.join(parts)}.{scale}"
