"""Sliders made from parameter metadata: label, unit, bounds, step and help are written nowhere else."""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin_core.circuit import circuits
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.pumps import Pump
from twin_core.scenario import Scenario

_PRELOAD = {circuits.FIVE_STATE.name: "initial_volume_ml", circuits.CLOSED_LOOP.name: "total_blood_volume_ml"}
WHAT_IF_PARAMETERS = {
    circuit: (
        "emax_mmhg_per_ml",
        "heart_rate_bpm",
        preload,
        "systemic_resistance",
        "mitral_resistance",
        "aortic_resistance",
    )
    for circuit, preload in _PRELOAD.items()
}
"""What the page lets the user change in each circuit, in the order of the sliders."""

SPEED_STEP_RPM = 100
SCENARIO_NAME = "What-if"


@dataclass(frozen=True, kw_only=True)
class SliderSpec:
    """What a slider needs.

    Attributes:
        label: Name for people.
        low: Smallest value, on the grid of steps.
        high: Largest value, on the grid of steps.
        step: Step, a power of ten.
        unit: Unit of the value.
        home: Where the slider stands untouched, on the grid: a parameter's value in the patient.
        help: What the parameter is, its bounds and the patient's own value.
    """

    label: str
    low: float
    high: float
    step: float
    unit: str
    home: float
    help: str

    @property
    def digits(self) -> int:
        """Digits after the point of a value on the grid."""
        return _digits(self.step)

    def nearest(self, value: float) -> float:
        """The value on the slider's grid nearest to the given one."""
        return _nearest(value, self.low, self.high, self.step)


def slider_spec(name: str, patient: LeftHeartParameters) -> SliderSpec:
    """The slider of one parameter.

    Raises:
        KeyError: If there is no such parameter.
    """
    about = patient.infos()[name]
    low, high = about.bounds
    step = 10.0 ** math.floor(math.log10((high - low) / 50))  # 50 to 500 steps
    digits = _digits(step)
    own = getattr(patient, name)
    # A hair's breadth of tolerance: 0.1 / 0.001 is 100.00000000000001 in floating point.
    lowest, highest = (
        round(step * math.ceil(low / step - 1e-9), digits),
        round(step * math.floor(high / step + 1e-9), digits),
    )
    return SliderSpec(
        label=about.label,
        low=lowest,
        high=highest,
        step=step,
        unit=about.unit,
        home=_nearest(own, lowest, highest, step),
        help=f"{about.help} Patient {own:.3g}, accepted {low:.3g} to {high:.3g} {about.unit}.",
    )


def speed_spec(pump: Pump) -> SliderSpec:
    """The slider of a pump's speed; it starts in the middle of the pump's everyday range."""
    low, high = pump.speed_range_rpm
    usual_low, usual_high = pump.usual_range_rpm
    return SliderSpec(
        label="Pump speed",
        low=float(low),
        high=float(high),
        step=float(SPEED_STEP_RPM),
        unit="rpm",
        home=float(starting_speed_rpm(pump)),
        help=f"{pump.label}: everyday range {usual_low:.0f} to {usual_high:.0f} rpm. {pump.source}.",
    )


def starting_values(patient: LeftHeartParameters) -> dict[str, float]:
    """Where each slider stands for the patient as found, by parameter name."""
    names = WHAT_IF_PARAMETERS[circuits.of(patient).name]
    return {name: slider_spec(name, patient).home for name in names}


def starting_speed_rpm(pump: Pump) -> int:
    """The speed a pump is switched on at: the middle of its everyday range."""
    return SPEED_STEP_RPM * round(sum(pump.usual_range_rpm) / 2 / SPEED_STEP_RPM)


def scenario(patient: LeftHeartParameters, values: dict[str, float], pump: Pump, speed_rpm: float | None) -> Scenario:
    """The what-if that the sliders describe.

    A slider where it started changes nothing: the patient keeps the exact value, not the nearest on the grid.

    Args:
        patient: The patient's circuit.
        values: Where the sliders stand, by parameter name.
        pump: The pump chosen.
        speed_rpm: Pump speed, or None with the pump off.

    Raises:
        ValueError: If a value is out of bounds.
    """
    start = starting_values(patient)
    return Scenario(
        name=SCENARIO_NAME,
        changes={name: value for name, value in values.items() if value != start[name]},
        pump=pump.name if speed_rpm is not None else None,
        speed_rpm=speed_rpm,
    )


def _nearest(value: float, low: float, high: float, step: float) -> float:
    return round(min(max(step * round(value / step), low), high), _digits(step))


def _digits(step: float) -> int:
    return max(0, -round(math.log10(step)))
