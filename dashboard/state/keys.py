"""Every session key: those of widgets first, then those of what is kept beside them."""

from __future__ import annotations

from dashboard.sliders import WHAT_IF_PARAMETERS

UPLOAD = "upload"
DEPTH = "depth_cm"
CIRCUIT = "circuit"
PUMP = "pump"
PUMP_ON = "pump_on"
SPEED = "speed_rpm"
RESET = "reset"
DOWNLOAD_PDF, DOWNLOAD_HTML, DOWNLOAD_CSV = "download_pdf", "download_html", "download_csv"
SAVE = "download_case"
SLIDERS, RESULTS, BAND = "sliders", "results", "band"
PIN_NAME, PIN = "pin_name", "pin"
PLAYER, CUFF_FORM, CUFF_UNDO = "clip_player", "cuff_form", "cuff_undo"
SYSTOLIC, DIASTOLIC, PULSE = "systolic_mmhg", "diastolic_mmhg", "pulse_bpm"
RAMP_CIRCUIT, RAMP_PUMP, RAMP_CHART = "ramp_circuit", "ramp_pump", "ramp_chart"
RAMP_OPEN, RAMP_CHOSEN = "ramp_open", "ramp_chosen"
RAMP_FROM, RAMP_TO, RAMP_STEP, RAMP_DRAWS = "ramp_from", "ramp_to", "ramp_step", "ramp_draws"
NOTES, PSEUDONYM = "notes", "pseudonym"
INCLUDE_WHAT_IF, INCLUDE_RAMP = "include_what_if", "include_ramp"
REPORT_PDF, REPORT_HTML, REPORT_CSV, REPORT_JSON = "report_pdf", "report_html", "report_csv", "report_json"

PATIENT, NEXT, RESTING, WHAT_IF, AXES = "patient", "next_patient", "resting", "what_if", "axes"
KEPT, PAGE, PINNED, LINK = "kept", "page", "pinned", "link"
KEPT_RESULTS, CUFF_PROBLEM = "kept_results", "cuff_problem"
MOVING, LOST = "moving", "lost"
TRIED, SHOWN, PROBLEM = "tried", "shown", "problem"
DROPPED = "dropped"


def slider(name: str) -> str:
    """Key of the value of a parameter's slider."""
    return f"slider_{name}"


def include(circuit: str, name: str) -> str:
    """Key of whether a what-if pinned in a circuit goes into the report."""
    return f"include_{circuit}_{name}"


KEEP = (
    *(DEPTH, CIRCUIT, PUMP, PUMP_ON, SPEED),
    *sorted({slider(name) for names in WHAT_IF_PARAMETERS.values() for name in names}),
    *(RAMP_CIRCUIT, RAMP_PUMP, RAMP_FROM, RAMP_TO, RAMP_STEP, RAMP_DRAWS),
    *(NOTES, PSEUDONYM, INCLUDE_WHAT_IF, INCLUDE_RAMP, SYSTOLIC, DIASTOLIC, PULSE),
)
"""Widgets whose values outlive the page that drew them."""
