"""What does a change of the renderer, or of the second stage, do to contours on real clips?

Run: PYTHONPATH=. python benchmarks/segmenter_trial.py [--weights FILE …] [--steps 450] [--patients 1500]
     [--volume-weight 2] [--workers 1] [--clips DIR]

Networks that differ by their seed alone differ by 2 to 3 points of EF on a clip, so that one trained anew tells little
of a change. Here each network at hand is trained on, by the second stage's steps, on patients as the renderer draws
them now, and compared with itself. Trained on without a change, networks move too: run that first, and compare runs.
The clips are development clips; what is chosen by them is not proven on others.
"""

from __future__ import annotations

import argparse
import multiprocessing
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import torch
from segmenter_real_clips import DEFAULT_CLIPS, compare, references

from twin_core.echo.clip import read_clip
from twin_core.echo.volumes import measure
from twin_core.learning.distributed import joined
from twin_core.learning.rendered_frames import Patient, render_patients
from twin_core.learning.segmenter import DEFAULT_WEIGHTS, KIND, Networks, Segmenter, UNet
from twin_core.learning.segmenter_settings import Settings
from twin_core.learning.train_segmenter import Batches, Objective
from twin_core.learning.trainer import Plan, fit, one_cycle
from twin_core.learning.weights import load_weights

PATIENTS_SEED = 9_710_001  # of no training command for seeds below a million
FIGURES = ("Dice", "r", "ED", "ES", "EF", "beats")
DIGITS = (3, 3, 2, 2, 1, 1)


@cache
def patients(count: int) -> list[Patient]:
    """Rendered once a process."""
    return render_patients(PATIENTS_SEED, count, 1, None, Settings().volume_circuits_share)


def figures(network: UNet, file: Path, clips: Path) -> np.ndarray:
    """FIGURES of each clip with contours (clips, 6), not a number where there is no beat."""
    segmenter = Segmenter(Networks([network]), load_weights(file, KIND), torch.device("cpu"))
    rows = []
    for name, row in sorted(references(clips).items()):
        clip = read_clip(clips / name)
        masks = segmenter.segment(clip.frames, clip.sector, clip.time_s)
        found = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
        like = compare(masks, np.load(clips / row["mask_file"])["masks"])
        ef = np.nan if found.ef_pct is None else found.ef_pct
        rows.append([like.dice.mean(), like.area_r, like.ed_ratio, like.es_ratio, ef, len(found.beats)])
    return np.array(rows)


def before_and_after(which: tuple[Path, int], options: argparse.Namespace) -> np.ndarray:
    """Figures of network number which[1] of file which[0] before and after it is trained on (2, clips, 6)."""
    torch.set_num_threads(1)
    file, number = which
    network = Networks.of(load_weights(file, KIND)).networks[number]
    assert isinstance(network, UNet)
    before = figures(network, file, options.clips)
    settings = Settings(seed=number)
    stage = replace(settings.stages[1], steps=options.steps, volume_weight=options.volume_weight)
    torch.manual_seed(number)
    network.train().requires_grad_(True)
    optimiser = torch.optim.AdamW(network.parameters(), lr=stage.learning_rate, weight_decay=settings.weight_decay)
    with joined("cpu") as group:
        fit(
            Objective(network, stage),
            optimiser,
            one_cycle(optimiser, stage.learning_rate, stage.steps),
            Batches(settings, patients(options.patients), [], group, stage.contrasted_share),
            Plan(steps=stage.steps, clip_norm=settings.clip_norm),
            group=group,
            report=lambda line: None,
        )
    return np.stack([before, figures(network, file, options.clips)])


def line(values: np.ndarray, sign: str = "") -> str:
    """A clip's figures."""
    return "  ".join(
        f"{name} {value:{sign}.{digits}f}" for name, value, digits in zip(FIGURES, values, DIGITS, strict=True)
    )


def main() -> None:
    """Print the mean over the networks before and after, and the mean change with its standard error."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--weights", type=Path, nargs="+", default=[DEFAULT_WEIGHTS])
    parser.add_argument("--clips", type=Path, default=DEFAULT_CLIPS)
    parser.add_argument("--steps", type=int, default=450)
    parser.add_argument("--patients", type=int, default=1500)
    parser.add_argument("--volume-weight", type=float, default=Settings().volume_weight)
    parser.add_argument("--workers", type=int, default=1)
    options = parser.parse_args()
    if not references(options.clips):
        parser.error(f"no reference.csv in {options.clips}: give a folder of clips with contours by --clips")
    every = [(file, k) for file in options.weights for k in range(int(load_weights(file, KIND).config["networks"]))]
    with ProcessPoolExecutor(options.workers, mp_context=multiprocessing.get_context("spawn")) as pool:
        found = np.stack(list(pool.map(partial(before_and_after, options=options), every)))  # (networks, 2, clips, 6)
    change = found[:, 1] - found[:, 0]
    error = change.std(0, ddof=1) / np.sqrt(len(every)) if len(every) > 1 else np.full(change.shape[1:], np.nan)
    print(f"{len(every)} networks, {options.steps} steps on {options.patients} patients")
    for k, name in enumerate(sorted(references(options.clips))):
        print(name)
        print(f"  before  {line(found[:, 0, k].mean(0))}")
        print(f"  after   {line(found[:, 1, k].mean(0))}")
        print(f"  change  {line(change[:, k].mean(0), '+')}")
        print(f"  +/-     {line(error[k])}")


if __name__ == "__main__":
    main()
