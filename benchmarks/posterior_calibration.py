"""Do the posterior's 90 % intervals hold the truth nine times in ten, for every parameter and under an unseen pump?

Held-out patients of a seed used for nothing else are measured with errors. A parameter's interval holds the truth if
its rank among the draws is one of the middle 90 %, which is exact for any number of draws (Talts 2018, arXiv
1804.06788). EF, MAP and stroke work on a pump are solved for the patient and for every draw, at a speed nothing was
trained with. Writes the table of RESULTS.md to the screen and docs/posterior_calibration.svg.

Run: PYTHONPATH=. python benchmarks/posterior_calibration.py [--patients N] [--pump-patients N] [--weights FILE]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import matplotlib
import numpy as np
from machine import describe
from matplotlib.figure import Figure
from numpy.typing import NDArray

from twin_core.circuit import INDICES, PARAMETERS, pumps
from twin_core.circuit.cohort import solve_cohort
from twin_core.learning.observation import SETS, observe, only
from twin_core.learning.posterior import Posterior
from twin_core.learning.prior import UNKNOWN, circuits, draw_patients

SEED = 2_000_003  # of the held-out patients, their errors and the draws; no training or test run uses it
CIRCUITS = 4096
DRAWS, PUMP_DRAWS = 39, 19  # 40 and 20 ranks: 36 and 18 of them are the middle 90 %
PUMP, SPEED_RPM = "heartmate2", 9000.0
UNDER_PUMP = ("ejection_fraction_pct", "mean_arterial_pressure_mmhg", "stroke_work_mmhg_ml")
NOMINAL = np.linspace(0.1, 0.9, 9)
PICTURE = Path(__file__).resolve().parents[1] / "docs" / "posterior_calibration.svg"


def ranks(draws: NDArray[np.float64], truth: NDArray[np.float64]) -> NDArray[np.int64]:
    """How many of its draws each truth exceeds, 0 to draws: draws (N, draws, K), truth (N, K), ranks (N, K)."""
    return (draws < truth[:, None]).sum(axis=1)


def coverage(found: NDArray[np.int64], draws: int, level: float) -> NDArray[np.float64]:
    """Share of ranks (N, K) in the middle ``level`` of 0 to draws, by column."""
    outside = round((1.0 - level) / 2.0 * (draws + 1))
    return ((found >= outside) & (found <= draws - outside)).mean(axis=0)


def on_pump(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Indices of ``UNDER_PUMP`` of circuits (..., 9) on the pump (..., 3), NaN without a steady beat."""
    beats = solve_cohort(circuits(parameters.reshape(-1, len(UNKNOWN))), pump=pumps.get(PUMP), speed_rpm=SPEED_RPM)
    rows = [[getattr(b, n) if b.status != "not_periodic" else np.nan for n in UNDER_PUMP] for b in beats]
    return np.array(rows).reshape(*parameters.shape[:-1], len(UNDER_PUMP))


def main() -> None:
    """Print the table of RESULTS.md and draw the picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=2000, help="held-out patients")
    parser.add_argument("--pump-patients", type=int, default=1000, help="of them also solved on the pump")
    parser.add_argument("--weights", type=Path, default=None, help="weight file, if not the shipped one")
    options = parser.parse_args()
    print(describe(), flush=True)
    posterior = Posterior.load(options.weights)
    # The first are of different circuits: those that share one come further down.
    held_out = draw_patients(CIRCUITS, SEED)
    truth = held_out.parameters[: options.patients]
    rng = np.random.default_rng(SEED)
    values = observe(held_out, np.arange(len(truth)), rng)
    pumped = slice(options.pump_patients)
    true_indices = on_pump(truth[pumped])
    results, lost = {}, 0
    for label, names in SETS.items():
        started = time.perf_counter()
        drawn = posterior.network.draw(only(values, names), DRAWS, rng)
        of_parameters = ranks(drawn, truth)
        found = on_pump(drawn[pumped, :PUMP_DRAWS])
        whole = np.isfinite(found).all(axis=(1, 2)) & np.isfinite(true_indices).all(axis=1)
        lost += int((~whole).sum())
        results[label] = of_parameters, ranks(found[whole], true_indices[whole])
        print(f"{label}: {time.perf_counter() - started:.0f} s", flush=True)
    print(f"\n{len(truth)} held-out patients; {len(true_indices)} on the pump, {lost} without a steady beat left out")
    table(results)
    draw(results)
    print(f"\n{describe()}")


def table(results: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]) -> None:
    """Coverage of 90 % intervals, percent, as markdown."""
    print(f"\n| 90 % interval holds the truth, % | {' | '.join(results)} |\n| :-- |{' --: |' * len(results)}")
    for i, name in enumerate(UNKNOWN):
        cells = [f"{100 * coverage(parameters, DRAWS, 0.9)[i]:.1f}" for parameters, _ in results.values()]
        print(f"| {PARAMETERS[name].label} | {' | '.join(cells)} |")
    for i, name in enumerate(UNDER_PUMP):
        cells = [f"{100 * coverage(indices, PUMP_DRAWS, 0.9)[i]:.1f}" for _, indices in results.values()]
        print(f"| {INDICES[name].label}, pump at {SPEED_RPM:.0f} rpm | {' | '.join(cells)} |")


def draw(results: dict[str, tuple[NDArray[np.int64], NDArray[np.int64]]]) -> None:
    """Observed coverage less the nominal, by set of measurements, with the band that chance explains."""
    matplotlib.rcParams["svg.hashsalt"] = "posterior"
    figure = Figure(figsize=(8.4, 5.4), layout="constrained")
    axes = figure.subplots(2, 2, sharex=True, sharey=True)
    colours = matplotlib.colormaps["tab20"].colors
    names = [PARAMETERS[name].label for name in UNKNOWN]
    names += [f"{INDICES[name].label} on the pump" for name in UNDER_PUMP]
    for axis, (label, (parameters, indices)) in zip(axes.flat, results.items(), strict=True):
        spread = 2.58 * np.sqrt(NOMINAL * (1 - NOMINAL) / len(indices))  # 99 % of the smaller sample's
        axis.fill_between(100 * NOMINAL, -100 * spread, 100 * spread, color="0.9", label="99 % of chance")
        for i, name in enumerate(names):
            on = i - len(UNKNOWN)
            of, draws, column = (indices, PUMP_DRAWS, on) if on >= 0 else (parameters, DRAWS, i)
            observed = np.array([coverage(of, draws, level)[column] for level in NOMINAL])
            style = {"linewidth": 1.6, "linestyle": "--"} if on >= 0 else {"linewidth": 1.0}
            axis.plot(100 * NOMINAL, 100 * (observed - NOMINAL), color=colours[i], label=name, **style)
        axis.axhline(0, color="0.4", linewidth=0.6)
        axis.set_title(f"Known: {label}", fontsize=9)
        axis.set_ylim(-8, 8)
        axis.tick_params(labelsize=8)
    figure.supxlabel("Interval, % of the posterior", fontsize=9)
    figure.supylabel("Patients inside, less the interval's %", fontsize=9)
    handles, labels = axes[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside right center", fontsize=7, frameon=False)
    figure.savefig(PICTURE, metadata={"Date": None})


if __name__ == "__main__":
    main()
