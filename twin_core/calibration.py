"""Calibrating a circuit to what the clinician knows: cuff pressure, heart rate, volumes, catheter readings."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.optimize import least_squares

from twin_core.circuit import INDICES, Beat, ClosedLoopParameters, ParameterError, circuits, fixed_point, solve_periodic
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.indices import CLOSED_LOOP_INDICES
from twin_core.circuit.integrated_cycle import beat_from_states

# Spread of a careful reading around the truth, in the reading's unit: what a residual is weighed by.
READING_SD: dict[str, float] = {
    "systolic_pressure_mmhg": 3.0,
    "diastolic_pressure_mmhg": 3.0,
    "edv_ml": 4.0,
    "esv_ml": 4.0,
    "left_atrial_pressure_mmhg": 2.0,
    "central_venous_pressure_mmhg": 1.5,
    "cardiac_output_l_min": 0.3,
}
"""Measurements that can be given besides ``heart_rate_bpm``, by index name, with their spread."""

# What moves to meet the measurements, chosen for each to be steered by one of them; the rest stay as they are.
_COMMON = ("emax_mmhg_per_ml", "systemic_resistance", "systemic_compliance", "emin_mmhg_per_ml", "unstressed_volume_ml")
_PRELOAD = {"five_state": "initial_volume_ml", "closed_loop": "total_blood_volume_ml"}
_RIGHT_HEART = ("rv_emax_mmhg_per_ml", "rv_emin_mmhg_per_ml")
_PRIOR_SD = 0.35  # of a parameter on the unit scale of its bounds: weak beside any measurement
_FIXED_SHARE = 0.5  # a parameter whose spread fell under this share of its prior's was fixed by the data
_STARTS = (0.0, -0.15, 0.15)  # shifts of the first guess on the unit scale
_GOOD_ENOUGH = 1.0  # residual, in reading spreads, at which further starts are not tried
_SEARCH = (1e-5, 1e-5, 1e-4)  # tolerance, rtol and atol of the compiled solver while fitting
_STEP = 1e-3  # of the unit scale, for the Jacobian by differences
_MAX_EVALUATIONS = 25


@dataclass(frozen=True, kw_only=True)
class Calibration:
    """What a calibration found.

    Attributes:
        parameters: The calibrated circuit.
        beat: Its resting beat.
        residuals: For each measurement: measured, simulated, difference.
        parameter_status: For each parameter that could move: ``fixed by the data``, ``at its prior``, ``at its bound``.
        worst: Largest difference over its reading's spread.
    """

    parameters: LeftHeartParameters
    beat: Beat
    residuals: dict[str, dict[str, float]]
    parameter_status: dict[str, str]
    worst: float

    @property
    def summary(self) -> str:
        """How well it went, in a sentence."""
        if self.beat.status == "not_periodic":
            return f"The circuit found has no steady beat; check the readings. {self.beat.message}"
        if self.worst <= 2.0:
            return "Every measurement is met within its reading error."
        name, values = max(self.residuals.items(), key=lambda item: abs(item[1]["difference"]) / READING_SD[item[0]])
        about = CLOSED_LOOP_INDICES[name]
        return (
            f"The circuit cannot meet all measurements together: {about.label} is {values['simulated']:.1f} where "
            f"{values['measured']:.1f} {about.unit} was measured; check the readings."
        )


def calibrate(prior: LeftHeartParameters, measured: Mapping[str, float]) -> Calibration:
    """Move a circuit to meet measurements, as little as they need.

    Least squares on the measurements, each weighed by its reading error, with a weak Gaussian prior round the
    given circuit; from up to three starts. The baroreflex is at rest: measurements are taken at rest, and its set
    point is moved to the mean pressure found.

    Args:
        prior: The circuit to start from: an echo twin, or a preset.
        measured: Values by name: ``heart_rate_bpm`` and any of ``READING_SD``; at least one of these.

    Raises:
        ParameterError: If a name is unknown, a value is not a positive number, systolic is not above diastolic or
            EDV not above ESV, or central venous pressure is given for a circuit without veins.
    """
    _check(prior, measured)
    if "heart_rate_bpm" in measured:
        prior = prior.replace(heart_rate_bpm=measured["heart_rate_bpm"])
    names = [name for name in READING_SD if name in measured]
    closed = isinstance(prior, ClosedLoopParameters)
    free = [*_COMMON, _PRELOAD[circuits.of(prior).name]]
    if closed and "central_venous_pressure_mmhg" in measured:
        free += _RIGHT_HEART
    scale = _UnitScale(prior, free)
    wanted = np.array([measured[name] for name in names])
    spread = np.array([READING_SD[name] for name in names])
    centre = scale.to_unit(prior)
    guess: np.ndarray | None = None

    def residuals(unit: np.ndarray) -> np.ndarray:
        nonlocal guess
        beat, guess = _quick_beat(scale.to_parameters(unit), guess)
        simulated = np.array([getattr(beat, name) for name in names])
        return np.concatenate([(simulated - wanted) / spread, (unit - centre) / _PRIOR_SD])

    best = None
    for shift in _STARTS:
        start = np.clip(centre + shift, 0.02, 0.98)
        found = least_squares(residuals, start, bounds=(0.0, 1.0), diff_step=_STEP, max_nfev=_MAX_EVALUATIONS)
        if best is None or found.cost < best.cost:
            best = found
        if np.abs(best.fun[: len(names)]).max() < _GOOD_ENOUGH:
            break
    assert best is not None
    parameters = scale.to_parameters(best.x)
    beat = solve_periodic(parameters, reflex=False)
    if isinstance(parameters, ClosedLoopParameters):
        low, high = parameters.infos()["reflex_set_point_mmhg"].bounds
        parameters = parameters.replace(reflex_set_point_mmhg=min(max(beat.mean_arterial_pressure_mmhg, low), high))
    table = {
        name: {
            "measured": float(measured[name]),
            "simulated": float(getattr(beat, name)),
            "difference": float(getattr(beat, name) - measured[name]),
        }
        for name in names
    }
    return Calibration(
        parameters=parameters,
        beat=beat,
        residuals=table,
        parameter_status=_status(free, best.x, best.jac),
        worst=max(abs(row["difference"]) / READING_SD[name] for name, row in table.items()),
    )


class _UnitScale:
    """Free parameters on 0 to 1: linear between their bounds."""

    def __init__(self, prior: LeftHeartParameters, free: list[str]) -> None:
        self.prior, self.free = prior, free
        bounds = np.array([prior.infos()[name].bounds for name in free])
        self.low, self.width = bounds[:, 0], bounds[:, 1] - bounds[:, 0]

    def to_unit(self, parameters: LeftHeartParameters) -> np.ndarray:
        values = np.array([getattr(parameters, name) for name in self.free])
        return (values - self.low) / self.width

    def to_parameters(self, unit: np.ndarray) -> LeftHeartParameters:
        values = self.low + np.clip(unit, 0.0, 1.0) * self.width
        return self.prior.replace(**dict(zip(self.free, values, strict=True)))


def _quick_beat(parameters: LeftHeartParameters, guess: np.ndarray | None) -> tuple[Beat, np.ndarray]:
    """The resting beat by the compiled solver alone, started from the last one's state."""
    circuit = circuits.of(parameters)
    rows = circuits.pack(parameters)
    cold = circuit.initial_state(parameters)
    state = cold if guess is None else guess[:-1].copy()
    weights = circuit.weights(parameters, cold.size)
    state = circuit.absorb(state, float(weights @ (cold - state)), parameters)
    begin, samples = np.append(state, state[circuits.AORTIC]), np.empty((201, cold.size))
    found, residual, cycles, _ = fixed_point.find(begin, rows, weights, False, *_SEARCH, samples)
    beat = beat_from_states(
        samples if np.isfinite(residual) else None, found[:-1], rows, parameters, None, None, residual, cycles
    )
    return beat, found


