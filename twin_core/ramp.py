"""Ramp studies: pump speed stepped up, haemodynamics at each step, and which speeds meet the targets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.optimize import brentq

from twin_core.circuit import Beat, ClosedLoopBeat, ParameterError, solve_periodic
from twin_core.circuit.cohort import solve_cohort
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.pumps import Pump

MAX_STEPS = 200
MOST_SPEEDS_SHOWN = 41  # that fit on axes and in a table; more say nothing more
DRAWS = 50  # of a twin's that a ramp is judged on: a share is then known to 7 points, in seconds


@dataclass(frozen=True, kw_only=True)
class Targets:
    """What a well-set pump should reach (Uriel 2016, JACC HF 4:208; ISHLT guidelines; FDA-era practice for MAP)."""

    mean_pressure_low_mmhg: float = 65.0
    mean_pressure_high_mmhg: float = 90.0
    wedge_pressure_mmhg: float = 18.0
    central_venous_pressure_mmhg: float = 12.0
    valve_open_fraction: float = 0.0  # the aortic valve should open: over this share of the cycle


@dataclass(frozen=True, kw_only=True)
class Step:
    """One speed of a ramp.

    Attributes:
        speed_rpm: Pump speed.
        beat: The patient's periodic beat at it.
        reasons: Why the speed misses a target; empty if it meets all.
        share_met: Share of posterior draws that meet every target; None without draws.
    """

    speed_rpm: float
    beat: Beat
    reasons: tuple[str, ...]
    share_met: float | None = None

    def row(self) -> dict[str, Any]:
        """The step's numbers by JSON key."""
        return {
            "speed_rpm": self.speed_rpm,
            **self.beat.indices(),
            "lv_end_diastolic_diameter_cm": end_diastolic_diameter_cm(self.beat.edv_ml),
            "reasons": list(self.reasons),
            "share_of_draws_met": self.share_met,
        }


@dataclass(frozen=True, kw_only=True)
class RampStudy:
    """One pump's ramp in one patient.

    Attributes:
        pump: The pump.
        steps: Its steps, at least one.
        targets: What they were judged by.
    """

    pump: Pump
    steps: tuple[Step, ...]
    targets: Targets

    @property
    def recommended(self) -> dict[str, Any]:
        """The speeds that meet every target, as ``recommend_speed`` gives them."""
        return recommend_speed(self.steps, self.targets)


def ramp_study(patient: LeftHeartParameters, pump: Pump, targets: Targets | None = None) -> RampStudy:
    """The pump's ramp over the speeds round its everyday range; arguments as for ``ramp``."""
    aims = targets or Targets()
    steps = ramp(patient, pump, speeds(*usual_sweep(pump), pump), targets=aims)
    return RampStudy(pump=pump, steps=tuple(steps), targets=aims)


def usual_sweep(pump: Pump) -> tuple[float, float, float]:
    """From, to and step in rpm of a ramp round the pump's everyday range."""
    (low, high), (lowest, highest) = pump.usual_range_rpm, pump.speed_range_rpm
    margin = 0.6 * (high - low)
    ends = max(100.0 * round((low - margin) / 100), lowest), min(100.0 * round((high + margin) / 100), highest)
    return *ends, 500.0 if high - low > 2000 else 200.0


def speeds(low: float, high: float, step: float, pump: Pump) -> list[float]:
    """Speeds of a ramp, both ends included.

    Raises:
        ParameterError: If the step or the order is wrong, there are too many steps, or the pump cannot run there.
    """
    pump.check_speed(low)
    pump.check_speed(high)
    if not (math.isfinite(step) and step > 0) or high < low:
        raise ParameterError(f"a ramp from {low} to {high} rpm by {step} has no steps; give from < to and step > 0.")
    if (high - low) / step >= MAX_STEPS:
        raise ParameterError(
            f"a ramp from {low} to {high} rpm by {step} has over {MAX_STEPS} steps; give a larger step."
        )
    inner = [low + k * step for k in range(int((high - low) / step + 1e-9) + 1)]
    return inner if high - inner[-1] < 1e-6 * step else [*inner, high]


def ramp(
    patient: LeftHeartParameters,
    pump: Pump,
    at_speeds: Sequence[float],
    *,
    targets: Targets | None = None,
    draws: Sequence[LeftHeartParameters] = (),
    reflex: bool = True,
) -> list[Step]:
    """Solve the patient at every speed, each warm-started from the one before.

    Args:
        patient: The patient's circuit.
        pump: The pump.
        at_speeds: Speeds in rpm, in the order to solve them.
        targets: What to judge each speed by.
        draws: Posterior draws of the patient's circuit; each speed is then also judged on all of them.
        reflex: Whether the baroreflex acts, where the circuit has one.
    """
    aims = targets or Targets()
    beat: Beat | None = None
    steps = []
    for speed in at_speeds:
        beat = solve_periodic(patient, pump=pump, speed_rpm=speed, start=beat, reflex=reflex)
        share = None
        if draws:
            drawn = solve_cohort(draws, pump=pump, speed_rpm=speed, reflex=reflex)
            share = float(np.mean([not missed_targets(one, aims) for one in drawn]))
        steps.append(Step(speed_rpm=speed, beat=beat, reasons=missed_targets(beat, aims), share_met=share))
    return steps


