"""Reports of a patient's twin and what-ifs: PDF and HTML to read, CSV and JSON to compute with."""

from twin_core.report.files import KINDS, kind_of, results_json, waveforms_csv, written
from twin_core.report.html import html
from twin_core.report.pdf import missing_characters, page_images, pdf
from twin_core.report.study import Study, study
from twin_core.report.words import (
    AS_FOUND,
    CIRCUIT_LIMITS,
    LIMITS,
    change_shown,
    format_value,
    intervals,
    known_of,
    measured_note,
)

__all__ = [
    "AS_FOUND",
    "CIRCUIT_LIMITS",
    "KINDS",
    "LIMITS",
    "Study",
    "change_shown",
    "format_value",
    "html",
    "intervals",
    "kind_of",
    "known_of",
    "measured_note",
    "missing_characters",
    "page_images",
    "pdf",
    "results_json",
    "study",
    "waveforms_csv",
    "written",
]
