"""How fast is one what-if here, against the published recipe, plain integration and the packages one can install?

A what-if is one new value to a converged beat: pump speed for our circuits, resistance for packages without a pump.
Beside each time stands how far the answer is from rest: from the same model run on until it stands still, at tight
tolerance. Packages run in environments of their own (made under --cache, with pip), as their documentation says.

Run: PYTHONPATH=. python benchmarks/peers.py [--cache DIR] [--only-ours]
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from machine import describe
from scipy.integrate import solve_ivp
from what_if import PATIENT, PUMP, published_recipe

from twin_core.circuit import Beat, circuits, equations, presets, pumps, solve_periodic
from twin_core.circuit.circuits import AORTIC
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.fixed_point import SCALE, TOLERANCE
from twin_core.circuit.pumps import Pump
from twin_core.circuit.units import L_MIN_PER_ML_S

Answer = TypeVar("Answer")
REFLEX_SHARE = 0.3  # of a beat's mean pressure that plain integration hands on; all of it, and pressure never settles
CHILDREN = Path(__file__).parent / "packages"
PACKAGES = (  # label, what to install, script and its arguments; ModularCirc 0.3.0 does not run with numpy 2
    (
        "circulation 0.4.0, Regazzoni 2020 (12 states), 20 beats",
        ("circulation==0.4.0",),
        ("regazzoni.py", "5"),
    ),
    (
        "ModularCirc 0.3.0, Naghavi (5 states), LSODA",
        ("ModularCirc==0.3.0", "numpy<2"),
        ("naghavi.py", "20", "LSODA"),
    ),
    (
        "ModularCirc 0.3.0, Naghavi (5 states), its default BDF",
        ("ModularCirc==0.3.0", "numpy<2"),
        ("naghavi.py", "5", "BDF"),
    ),
)


@dataclass(kw_only=True)
class Timed:
    """Times of many what-ifs, in s, and how far the answers are from rest.

    Attributes:
        name: Model and method.
        wall: Wall time of each.
        processor: Processor time of each.
        edv_error: Relative error of EDV, worst of those checked.
        pressure_error: Relative error of mean arterial pressure, worst of those checked.
        gap_ml: LV volume between the two ends of the last beat, worst.
    """

    name: str
    wall: list[float] = field(default_factory=list)
    processor: list[float] = field(default_factory=list)
    edv_error: float = 0.0
    pressure_error: float = 0.0
    gap_ml: float = 0.0

    def time(self, what_if: Callable[..., Answer], *arguments: Any, **options: Any) -> Answer:
        """Time one what-if and give its answer."""
        wall, processor = time.perf_counter(), time.thread_time()
        found = what_if(*arguments, **options)
        self.wall.append(time.perf_counter() - wall)
        self.processor.append(time.thread_time() - processor)
        return found

    def check(self, edv: float, pressure: float, gap_ml: float, rest: tuple[float, float]) -> None:
        """Keep the worst difference from rest (EDV, mean pressure)."""
        self.edv_error = max(self.edv_error, abs(edv / rest[0] - 1))
        self.pressure_error = max(self.pressure_error, abs(pressure / rest[1] - 1))
        self.gap_ml = max(self.gap_ml, gap_ml)

    def row(self, ours: float) -> str:
        """A row of the table; how many times ours fits into its median."""
        wall, slow = 1e3 * np.median(self.wall), 1e3 * np.percentile(self.wall, 95)
        ratio = np.median(self.wall) / ours
        times = f"{wall:.1f} | {slow:.1f} | {1e3 * np.median(self.processor):.1f} | {ratio:.1f}"
        gap = "–" if np.isnan(self.gap_ml) else f"{self.gap_ml:.0e}"
        errors = f"{100 * self.edv_error:.1g} | {100 * self.pressure_error:.1g} | {gap}"
        return f"| {self.name} | {len(self.wall)} | {times} | {errors} |"


def run_to_rest(
    patient: LeftHeartParameters,
    pump: Pump,
    speed_rpm: float,
    start: Beat,
    reflex: bool,
    rtol: float,
    until: float,
) -> np.ndarray:
    """Beat after beat by SciPy's solve_ivp (LSODA) until the residual is under a limit: states of the last beat.

    Args:
        patient: The circuit.
        pump: The pump.
        speed_rpm: Its speed.
        start: Beat to start from.
        reflex: Whether the baroreflex acts.
        rtol: Relative tolerance; the absolute one is ten times it.
        until: Residual to stop at, as our solver's.
    """
    rows = circuits.pack(patient, pump, speed_rpm)
    state, sensed = start.initial_state, start.mean_arterial_pressure_mmhg
    for _ in range(2000):
        if reflex:
            equations.apply_reflex(rows, sensed)
        times = np.linspace(0.0, rows["tc"][0], 1001)
        states = solve_ivp(
            lambda t, x: equations.right_hand_side(x, t, rows[0]),
            (0.0, times[-1]),
            state,
            method="LSODA",
            t_eval=times,
            rtol=rtol,
            atol=10 * rtol,
        ).y.T
        mean = float(np.trapezoid(states[:, AORTIC])) / (len(times) - 1)
        residual = np.abs(states[-1] - states[0]).max() / SCALE
        if reflex:
            residual = max(residual, abs(mean - sensed) / SCALE)
            sensed += REFLEX_SHARE * (mean - sensed)
        if residual < until:
            return states
        state = states[-1]
    raise RuntimeError(f"not at rest after 2000 beats at {speed_rpm:.0f} rpm")


def summary(states: np.ndarray) -> tuple[float, float]:
    """EDV and mean aortic pressure of a beat's states."""
    return float(states[:, 0].max()), float(np.trapezoid(states[:, AORTIC])) / (len(states) - 1)