def missed_targets(beat: Beat, targets: Targets) -> tuple[str, ...]:
    """Why a beat on a pump misses the targets, one sentence each; empty if it meets them all."""
    if beat.status == "not_periodic":
        return ("no steady beat at this speed",)
    reasons = []
    mean, wedge = beat.mean_arterial_pressure_mmhg, beat.left_atrial_pressure_mmhg
    if beat.suction:
        reasons.append(f"suction: LV pressure falls to {beat.lv_pressure_mmhg.min():.0f} mmHg")
    if beat.pump_flow_l_min <= 0:
        reasons.append(f"the pump leaks backward ({beat.pump_flow_l_min:.1f} L/min)")
    if mean < targets.mean_pressure_low_mmhg:
        reasons.append(f"mean arterial pressure {mean:.1f} under {targets.mean_pressure_low_mmhg:.0f} mmHg")
    if mean > targets.mean_pressure_high_mmhg:
        reasons.append(f"mean arterial pressure {mean:.1f} over {targets.mean_pressure_high_mmhg:.0f} mmHg")
    if wedge >= targets.wedge_pressure_mmhg:
        reasons.append(f"wedge pressure {wedge:.1f} not under {targets.wedge_pressure_mmhg:.0f} mmHg")
    if isinstance(beat, ClosedLoopBeat):
        venous = beat.central_venous_pressure_mmhg
        if venous >= targets.central_venous_pressure_mmhg:
            reasons.append(
                f"central venous pressure {venous:.1f} not under {targets.central_venous_pressure_mmhg:.0f} mmHg"
            )
    if beat.aortic_valve_open_fraction <= targets.valve_open_fraction:
        reasons.append("the aortic valve stays shut")
    return tuple(reasons)


def recommend_speed(steps: Sequence[Step], targets: Targets | None = None) -> dict[str, Any]:
    """The speeds that meet every target, or the reasons why none does.

    Args:
        steps: A ramp's steps.
        targets: What the ramp judged them by.

    Returns:
        ``range_rpm`` (lowest and highest speed that meets all targets, None if none does; one between them may not),
        ``speeds_rpm``, a ``summary`` in a sentence, and ``ruled_out``: speed and reasons of every other step.
    """
    good = [step.speed_rpm for step in steps if not step.reasons]
    ruled_out = [{"speed_rpm": step.speed_rpm, "reasons": list(step.reasons)} for step in steps if step.reasons]
    if good:
        summary = f"{min(good):.0f} to {max(good):.0f} rpm meet every target."
        between = [step.speed_rpm for step in steps if step.reasons and min(good) < step.speed_rpm < max(good)]
        if min(good) == max(good):
            summary = f"{good[0]:.0f} rpm meets every target."
        elif between:
            summary = f"{_listed(good)} rpm meet every target; between them {_listed(between)} rpm "
            summary += f"{'misses' if len(between) == 1 else 'miss'} one or more."
    else:
        usable = [step for step in steps if step.beat.status == "periodic"] or list(steps)
        fewest = min(usable, key=lambda step: len(step.reasons))
        summary = f"No speed meets every target; {fewest.speed_rpm:.0f} rpm comes nearest: {'; '.join(fewest.reasons)}."
    return {
        "range_rpm": [min(good), max(good)] if good else None,
        "speeds_rpm": good,
        "summary": summary,
        "ruled_out": ruled_out,
        "targets": asdict(targets or Targets()),
    }


def _listed(speeds_rpm: Sequence[float]) -> str:
    *others, last = [f"{speed:.0f}" for speed in speeds_rpm]
    return f"{', '.join(others)} and {last}" if others else last


def beside_range(steps: Sequence[Step]) -> list[str]:
    """Why the speeds next to the recommended ones miss, one sentence each; none without recommended ones."""
    good = [i for i, step in enumerate(steps) if not step.reasons]
    beside = [i for i in (good[0] - 1, good[-1] + 1) if 0 <= i < len(steps)] if good else []
    return [f"At {steps[i].speed_rpm:.0f} rpm: {'; '.join(steps[i].reasons)}." for i in beside]


def suction_speed(patient: LeftHeartParameters, pump: Pump, *, reflex: bool = True) -> float | None:
    """Lowest speed in rpm at which the steady beat shows suction, to 10 rpm; None if none within the pump's range."""
    low, high = pump.speed_range_rpm

    def margin(speed: float) -> float:
        beat = solve_periodic(patient, pump=pump, speed_rpm=speed, reflex=reflex)
        return float(beat.lv_pressure_mmhg.min()) - pump.suction_threshold_mmhg

    if margin(high) > 0:
        return None
    if margin(low) <= 0:
        return low
    return float(brentq(margin, low, high, xtol=10.0))


def end_diastolic_diameter_cm(edv_ml: float) -> float:
    """LV end-diastolic diameter in cm from EDV: V = 7 D³ / (2.4 + D) solved for D (Teichholz 1976)."""
    widest = max(2.4, math.sqrt(edv_ml / 3.5))  # from 2.4 cm on, V is at least 3.5 D²
    return float(brentq(lambda d: 7.0 * d**3 / (2.4 + d) - edv_ml, 0.0, widest))
