import pytest

from twin_core.circuit import ParameterError
from twin_core.learning.readings import READING_LIMITS, check_order, check_readings
from twin_core.twin import MeasuredValues

SYSTOLIC, DIASTOLIC = "systolic_pressure_mmhg", "diastolic_pressure_mmhg"


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        ({"pulse": 70.0}, "no reading 'pulse'; choose from systolic_pressure_mmhg"),
        ({SYSTOLIC: 500.0}, "Systolic pressure 500 mmHg is not between 40 and 300; check the reading"),
        ({SYSTOLIC: None, DIASTOLIC: 5.0}, "Diastolic pressure 5 mmHg is not between 10 and 200"),
        ({"heart_rate_bpm": float("nan")}, "Heart rate nan bpm is not between 35 and 150"),
        (
            {SYSTOLIC: 80.0, DIASTOLIC: 80.0},
            "diastolic pressure of 80 mmHg is not under the systolic of 80 mmHg; check the two readings",
        ),
    ],
)
def test_what_is_no_reading_is_refused(readings, says):
    with pytest.raises(ParameterError, match=says):
        check_readings(readings)


@pytest.mark.parametrize("readings", [{}, {SYSTOLIC: None, DIASTOLIC: None}, {SYSTOLIC: 120.0, DIASTOLIC: None}])
def test_what_was_not_taken_is_no_fault(readings):
    check_readings(readings)


@pytest.mark.parametrize("name", READING_LIMITS)
def test_limits_are_readings(name):
    for value in READING_LIMITS[name]:
        check_readings({name: value})


def test_the_order_holds_beyond_the_limits_too():
    check_order({SYSTOLIC: 30.0, DIASTOLIC: 5.0})
    with pytest.raises(ParameterError, match="not under"):
        check_order({SYSTOLIC: 5.0, DIASTOLIC: 30.0})


def test_a_twin_files_cuff_pressure_obeys_the_same_rules(twin):
    values = twin.measured.model_dump()
    with pytest.raises(ValueError, match="Systolic pressure 500 mmHg is not between 40 and 300"):
        MeasuredValues.model_validate({**values, SYSTOLIC: 500.0})
    with pytest.raises(ValueError, match="check the two readings"):
        MeasuredValues.model_validate({**values, SYSTOLIC: 80.0, DIASTOLIC: 80.0})
