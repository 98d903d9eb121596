"""``python -m twin_core train …``: each network from scratch, by one command with a seed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(help="Train a network from scratch.", rich_markup_mode=None)

OutOption = Annotated[Path, typer.Option(help="Folder to write the weights to; assets puts them into use.")]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of everything random; the shipped weights have 0.")]
DeviceOption = Annotated[str, typer.Option(help="Where to train: auto (a GPU if there is one), cpu or cuda.")]
WorkersOption = Annotated[int, typer.Option(min=1, help="Processes that render or simulate.")]
StepsOption = Annotated[int | None, typer.Option(min=1, help="Optimiser steps, if not those of the shipped weights.")]
PatientsOption = Annotated[
    int | None, typer.Option(min=8, help="Rendered training patients, if not those of the shipped weights.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the metrics as JSON; progress goes to stderr.")]


@app.command()
def segmenter(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network that finds the left ventricle, on rendered echoes."""
    from twin_core.learning import train_segmenter as training  # torch loads only where a network is trained

    settings = _changed(training.Settings(seed=seed), steps=steps, patients=patients)
    _finish(
        training.train(
            _prepared(out) / "segmenter.safetensors", settings, device=device, workers=workers, report=_progress
        ),
        as_json,
    )


@app.command()
def view(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network that tells an upright four-chamber view from others, on rendered echoes."""
    from twin_core.learning import train_view as training

    settings = _changed(training.Settings(seed=seed), steps=steps, patients=patients)
    _finish(
        training.train(_prepared(out) / "view.safetensors", settings, device=device, workers=workers, report=_progress),
        as_json,
    )


@app.command()
def surrogate(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    samples: Annotated[int | None, typer.Option(min=16, help="Circuits to learn from; a power of two.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network that imitates the circuit (the pretext task)."""
    from twin_core.learning import train_surrogate as training

    settings = _changed(training.Settings(seed=seed), steps=steps, samples=samples)
    _finish(training.train(_prepared(out), settings, device=device, workers=workers, report=_progress), as_json)


@app.command()
def encoder(
    out: OutOption,
    seed: SeedOption = 0,
    device: DeviceOption = "auto",
    workers: WorkersOption = 1,
    steps: StepsOption = None,
    patients: PatientsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Train the network from clip to circuit parameters, through the frozen surrogate, on volumes only."""
    from twin_core.learning import train_encoder as training

    settings = _changed(training.Settings(seed=seed), steps=steps, patients=patients)
    _finish(training.train(_prepared(out), settings, device=device, workers=workers, report=_progress), as_json)


@app.command()
def posterior(
    out: OutOption,
    seed: SeedOption = 0,
    steps: StepsOption = None,
    samples: Annotated[int | None, typer.Option(min=16, help="Circuits to solve; a power of two.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Train the density of the parameters that measurements leave open, on simulated patients (on the CPU)."""
    from twin_core.learning import train_posterior as training

    settings = _changed(training.Settings(seed=seed), steps=steps, samples=samples)
    _finish(training.train(_prepared(out), settings, report=_progress), as_json)


def _prepared(out: Path) -> Path:
    """The folder, made and tried before hours of training are spent on what cannot be saved."""
    out.mkdir(parents=True, exist_ok=True)
    probe = out / ".writable"
    probe.touch()
    probe.unlink()
    return out


def _changed(settings: Any, **changes: int | None) -> Any:
    """One of the three Settings with the options that were given."""
    return replace(settings, **{name: value for name, value in changes.items() if value is not None})


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _finish(metrics: dict[str, float], as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(metrics, indent=2))
    else:
        for name, value in metrics.items():
            typer.echo(f"{name:30}{value:.4g}")
