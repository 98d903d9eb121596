import re
from pathlib import Path

import pytest

from twin_core import report
from twin_core.twin import MeasuredBeat

CARD = Path(__file__).resolve().parents[2] / "assets" / "segmenter.md"


@pytest.mark.parametrize(
    ("value", "digits", "signed", "shown"),
    [
        (1.234, 1, False, "1.2"),
        (-0.04, 1, True, "0.0"),
        (-3.6, 0, True, "−4"),
        (2, 0, True, "+2"),
        (None, 1, True, "–"),
    ],
)
def test_numbers_are_shown_with_true_signs(value, digits, signed, shown):
    assert report.format_value(value, digits, signed) == shown


def test_what_intervals_rest_on_is_listed(twin):
    cuff = twin.measured.model_copy(update={"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 66.0})
    assert report.known_of(twin.model_copy(update={"measured": cuff})) == (
        "EF, heart rate, systolic pressure and diastolic pressure"
    )
    assert "NOT calibrated" in report.measured_note(twin)


def test_the_spread_of_the_beats_is_said(twin):
    assert "deviation" not in report.measured_note(twin), "a file of an older schema does not hold the beats"
    beats = [
        MeasuredBeat(end_diastole_s=i, end_systole_s=i + 0.3, edv_ml=100, esv_ml=100 - ef, ejection_fraction_pct=ef)
        for i, ef in enumerate((30, 36))
    ]
    found = twin.measured.model_copy(update={"beats": 2, "each_beat": tuple(beats), "ejection_fraction_sd_pct": 4.243})
    note = report.measured_note(twin.model_copy(update={"measured": found}))
    assert note.startswith(
        "Mean of 2 beats, whose ejection fractions are 30 to 36 % (standard deviation 4.2 points). Volumes are NOT"
    )


def errors_of(table):
    pairs = re.findall(r"\| \**([\d.]+)\** \(([\d.]+)\) \| \**\d\** \(\d\) \|", table)
    return sorted(abs(float(measured) - float(reference)) for measured, reference in pairs)


def test_the_limits_name_the_errors_of_the_network_that_is_shipped_and_of_others_trained_alike():
    shipped, others = re.findall(r"(?:^\|.*\n)+", CARD.read_text().split("## On real clips")[1], re.MULTILINE)[:2]
    off, elsewhere = errors_of(shipped), errors_of(others)
    assert len(off) == 3
    assert len(elsewhere) == 6
    assert f"off by {off[0]:.1f}, {off[1]:.1f} and {off[2]:.1f} points" in report.LIMITS[-1]
    assert f"off by up to {elsewhere[-1]:.0f} points" in report.LIMITS[-1]
