"""The package ModularCirc (Naghavi, left heart and systemic loop, 5 states), run as its documentation does.

Started by benchmarks/peers.py. A what-if is a new arterial resistance, from the package's own start values. It stops by
itself once no waveform changes by over 1 % from one beat to the next. The reference is the same heart with that limit
at 1e-7 and the integrator's tolerances at 1e-10. Prints one line of JSON.
"""

from __future__ import annotations

import json
import sys
import time

import numpy as np
from ModularCirc.Models.NaghaviModel import NaghaviModel, NaghaviModelParameters
from ModularCirc.Models.NaghaviModelParameters import TEMPLATE_TIME_SETUP_DICT
from ModularCirc.Solver import Solver

SAMPLES_A_BEAT = 1000


def solve(resistance: float, beats: int, **options: object) -> dict[str, float]:
    """The last beat's EDV, mean aortic pressure and gap of LV volume between its ends."""
    parameters = NaghaviModelParameters()
    parameters.set_rlc_comp(key="art", r=resistance)
    model = NaghaviModel(
        time_setup_dict={**TEMPLATE_TIME_SETUP_DICT, "ncycles": beats}, parobj=parameters, suppress_printing=True
    )
    solver = Solver(model=model)
    solver.setup(suppress_output=True, **options)
    solver.solve()
    volume, pressure = model.components["lv"].V.values, model.components["ao"].P_i.values
    return {
        "edv": float(volume[-SAMPLES_A_BEAT:].max()),
        "pressure": float(pressure[-SAMPLES_A_BEAT:].mean()),
        "gap": float(abs(volume[-1] - volume[-1 - SAMPLES_A_BEAT])),
    }


def main(runs: int, method: str) -> None:
    """Time so many what-ifs with one of the package's integrators."""
    usual = NaghaviModelParameters()["art"]["r"]
    solve(usual, TEMPLATE_TIME_SETUP_DICT["ncycles"], method=method)
    wall, processor = [], []
    for factor in np.random.default_rng(0).uniform(0.8, 1.2, runs):
        clocks = time.perf_counter(), time.process_time()
        beat = solve(float(usual * factor), TEMPLATE_TIME_SETUP_DICT["ncycles"], method=method)
        wall.append(time.perf_counter() - clocks[0])
        processor.append(time.process_time() - clocks[1])
    rest = solve(float(usual * factor), 400, method="LSODA", step_tol=1e-7, rtol=1e-10, atol=1e-10)
    print(json.dumps({"wall": wall, "processor": processor, "beat": beat, "rest": rest}))


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2])