def _status(free: list[str], unit: np.ndarray, jacobian: np.ndarray) -> dict[str, str]:
    """Which parameters the data fixed, from the spread that the fit leaves each (Gauss–Newton covariance)."""
    covariance = np.linalg.pinv(jacobian.T @ jacobian)
    left = np.sqrt(np.diag(covariance)) / _PRIOR_SD
    status = {}
    for name, value, share in zip(free, unit, left, strict=True):
        at_bound = value < 1e-3 or value > 1 - 1e-3
        status[name] = "at its bound" if at_bound else "fixed by the data" if share < _FIXED_SHARE else "at its prior"
    return status


def _check(prior: LeftHeartParameters, measured: Mapping[str, float]) -> None:
    known = ("heart_rate_bpm", *READING_SD)
    for name, value in measured.items():
        if name not in known:
            raise ParameterError(f"there is no measurement {name!r}; choose from {', '.join(known)}.")
        if not (isinstance(value, int | float | np.number) and math.isfinite(value) and value > 0):
            raise ParameterError(f"{name} = {value} is not a positive number; give the reading in {_unit(name)}.")
    if not set(measured) & set(READING_SD):
        raise ParameterError(f"nothing to calibrate to; give at least one of {', '.join(READING_SD)}.")
    for above, below in (("systolic_pressure_mmhg", "diastolic_pressure_mmhg"), ("edv_ml", "esv_ml")):
        if above in measured and below in measured and measured[above] <= measured[below]:
            raise ParameterError(
                f"{above} = {measured[above]} is not above {below} = {measured[below]}; check the two readings."
            )
    if "central_venous_pressure_mmhg" in measured and not isinstance(prior, ClosedLoopParameters):
        raise ParameterError("the five-state circuit has no veins; calibrate central venous pressure in closed_loop.")


def _unit(name: str) -> str:
    return CLOSED_LOOP_INDICES.get(name, INDICES["heart_rate_bpm"]).unit
