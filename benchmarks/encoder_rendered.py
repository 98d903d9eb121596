"""How far is the twin's simulated beat from the truth, clip to twin, on rendered patients never trained on?

Run: PYTHONPATH=. python benchmarks/encoder_rendered.py [--patients 500] [--seed 3000003] [--workers 1]
     [--long] [--segmenter FILE] [--encoder FILE] [--json]

Each patient goes the whole way: a circuit drawn from the box, a rendered clip, the verdict on its pictures and view,
the segmenter's contours, the measurement, the encoder, and the twin's circuit solved (not the surrogate). Clips judged
unusable, by the rules of ``infer``, are counted with their reasons and left out of the errors. The seed is used by no
training command for seeds below a million.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import re
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

import machine
import numpy as np
import torch

from twin_core.circuit import CircuitParameters, solve_periodic
from twin_core.echo.volumes import measure
from twin_core.learning.clip_samples import render_patient
from twin_core.learning.encoder import Encoder
from twin_core.learning.segmenter import Segmenter
from twin_core.learning.verdict import reasons_against
from twin_core.learning.view import ViewReader

HEART_RATE_TOLERANCE_BPM = 2.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """One patient: EF in percent, EDV and ESV in mL, heart rate in bpm of truth, measurement and twin."""

    truth: tuple[float, float, float, float]
    measured: tuple[float, float, float, float] | None
    twin: tuple[float, float, float, float] | None
    steady: bool
    reasons: tuple[str, ...]


@cache
def networks(segmenter: Path | None, encoder: Path | None) -> tuple[Segmenter, ViewReader, Encoder]:
    """Loaded once a process."""
    torch.set_num_threads(1)
    return Segmenter.load(segmenter, "cpu"), ViewReader.load(device="cpu"), Encoder.load(encoder, "cpu")


def ef(edv: float, esv: float) -> float:
    """Ejection fraction, percent."""
    return 100.0 * (edv - esv) / edv


def go(number: int, *, seed: int, long: bool, segmenter: Path | None, encoder: Path | None) -> Outcome:
    """Patient ``number`` from the circuit to the twin."""
    find, look, encode = networks(segmenter, encoder)
    patient = render_patient((seed, number), long=long)
    clip = patient.clip
    truth = (ef(patient.edv_ml, patient.esv_ml), patient.edv_ml, patient.esv_ml, patient.heart_rate_bpm)
    step = 1.0 / clip.frame_rate_hz
    masks = find.segment(clip.frames, clip.sector, step)
    found = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    reasons = reasons_against(clip, look.read(clip.frames, clip.sector, step), found)
    if reasons or found.edv_ml is None or found.esv_ml is None or found.heart_rate_bpm is None:
        return Outcome(truth=truth, measured=None, twin=None, steady=False, reasons=tuple(reasons))
    beat = solve_periodic(CircuitParameters(**encode.encode(clip, masks, found)))
    return Outcome(
        truth=truth,
        measured=(ef(found.edv_ml, found.esv_ml), found.edv_ml, found.esv_ml, found.heart_rate_bpm),
        twin=(beat.ejection_fraction_pct, beat.edv_ml, beat.esv_ml, beat.heart_rate_bpm),
        steady=beat.status == "periodic",
        reasons=(),
    )


def summary(outcomes: list[Outcome]) -> dict[str, object]:
    """Errors over the usable clips, and why the others are not."""
    used = [o for o in outcomes if o.twin is not None]
    # The reason without its numbers, so that equal reasons are counted together.
    why = Counter(re.sub(r"\s*[\d.]+\s*%?", " #", reason) for o in outcomes for reason in o.reasons)
    result: dict[str, object] = {
        "patients": len(outcomes),
        "unusable": len(outcomes) - len(used),
        "unusable_reasons": dict(why.most_common()),
        "not_periodic": sum(not o.steady for o in used),
    }
    if not used:
        return result
    truth, measured, twin = (np.array([getattr(o, name) for o in used]) for name in ("truth", "measured", "twin"))
    off, misread, away = np.abs(twin - truth), np.abs(measured - truth), np.abs(twin - measured)
    rate = off[:, 3]
    return {
        **result,
        "ef_twin_vs_truth_mae_points": float(off[:, 0].mean()),
        "ef_twin_vs_truth_bias_points": float((twin - truth)[:, 0].mean()),
        "ef_measured_vs_truth_mae_points": float(misread[:, 0].mean()),
        "ef_twin_vs_measured_mae_points": float(away[:, 0].mean()),
        "ef_twin_vs_measured_worst_points": float(away[:, 0].max()),
        "ef_constant_guess_mae_points": float(np.abs(truth[:, 0] - np.median(truth[:, 0])).mean()),
        "heart_rate_mae_bpm": float(rate.mean()),
        "heart_rate_within_2_bpm_pct": float(100.0 * (rate <= HEART_RATE_TOLERANCE_BPM).mean()),
        "edv_twin_vs_truth_mae_pct": float(100.0 * (off[:, 1] / truth[:, 1]).mean()),
        "esv_twin_vs_truth_mae_pct": float(100.0 * (off[:, 2] / truth[:, 2]).mean()),
        "edv_twin_vs_measured_mae_pct": float(100.0 * (away[:, 1] / measured[:, 1]).mean()),
        "esv_twin_vs_measured_mae_pct": float(100.0 * (away[:, 2] / measured[:, 2]).mean()),
    }


def main() -> None:
    """Print the summary as a table, or as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--patients", type=int, default=500)
    parser.add_argument("--seed", type=int, default=3_000_003)
    parser.add_argument("--workers", type=int, default=1, help="processes")
    parser.add_argument("--long", action="store_true", help="clips of up to five beats, a quarter of them irregular")
    parser.add_argument("--segmenter", type=Path, default=None, help="weight file; the shipped one if left out")
    parser.add_argument("--encoder", type=Path, default=None, help="weight file; the shipped one if left out")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if options.patients < 1 or options.workers < 1:
        parser.error(f"patients and workers must be at least 1, got {options.patients} and {options.workers}")
    started = time.perf_counter()
    one = partial(go, seed=options.seed, long=options.long, segmenter=options.segmenter, encoder=options.encoder)
    outcomes = []
    # Spawned, not forked: torch's threads would be left half alive.
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        for outcome in pool.map(one, range(options.patients), chunksize=4):
            outcomes.append(outcome)
            if len(outcomes) % 50 == 0:
                print(f"{len(outcomes)} of {options.patients} patients", file=sys.stderr)
    result = {**summary(outcomes), "seed": options.seed, "minutes": (time.perf_counter() - started) / 60}
    if options.json:
        print(json.dumps(result, indent=2))
        return
    print(machine.describe())
    for name, value in result.items():
        print(f"{name:36}{value:.4g}" if isinstance(value, float) else f"{name:36}{value}")


if __name__ == "__main__":
    main()
