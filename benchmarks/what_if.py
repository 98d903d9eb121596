"""How fast is one what-if: a new pump speed to a converged beat, against the published recipe?

The published recipe is re-created in its own form: a right-hand side in pure Python, SciPy's odeint, 70 beats on a
grid of 60,000 samples a beat, LV pressure computed sample by sample in a list comprehension (so AlaaLab/med-real2sim,
LVAD_experiments/lvad_simulator.py), the answer read off the last beat. Both run here, one after the other, on the same
heart, and the answers are compared.

    python benchmarks/what_if.py
"""

from __future__ import annotations

import platform
import statistics
import time

import numpy as np
from scipy.integrate import odeint

from twin_core.circuit import presets, pumps, solve_periodic
from twin_core.circuit.units import L_MIN_PER_ML_S

PATIENT = presets.load("heart_failure")
PUMP = pumps.get("axial")
BEATS = 70
SAMPLES_A_BEAT = 60_000


def published_recipe(speed_rpm: float) -> tuple[float, float, float, float]:
    """EDV, ESV (mL), peak LV pressure (mmHg), cardiac output (L/min) as the paper's code does, pump signs right."""
    p = PATIENT
    tc = p.cycle_length_s
    emax, emin, vd = p.emax_mmhg_per_ml, p.emin_mmhg_per_ml, p.unstressed_volume_ml
    rs, rm, ra, rc = p.systemic_resistance, p.mitral_resistance, p.aortic_resistance, p.characteristic_resistance
    cr, cs, ca, ls = p.left_atrial_compliance, p.systemic_compliance, p.aortic_compliance, p.aortic_inertance
    h0, h1, _ = PUMP.head_coefficients(speed_rpm)

    def elastance(t):
        tn = (t % tc) / (0.2 + 0.15 * tc)
        return (emax - emin) * 1.55 * (tn / 0.7) ** 1.9 / (1 + (tn / 0.7) ** 1.9) / (1 + (tn / 1.17) ** 21.9) + emin

    def derivative(y, t):
        plv = elastance(t) * (y[0] - vd)
        mitral = max(y[1] - plv, 0) / rm
        aortic = max(plv - y[3], 0) / ra
        suction = PUMP.suction_gain * max(PUMP.suction_threshold_mmhg - plv, 0)
        return [
            mitral - aortic - y[5],
            ((y[2] - y[1]) / rs - mitral) / cr,
            ((y[1] - y[2]) / rs + y[4]) / cs,
            (-y[4] + aortic + y[5]) / ca,
            (y[3] - y[2] - rc * y[4]) / ls,
            (plv - y[3] + h0 + h1 * y[5] - (PUMP.cannula_resistance + suction) * y[5]) / PUMP.inertance,
        ]

    start_v, pressure = p.initial_volume_ml, p.initial_aortic_pressure_mmhg
    start = [start_v + vd, start_v * emin, pressure, pressure, 0.0, 0.0]
    grid = np.linspace(0, tc * BEATS, SAMPLES_A_BEAT * BEATS)
    solution = odeint(derivative, start, grid)
    pressure = np.array([elastance(t) * (v - vd) for t, v in zip(grid, solution[:, 0], strict=True)])
    last = solution[-SAMPLES_A_BEAT:]
    output = L_MIN_PER_ML_S * float(np.mean(last[:, 2] - last[:, 1])) / rs
    volume = last[:, 0]
    return float(volume.max()), float(volume.min()), float(pressure[-SAMPLES_A_BEAT:].max()), output


def main() -> None:
    """Print the table of RESULTS.md."""
    speed = 10_000.0
    beat = solve_periodic(PATIENT, pump=PUMP, speed_rpm=9000.0)  # also compiles

    speeds = np.random.default_rng(0).uniform(7000, 13_000, 300)
    ours = []
    for one in speeds:
        started = time.perf_counter()
        beat = solve_periodic(PATIENT, pump=PUMP, speed_rpm=float(one), start=beat)
        ours.append(time.perf_counter() - started)
        assert beat.status == "periodic"

    published = []
    for _ in range(3):
        started = time.perf_counter()
        answer = published_recipe(speed)
        published.append(time.perf_counter() - started)
    beat = solve_periodic(PATIENT, pump=PUMP, speed_rpm=speed, start=beat)

    median, slow = statistics.median(ours), float(np.percentile(ours, 95))
    recipe = statistics.median(published)
    print(f"{platform.machine()}, Python {platform.python_version()}; heart_failure preset, axial pump")
    print(f"what-if, median of {len(ours)} speeds: {1e3 * median:.1f} ms, 95th percentile {1e3 * slow:.1f} ms")
    print(f"published recipe, median of {len(published)}: {recipe:.2f} s")
    print(f"ratio: {recipe / median:.0f}")
    print(f"at {speed:.0f} rpm   EDV mL   ESV mL   peak mmHg   CO L/min")
    what_if = (beat.edv_ml, beat.esv_ml, beat.lv_peak_pressure_mmhg, beat.cardiac_output_l_min)
    for name, (edv, esv, peak, output) in {"published": answer, "what-if": what_if}.items():
        print(f"  {name:10} {edv:8.2f} {esv:8.2f} {peak:11.2f} {output:10.3f}")


if __name__ == "__main__":
    main()
