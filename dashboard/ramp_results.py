"""Ramps solved once: for the Ramp page, and for the report that shows the same one."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import streamlit as st

from dashboard import state
from dashboard.reading import Patient
from twin_core import ramp as ramps
from twin_core.circuit import ParameterError, circuits
from twin_core.circuit.pumps import Pump

Follow = Callable[[Sequence[float]], Sequence[float]]
PAGE, REPORT = "ramp", "report_ramp"
"""Names that the Ramp page's ramp and the report's are kept under."""


def solved(
    patient: Patient,
    pump: Pump,
    circuit: str,
    at_speeds: Sequence[float],
    with_draws: bool,
    follow: Follow = lambda speeds: speeds,
    kept_as: str = PAGE,
) -> list[ramps.Step]:
    """A ramp's steps, solved once for what they are made from.

    Args:
        patient: The patient.
        pump: The pump.
        circuit: Name of the circuit to run it in.
        at_speeds: Speeds in rpm.
        with_draws: Whether to judge each speed on what else the patient may be.
        follow: Wraps the speeds where progress is to be told as they are taken.
        kept_as: Under which name it is kept; the one kept there before is given up.

    Raises:
        ParameterError: If the circulation cannot be closed for this patient.
    """
    made_from = _made_from(patient, pump, circuit, at_speeds, with_draws)
    steps = state.result(kept_as, made_from)
    if steps is None:
        circulation = patient.twin.circuit_in(circuit)
        draws = patient.twin.draw_circuits(circuit, ramps.DRAWS) if with_draws else []
        steps = ramps.ramp(circulation, pump, follow(at_speeds), draws=draws)
        state.keep_result(kept_as, made_from, steps)
    return steps


def of_report(patient: Patient, pump: Pump) -> ramps.RampStudy:
    """The pump's ramp in the closed loop: at the Ramp page's speeds if it was set to this pump, else at the usual ones.

    Raises:
        ParameterError: If the circulation cannot be closed for this patient.
    """
    closed, at_speeds = circuits.CLOSED_LOOP.name, _speeds(pump)
    steps = None
    for with_draws in (True, False):  # the page's own, if it was run
        steps = steps or state.result(PAGE, _made_from(patient, pump, closed, at_speeds, with_draws))
    # Another one beside it: that of the page, judged on draws, may have taken minutes.
    steps = steps or solved(patient, pump, closed, at_speeds, with_draws=False, kept_as=REPORT)
    return ramps.RampStudy(pump=pump, steps=tuple(steps), targets=ramps.Targets())


def _made_from(patient: Patient, pump: Pump, circuit: str, at_speeds: Sequence[float], with_draws: bool) -> tuple:
    draws = patient.twin.posterior_draws if with_draws else None
    return patient.twin.circuit, circuit, pump.name, tuple(at_speeds), draws


def _speeds(pump: Pump) -> list[float]:
    page = st.session_state
    if (page.get(state.RAMP_PUMP), page.get(state.RAMP_CIRCUIT)) == (pump.name, circuits.CLOSED_LOOP.name):
        try:
            low, high, step = (float(page[key]) for key in (state.RAMP_FROM, state.RAMP_TO, state.RAMP_STEP))
            at_speeds = ramps.speeds(low, high, step, pump)
        except (KeyError, TypeError, ParameterError):  # set to something that is no ramp; the Ramp page says so
            pass
        else:
            if len(at_speeds) <= ramps.MOST_SPEEDS_SHOWN:
                return at_speeds
    return ramps.speeds(*ramps.usual_sweep(pump), pump)
