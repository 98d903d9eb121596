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
    """One patient: EF in percent, EDV and ESV in mL, heart rate in bpm of truth, measurement and twin.

    ``timing_s`` holds how far each beat found has its end-diastole and end-systole from the nearest true one, s.
    """

    truth: tuple[float, float, float, float]
    measured: tuple[float, float, float, float] | None
    twin: tuple[float, float, float, float] | None
    steady: bool
    reasons: tuple[str, ...]
    rough_rate: bool = False
    timing_s: tuple[tuple[float, float], ...] = ()


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
    masks = find.segment(clip.frames, clip.sector, clip.time_s)
    found = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    reasons = reasons_against(clip, look.read(clip.frames, clip.sector, 1.0 / clip.frame_rate_hz), found)
    if reasons or found.edv_ml is None or found.esv_ml is None or found.heart_rate_bpm is None:
        return Outcome(truth=truth, measured=None, twin=None, steady=False, reasons=tuple(reasons))
    beat = solve_periodic(CircuitParameters(**encode.encode(clip, masks, found)))
    return Outcome(
        truth=truth,
        measured=(ef(found.edv_ml, found.esv_ml), found.edv_ml, found.esv_ml, found.heart_rate_bpm),
        twin=(beat.ejection_fraction_pct, beat.edv_ml, beat.esv_ml, beat.heart_rate_bpm),
        steady=beat.status == "periodic",
        reasons=(),
        rough_rate=found.heart_rate_rough,
        timing_s=tuple(
            (
                nearest(clip.time_s[b.ed_index], patient.end_diastoles_s),
                nearest(clip.time_s[b.es_index], patient.end_systoles_s),
            )
            for b in found.beats
        ),
    )


def nearest(time_s: float, times_s: tuple[float, ...]) -> float:
    """How far off the nearest of some times is, s; not a number where there is none."""
    return min((abs(time_s - t) for t in times_s), default=np.nan)


def spread(measured: np.ndarray, truth: np.ndarray, rough: np.ndarray) -> dict[str, object]:
    """Errors in the terms of ``observation.py``: a common and a separate part of both volumes, and the rate's."""
    edv, esv = np.log(measured[:, 1:3] / truth[:, 1:3]).T
    common = float(np.cov(edv, esv)[0, 1])
    rate = measured[:, 3] - truth[:, 3]
    result: dict[str, object] = {
        "edv_log_error_mean_sd": [float(edv.mean()), float(edv.std())],
        "esv_log_error_mean_sd": [float(esv.mean()), float(esv.std())],
        "volumes_common_error_sd": float(np.sqrt(max(common, 0.0))),
    }
    for name, chosen in (("rough", rough), ("other", ~rough)):
        if chosen.any():
            off = np.abs(rate[chosen])
            result[f"heart_rate_{name}"] = {
                "patients": int(chosen.sum()),
                "sd_bpm": float(rate[chosen].std()),
                "percentiles_50_90_95_bpm": [float(q) for q in np.percentile(off, (50, 90, 95))],
            }
    return result


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
    rate, timing = off[:, 3], np.array([pair for o in used for pair in o.timing_s])
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
        "end_diastole_median_off_ms": float(1000.0 * np.nanmedian(timing[:, 0])),
        "end_systole_median_off_ms": float(1000.0 * np.nanmedian(timing[:, 1])),
        "end_systole_within_50_ms_pct": float(100.0 * np.nanmean(timing[:, 1] <= 0.05)),
        **spread(measured, truth, np.array([o.rough_rate for o in used])),
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
