"""The package circulation (Regazzoni 2020, 12 states), run as its documentation does; started by benchmarks/peers.py.

A what-if is a new systemic arterial resistance, 20 beats on from the beat before, explicit Euler in steps of 1 ms. The
reference is the same heart, 20 beats further in steps of 0.1 ms. Prints one line of JSON.
"""

from __future__ import annotations

import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from circulation.regazzoni2020 import Regazzoni2020

BEATS, STEP_S = 20, 1e-3


def solve(folder: Path, resistance: float, start: np.ndarray | None, step_s: float) -> tuple[np.ndarray, dict]:
    """State at the end and the last beat's EDV, mean arterial pressure and gap of LV volume between its ends."""
    model = Regazzoni2020(outdir=folder, parameters={"circulation": {"SYS": {"R_AR": resistance}}})
    found = model.solve(num_beats=BEATS, dt=step_s, dt_eval=STEP_S, initial_state=start)
    samples = round(1 / model.HR / STEP_S)
    volume, pressure = np.array(found["V_LV"]), np.array(found["p_AR_SYS"])
    beat = {
        "edv": float(volume[-samples:].max()),
        "pressure": float(pressure[-samples:].mean()),
        "gap": float(abs(volume[-1] - volume[-1 - samples])),
    }
    return model.state.copy(), beat


def main(runs: int) -> None:
    """Time so many what-ifs."""
    logging.disable(logging.CRITICAL)
    wall, processor = [], []
    usual = Regazzoni2020.default_parameters()["circulation"]["SYS"]["R_AR"].magnitude
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        state, _ = solve(folder, usual, None, STEP_S)
        for factor in np.random.default_rng(0).uniform(0.8, 1.2, runs):
            resistance = float(usual * factor)
            clocks = time.perf_counter(), time.process_time()
            state, beat = solve(folder, resistance, state, STEP_S)
            wall.append(time.perf_counter() - clocks[0])
            processor.append(time.process_time() - clocks[1])
        _, rest = solve(folder, resistance, state, STEP_S / 10)
    print(json.dumps({"wall": wall, "processor": processor, "beat": beat, "rest": rest}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