def time_circuit(name: str, patient: LeftHeartParameters, pump: Pump, reflex: bool, plain: int) -> tuple[Timed, Timed]:
    """What-ifs of one circuit over random speeds by our solver, and the first of them by plain integration."""
    low, high = 0.75 * pump.usual_range_rpm[0], 1.2 * pump.usual_range_rpm[1]
    speeds = np.random.default_rng(0).uniform(low, high, 300)
    ours, other = Timed(name=f"**{name}**"), Timed(name=f"{name}, plain solve_ivp (LSODA, rtol 1e-7)")
    beat = solve_periodic(patient, pump=pump, speed_rpm=(low + high) / 2, reflex=reflex)  # also compiles
    for k, speed in enumerate(map(float, speeds)):
        start = beat
        beat = ours.time(solve_periodic, patient, pump=pump, speed_rpm=speed, start=start, reflex=reflex)
        if beat.status == "not_periodic":
            raise RuntimeError(f"{name}: {beat.message}")
        if k < plain:
            at_rest = summary(run_to_rest(patient, pump, speed, beat, reflex, 1e-10, 1e-8))
            found = beat.edv_ml, beat.mean_arterial_pressure_mmhg
            ours.check(*found, abs(beat.lv_volume_ml[-1] - beat.lv_volume_ml[0]), at_rest)
            states = other.time(run_to_rest, patient, pump, speed, start, reflex, 1e-7, TOLERANCE)
            other.check(*summary(states), abs(states[-1, 0] - states[0, 0]), at_rest)
    return ours, other


def time_recipe(runs: int) -> Timed:
    """The paper's recipe on the five-state circuit; it has no warm start."""
    timed = Timed(name="five_state, published recipe (odeint, 70 beats of 60,000 samples)")
    for speed in map(float, np.random.default_rng(1).uniform(8000, 12000, runs)):
        answer = timed.time(published_recipe, speed)
        beat = solve_periodic(PATIENT, pump=PUMP, speed_rpm=speed)
        states = run_to_rest(PATIENT, PUMP, speed, beat, False, 1e-10, 1e-8)
        rest_output = L_MIN_PER_ML_S * float(np.trapezoid(states[:, 2] - states[:, 1])) / (len(states) - 1)
        timed.edv_error = max(timed.edv_error, abs(answer[0] / summary(states)[0] - 1))
        timed.pressure_error = max(timed.pressure_error, abs(answer[3] / rest_output - 1))  # it gives flow instead
    timed.gap_ml = float("nan")
    return timed


def time_package(name: str, needs: tuple[str, ...], script: tuple[str, ...], cache: Path) -> Timed | None:
    """A package in its own environment; None, with the reason printed, if it cannot be installed or run."""
    home = cache / needs[0].replace("==", "-")
    python = home / "bin" / "python"
    if not python.exists():
        venv.create(home, with_pip=True)
    commands = (
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *needs],
        [python, CHILDREN / script[0], *script[1:]],
    )
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            print(f"{name} left out: {(done.stderr.strip() or 'no message').splitlines()[-1]}", file=sys.stderr)
            return None
    found = json.loads(done.stdout.splitlines()[-1])
    timed = Timed(name=name, wall=found["wall"], processor=found["processor"])
    beat, rest = found["beat"], found["rest"]
    timed.check(beat["edv"], beat["pressure"], beat["gap"], (rest["edv"], rest["pressure"]))
    return timed


def main() -> None:
    """Print the table of RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    cache = Path(tempfile.gettempdir()) / "lvad-twin-peers"
    parser.add_argument("--cache", type=Path, default=cache, help="where the packages' environments are made")
    parser.add_argument("--only-ours", action="store_true", help="leave the packages and the published recipe out")
    options = parser.parse_args()
    print(describe())

    closed = presets.load("severe_heart_failure", "closed_loop")
    five, five_plain = time_circuit("five_state, axial pump", PATIENT, PUMP, False, 10)
    loop, loop_plain = time_circuit("closed_loop with reflex, HeartMate 3", closed, pumps.get("heartmate3"), True, 5)
    still, still_plain = time_circuit("closed_loop, no reflex, HeartMate II", closed, pumps.get("heartmate2"), False, 5)
    rows: list[Timed | None] = [five, five_plain, loop, loop_plain, still, still_plain]
    if not options.only_ours:
        rows.insert(2, time_recipe(3))
        rows += [time_package(*package, options.cache) for package in PACKAGES]
    print("\n| one what-if | runs | median ms | 95 % ms | CPU ms | × closed_loop | EDV off % | MAP off % | gap mL |")
    print("| :-- | --: | --: | --: | --: | --: | --: | --: | --: |")
    for timed in rows:
        if timed is not None:
            print(timed.row(float(np.median(loop.wall))))
    print(f"\n{describe()}")


if __name__ == "__main__":
    main()
