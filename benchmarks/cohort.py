"""How many patients a second does the compiled batch solve, and does it say what the single solve says?

Sobol draws: over ranges that patients have, and over everything the circuits accept. Rates are wall time with the
beats and all their waveforms made; processor time counts every core's.

Run: PYTHONPATH=. python benchmarks/cohort.py [--patients N] [--compared N]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np
from machine import describe
from scipy.stats import qmc

from twin_core.circuit import Beat, CircuitParameters, ClosedLoopParameters, pumps, solve_periodic
from twin_core.circuit.cohort import solve_cohort
from twin_core.circuit.five_state_parameters import LeftHeartParameters

LEFT_HEART = {
    "heart_rate_bpm": (50.0, 110.0),
    "emax_mmhg_per_ml": (0.5, 3.0),
    "emin_mmhg_per_ml": (0.03, 0.1),
    "unstressed_volume_ml": (5.0, 24.0),
    "mitral_resistance": (0.005, 0.05),
    "aortic_resistance": (0.001, 0.1),
    "systemic_resistance": (0.7, 1.5),
    "systemic_compliance": (0.8, 2.0),
}
PLAUSIBLE: dict[type[LeftHeartParameters], dict[str, tuple[float, float]]] = {
    CircuitParameters: {**LEFT_HEART, "initial_volume_ml": (100.0, 250.0)},
    ClosedLoopParameters: {
        **LEFT_HEART,
        "lv_stiffness_per_ml": (0.0, 0.012),
        "total_blood_volume_ml": (4800.0, 5700.0),
        "rv_emax_mmhg_per_ml": (0.3, 1.0),
        "rv_emin_mmhg_per_ml": (0.03, 0.08),
        "pulmonary_resistance": (0.06, 0.3),
        "aortic_leak": (0.0, 0.5),
        "mitral_leak": (0.0, 0.5),
    },
}
COMPARED = (  # index and the size under which a difference is counted against that size, in the index's unit
    *(("edv_ml", 1.0), ("esv_ml", 1.0), ("mean_arterial_pressure_mmhg", 1.0), ("systolic_pressure_mmhg", 1.0)),
    *(("diastolic_pressure_mmhg", 1.0), ("left_atrial_pressure_mmhg", 1.0), ("lv_peak_pressure_mmhg", 1.0)),
    *(("cardiac_output_l_min", 0.1), ("pump_flow_l_min", 0.1), ("stroke_work_mmhg_ml", 100.0)),
)


def draw(circuit: type[LeftHeartParameters], count: int, whole: bool) -> list[LeftHeartParameters]:
    """Sobol draws of a circuit's parameters, over its bounds or over what patients have."""
    bounds = {name: about.bounds for name, about in circuit.infos().items()}
    ranges = bounds if whole else PLAUSIBLE[circuit]
    low, high = np.array(list(ranges.values())).T
    draws = low + qmc.Sobol(len(ranges), seed=0).random(count) * (high - low)
    return [circuit.from_dict(dict(zip(ranges, one, strict=True))) for one in draws]


def differences(beat: Beat, reference: Beat) -> list[float]:
    """Relative difference of every compared index."""
    return [
        abs(getattr(beat, name) - getattr(reference, name)) / max(abs(getattr(reference, name)), floor)
        for name, floor in COMPARED
    ]


def main() -> None:
    """Print the table of RESULTS.md."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=2048, help="draws a row")
    parser.add_argument("--compared", type=int, default=256, help="of them also solved one by one")
    options = parser.parse_args()
    print(describe())
    print(
        "\n| cohort | patients/s | per CPU-second | statuses | median off % | 99 % off % | worst off % | same status |"
    )
    print("| :-- | --: | --: | :-- | --: | --: | --: | --: |")
    for circuit, whole, pump_name, speed in (
        (CircuitParameters, False, None, None),
        (CircuitParameters, False, "heartmate3", 5400.0),
        (CircuitParameters, True, None, None),
        (CircuitParameters, True, "heartmate3", 5400.0),
        (ClosedLoopParameters, False, None, None),
        (ClosedLoopParameters, False, "heartmate3", 5400.0),
        (ClosedLoopParameters, True, None, None),
    ):
        patients = draw(circuit, options.patients, whole)
        pump = pumps.get(pump_name) if pump_name else None
        solve_cohort(patients[:2], pump=pump, speed_rpm=speed)  # compiles
        wall, processor = time.perf_counter(), time.process_time()
        beats = solve_cohort(patients, pump=pump, speed_rpm=speed)
        wall, processor = time.perf_counter() - wall, time.process_time() - processor
        off, same = [], 0
        for patient, beat in zip(patients[: options.compared], beats, strict=False):
            reference = solve_periodic(patient, pump=pump, speed_rpm=speed)
            same += reference.status == beat.status
            if "not_periodic" not in (reference.status, beat.status):
                off += differences(beat, reference)
        name = f"{'five_state' if circuit is CircuitParameters else 'closed_loop'}, "
        name += "whole box" if whole else "as patients have"
        name += f", {pump.label} at {speed:.0f} rpm" if pump else ""
        statuses = ", ".join(f"{count} {status}" for status, count in Counter(beat.status for beat in beats).items())
        middle, slow, worst = 100 * np.median(off), 100 * np.percentile(off, 99), 100 * max(off)
        rates = f"{len(beats) / wall:.0f} | {len(beats) / processor:.0f}"
        agreement = f"{middle:.1g} | {slow:.1g} | {worst:.1g} | {same} of {options.compared}"
        print(f"| {name} | {rates} | {statuses} | {agreement} |", flush=True)
    print(f"\n{describe()}")


if __name__ == "__main__":
    main()
