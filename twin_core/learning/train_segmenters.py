"""Train several of the segmenter's networks, one after the other, and join them in one weight file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.datasets import EchoDataset
from twin_core.learning.distributed import joined
from twin_core.learning.outlining import test_dice
from twin_core.learning.rendered_frames import render_patients
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.segmenter import KIND, Networks
from twin_core.learning.segmenter_settings import Settings
from twin_core.learning.traced_frames import Tracings, read_tracings
from twin_core.learning.train_segmenter import made_from, train
from twin_core.learning.weights import Weights, load_weights, save_weights

NETWORKS = 3  # of the shipped weights
# Trained briefly, on drawn volume curves, and moved only a little way towards volumes, a network reads real ventricles
# best; trained for long, half of its patients driven by circuits, and on volumes too, it reads rendered ones best. What
# they are averaged with keeps each from its own mistakes.
KEPT_SHARE, TIMES_PATIENTS, TIMES_STEPS = 0.25, 2, 3
DIFFERING = ("seed", "patients", "steps", "circuits_share", "volume_kept_share")  # told for each network
MEANS = ("final_loss", "val_dice")  # told as the mean over the networks
COUNTS = ("train_clips", "val_clips", "left_out")  # the same for each


def each_network(settings: Settings, networks: int = NETWORKS) -> list[Settings]:
    """Settings of networks to be averaged: consecutive seeds, and on rendered clips alone two ways to train.

    Args:
        settings: of the first.
        networks: how many; of several on rendered clips alone the first keeps a quarter of what volumes teach it, the
            others are trained for longer, with circuits' beats.

    Raises:
        ValueError: networks is less than 1.
    """
    if networks < 1:
        raise ValueError(f"networks must be 1 or more, got {networks}: give e.g. {NETWORKS}")
    each = [replace(settings, seed=settings.seed + k) for k in range(networks)]
    if networks == 1 or settings.rendered_share < 1.0:
        return each
    patients, steps = TIMES_PATIENTS * settings.patients, TIMES_STEPS * settings.steps
    share = settings.volume_circuits_share  # in both stages
    longer = [replace(own, patients=patients, steps=steps, circuits_share=share) for own in each[1:]]
    return [replace(settings, volume_kept_share=KEPT_SHARE), *longer]


def train_networks(
    output: str | Path,
    each: Sequence[Settings],
    *,
    device: str = "auto",
    workers: int = 1,
    dataset: EchoDataset | None = None,
    resume: bool = False,
    log_dir: Path | None = None,
    report: Callable[[str], None] = print,
    **how: Any,
) -> dict[str, float]:
    """Train networks one after the other and write one file that averages them.

    Args:
        output: weight file to write (.safetensors). Each network is kept beside it until all are trained.
        each: their settings, with different seeds; see ``each_network``.
        device: auto, cpu or cuda.
        workers: processes that render, and clips read at a time.
        dataset: its tracings are trained on.
        resume: go on where a stopped run was; networks that it finished are kept.
        log_dir: folder for TensorBoard; of several networks each has its own in it.
        report: receives one line of progress at a time.
        **how: the other arguments of ``train_segmenter.train``.

    Returns:
        Metrics as of ``train_segmenter.train``: `test_dice` of the networks together, `minutes` in all, `final_loss`
        and `val_dice` as means over the networks. Empty but in the first process.

    Raises:
        CheckpointError: a finished network found beside the output is of another run.
        ValueError: no settings; and as ``train_segmenter.train``.
    """
    if not each:
        raise ValueError("no settings (0 networks): give those of one network or more")
    output, networks = Path(output), len(each)
    files = [output.with_name(f"{output.stem}-{own.seed}{output.suffix}") for own in each]
    with joined(device) as group:
        if group.first and not resume:
            for file in files:
                file.unlink(missing_ok=True)
        tracings: Tracings | None = None
        for k, (own, file) in enumerate(zip(each, files, strict=True), start=1):
            tell = _numbered(report, f"network {k} of {networks}: ") if networks > 1 else report
            if not (resume and _finished(file, own, dataset)):
                log = log_dir / file.stem if log_dir is not None and networks > 1 else log_dir
                if tracings is None:
                    tracings = read_tracings(dataset, group, workers, group.teller(report))
                train(
                    file,
                    own,
                    device=device,
                    workers=workers,
                    dataset=dataset,
                    tracings=tracings,
                    resume=resume,
                    log_dir=log,
                    report=tell,
                    **how,
                )
            elif group.first:
                tell(f"trained, {file}")
        metrics = _join(output, files, each[0], workers) if group.first else {}
        group.wait()
    if metrics:
        report(f"{', '.join(f'{name} {value:.3f}' for name, value in metrics.items())}, saved {output}")
    return metrics


def _finished(file: Path, settings: Settings, dataset: EchoDataset | None) -> bool:
    if not file.is_file():
        return False
    found = load_weights(file, KIND).training
    for name, value in made_from(settings, dataset).items():
        if found.get(name) != value:
            raise CheckpointError(
                f"{file} was trained with {name} {found.get(name)}, this run has {value}: give the same options, or "
                "train from the start without --resume"
            )
    return True


def _join(output: Path, files: list[Path], settings: Settings, workers: int) -> dict[str, float]:
    """Write the networks of all files into one, delete those, and tell how well the networks do together."""
    parts = [load_weights(file, KIND) for file in files]
    tensors = {
        name.replace("networks.0.", f"networks.{k}.", 1): tensor
        for k, part in enumerate(parts)
        for name, tensor in part.tensors.items()
    }
    trained = [part.training for part in parts]
    metrics = {name: float(np.mean([t[name] for t in trained])) for name in MEANS if name in trained[0]}
    metrics |= {name: trained[0][name] for name in COUNTS if name in trained[0]}
    metrics["minutes"] = sum(t["minutes"] for t in trained)
    apart = {f"{name}_of_each": [t[name] for t in trained] for name in DIFFERING}
    training = {**trained[0], **apart, **metrics}
    training.pop("best_step", None)
    weights = Weights(kind=KIND, config={**parts[0].config, "networks": len(parts)}, training=training, tensors=tensors)
    if settings.rendered_share > 0:
        test = render_patients(settings.seed + TEST_SEED, settings.test_patients, workers)
        metrics["test_dice"] = training["test_dice"] = test_dice(Networks.of(weights), test, settings.seed)
    save_weights(output, weights)
    for file in files:
        file.unlink()
    return metrics


def _numbered(report: Callable[[str], None], prefix: str) -> Callable[[str], None]:
    def tell(line: str) -> None:
        report(prefix + line)

    return tell
