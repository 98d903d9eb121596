"""``python -m twin_core train …``: each network from scratch, by one command with a seed."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Train a network from scratch.", rich_markup_mode=None)

OutOption = Annotated[Path, typer.Option(help="Folder to write the weights to; assets puts them into use.")]
SeedOption = Annotated[
    int, typer.Option(min=0, help="Seed of everything random; the shipped weights have 0, the segmenter's 1, 2 and 3.")
]
DeviceOption = Annotated[str, typer.Option(help="Where to train: auto (a GPU if there is one), cpu or cuda.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that render or simulate.")]
StepsOption = Annotated[int | None, typer.Option(min=1, help="Optimiser steps, if not those of the shipped weights.")]
PatientsOption = Annotated[
    int | None, typer.Option(min=8, help="Rendered training patients, if not those of the shipped weights.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the metrics as JSON; progress goes to stderr.")]


DataOption = Annotated[
    tuple[str, Path] | None,
    typer.Option("--data", metavar="KIND DIR", help="Learn from a data set you hold: echonet or camus, as released."),
]
RenderedShareOption = Annotated[
    float | None,
    typer.Option(min=0, max=1, help="Part of every step that is rendered patients; with --data 0 unless given."),
]
NetworksOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="Networks to train, with seeds from --seed on, if not as many as the shipped weights have. Of several on "
        "rendered patients alone the first keeps a quarter of what volumes teach it after contours; the others keep "
        "all, and take three times --steps and twice --patients, half of those circuits'.",
    ),
]
CheckpointOption = Annotated[
    int, typer.Option(min=1, help="Steps between checkpoints in --out; a stop by Ctrl-C or SIGTERM saves one too.")
]
ResumeOption = Annotated[bool, typer.Option("--resume", help="Go on from the checkpoint in --out, if there is one.")]
LogOption = Annotated[Path | None, typer.Option(help="Folder for training curves, to be shown by TensorBoard.")]


class Architecture(StrEnum):
    """Encoders that can be trained."""

    one_beat = "one_beat"
    paper = "paper"


class Target(StrEnum):
    """What the paper's encoder can be trained on."""

    ef = "ef"
    volumes = "volumes"


class Volumes(StrEnum):
    """Which volumes the encoder that ships can be trained towards."""

    measured = "measured"
    contour = "contour"


