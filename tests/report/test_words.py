import pytest

from twin_core import report


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
