import re
from pathlib import Path

import pytest

from twin_core import report

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


def test_the_limits_name_the_errors_of_the_network_that_is_shipped():
    shipped = CARD.read_text().split("Other seeds")[0]
    pairs = re.findall(r"\| ([\d.]+) \(([\d.]+)\) \| \d \(\d\) \|", shipped)
    off = sorted(round(abs(float(measured) - float(reference))) for measured, reference in pairs)
    assert len(off) == 3
    assert f"off by {off[0]}, {off[1]} and {off[2]} points" in report.LIMITS[-1]