@app.command()
def segmenter(
    out: OutOption,
    data: DataOption = None,
    rendered_share: RenderedShareOption = None,
    networks: NetworksOption = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    checkpoint_every: CheckpointOption = 200,
    resume: ResumeOption = False,
    log_dir: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the networks that find the left ventricle, on rendered echoes or on a data set's tracings."""
    from twin_core.learning.datasets import open_dataset  # torch loads only where a network is trained
    from twin_core.learning.segmenter_settings import Settings
    from twin_core.learning.train_segmenters import NETWORKS, each_network, train_networks

    share = rendered_share if rendered_share is not None else float(data is None)
    if patients is not None and share == 0:
        raise ValueError(f"received --patients {patients} but no rendered patient is used: give --rendered-share")
    settings = _changed(Settings(seed=seed, rendered_share=share), steps=steps, patients=patients)
    folder = _prepared(out)
    with _stoppable():
        metrics = train_networks(
            folder / "segmenter.safetensors",
            each_network(settings, NETWORKS if networks is None else networks),
            device=device,
            workers=workers,
            dataset=None if data is None else open_dataset(*data),
            checkpoint_every=checkpoint_every,
            resume=resume,
            log_dir=log_dir,
            report=_progress,
        )
    _finish(metrics, as_json)


@app.command()
def view(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    checkpoint_every: CheckpointOption = 200,
    resume: ResumeOption = False,
    log_dir: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network that tells an upright four-chamber view from others, on rendered echoes."""
    from twin_core.learning import train_view as training

    settings = _changed(training.Settings(seed=seed), steps=steps, patients=patients)
    run: dict[str, Any] = {"checkpoint_every": checkpoint_every, "resume": resume, "log_dir": log_dir}
    with _stoppable():
        metrics = training.train(
            _prepared(out) / "view.safetensors", settings, device=device, workers=workers, report=_progress, **run
        )
    _finish(metrics, as_json)


@app.command()
def surrogate(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    samples: Annotated[int | None, typer.Option(min=16, help="Circuits to learn from; a power of two.")] = None,
    checkpoint_every: CheckpointOption = 1000,
    resume: ResumeOption = False,
    log_dir: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network that imitates the circuit (the pretext task)."""
    from twin_core.learning import train_surrogate as training

    settings = _changed(training.Settings(seed=seed), steps=steps, samples=samples)
    run: dict[str, Any] = {"checkpoint_every": checkpoint_every, "resume": resume, "log_dir": log_dir}
    with _stoppable():
        metrics = training.train(_prepared(out), settings, device=device, workers=workers, report=_progress, **run)
    _finish(metrics, as_json)


@app.command()
def encoder(
    out: OutOption,
    architecture: Annotated[
        Architecture, typer.Option(help="one_beat, which ships, or paper: Med-Real2Sim's own, from the clip alone.")
    ] = Architecture.one_beat,
    data: DataOption = None,
    target: Annotated[
        Target | None, typer.Option(help="What the paper's encoder is trained on: EF alone, or EDV and ESV (volumes).")
    ] = None,
    volumes: Annotated[
        Volumes | None,
        typer.Option(
            help="What the one_beat encoder's twin is to have: the volumes measured on the clip, as the shipped one's "
            "has, or those its rendered contour was drawn for."
        ),
    ] = None,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    checkpoint_every: CheckpointOption = 200,
    resume: ResumeOption = False,
    log_dir: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network from clip to circuit parameters, through the frozen surrogate, on volumes only."""
    run: dict[str, Any] = {"device": device, "workers": workers, "checkpoint_every": checkpoint_every}
    run |= {"resume": resume, "log_dir": log_dir, "report": _progress}
    if architecture is Architecture.one_beat:
        for name, given in (("--data", data), ("--target", target)):
            if given is not None:
                raise ValueError(f"received {name} with the one_beat encoder: give --architecture paper")
        from twin_core.learning import train_encoder

        settings = _changed(train_encoder.Settings(seed=seed), steps=steps, patients=patients)
        if volumes is not None:
            settings = replace(settings, targets=volumes.value)
        with _stoppable():
            metrics = train_encoder.train(_prepared(out), settings, **run)
        _finish(metrics, as_json)
        return
    if volumes is not None:
        raise ValueError(f"received --volumes {volumes.value} with the paper's encoder: give --target ef or volumes")
    from twin_core.learning import labelled_clips, train_paper_encoder
    from twin_core.learning.datasets import open_dataset

    if data is not None and patients is not None:
        raise ValueError(f"received --patients {patients} with --data, where no patient is rendered: leave one out")
    folder = _prepared(out)
    paper = train_paper_encoder.Settings(seed=seed, target=(target or Target.volumes).value)
    if data is None:
        clips = labelled_clips.rendered(seed, patients or 600, workers=workers, report=_progress)
    else:
        wanted = paper.target == "volumes"
        clips = labelled_clips.from_dataset(open_dataset(*data), volumes=wanted, workers=workers, report=_progress)
    with _stoppable():
        metrics = train_paper_encoder.train(folder, clips, _changed(paper, steps=steps), **run)
    _finish(metrics, as_json)


@app.command()
def posterior(
    out: OutOption,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    samples: Annotated[int | None, typer.Option(min=16, help="Circuits to solve; a power of two.")] = None,
    checkpoint_every: CheckpointOption = 500,
    resume: ResumeOption = False,
    log_dir: LogOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the density of the parameters that measurements leave open, on simulated patients (on the CPU)."""
    from twin_core.learning import train_posterior as training

    settings = _changed(training.Settings(seed=seed), steps=steps, samples=samples)
    run: dict[str, Any] = {"checkpoint_every": checkpoint_every, "resume": resume, "log_dir": log_dir}
    with _stoppable():
        metrics = training.train(_prepared(out), settings, report=_progress, **run)
    _finish(metrics, as_json)


def _prepared(out: Path) -> Path:
    """The folder, made and tried before hours of training are spent on what cannot be saved."""
    out.mkdir(parents=True, exist_ok=True)
    try:
        tempfile.TemporaryFile(dir=out).close()  # of a name of its own: torchrun's processes try it at once
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(out)) from None
    return out


def _changed(settings: Any, **changes: int | None) -> Any:
    """A network's Settings with the options that were given."""
    return replace(settings, **{name: value for name, value in changes.items() if value is not None})


@contextmanager
def _stoppable() -> Iterator[None]:
    """Training that a signal ended with its state saved is one line and a shell's code for it, no failure."""
    from twin_core.learning.trainer import TrainingStoppedError

    try:
        yield
    except TrainingStoppedError as stop:
        if os.environ.get("RANK", "0") == "0":  # of torchrun's processes one is enough to say so
            typer.echo(f"error: {stop}", err=True)
        raise typer.Exit(130) from None


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _finish(metrics: dict[str, float], as_json: bool) -> None:
    if not metrics:  # of torchrun's processes the first alone has any
        return
    if as_json:
        typer.echo(json.dumps(metrics, indent=2))
    else:
        for name, value in metrics.items():
            typer.echo(f"{name:30}{value:.4g}")
