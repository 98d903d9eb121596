"""What a cuff and a counted pulse can show: the rules of a plausible reading, written once."""

from __future__ import annotations

from collections.abc import Mapping

from twin_core.circuit import INDICES, PARAMETERS, ParameterError

SYSTOLIC, DIASTOLIC, HEART_RATE = "systolic_pressure_mmhg", "diastolic_pressure_mmhg", "heart_rate_bpm"
CUFF = (SYSTOLIC, DIASTOLIC)
READING_LIMITS: dict[str, tuple[float, float]] = {
    SYSTOLIC: (40.0, 300.0),
    DIASTOLIC: (10.0, 200.0),
    HEART_RATE: PARAMETERS[HEART_RATE].bounds,
}
"""What can be read beside a clip, by index name, and the range in which it is taken for a reading."""


def check_readings(readings: Mapping[str, float | None]) -> None:
    """Refuse what no cuff and no pulse shows.

    Args:
        readings: any of ``READING_LIMITS`` by name; None is one that was not taken.

    Raises:
        ParameterError: an unknown name, a value out of its limits, or diastolic not under systolic; the message says
            what was read, and what to do.
    """
    for name, value in readings.items():
        if name not in READING_LIMITS:
            raise ParameterError(f"there is no reading {name!r}; choose from {', '.join(READING_LIMITS)}.")
        about, (low, high) = INDICES[name], READING_LIMITS[name]
        if value is not None and not low <= value <= high:  # NaN compares false, so it is refused here too
            raise ParameterError(
                f"{about.label} {value:g} {about.unit} is not between {low:.0f} and {high:.0f}; check the reading."
            )
    check_order(readings)


def check_order(readings: Mapping[str, float | None]) -> None:
    """Refuse a cuff pressure upside down, whatever its limits: simulated readings lie beyond them.

    Raises:
        ParameterError: diastolic is not under systolic.
    """
    systolic, diastolic = readings.get(SYSTOLIC), readings.get(DIASTOLIC)
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        raise ParameterError(
            f"the diastolic pressure of {diastolic:g} mmHg is not under the systolic of {systolic:g} mmHg; "
            "check the two readings."
        )
