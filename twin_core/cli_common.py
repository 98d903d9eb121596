"""What commands share: their options, and checks before any work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from twin_core.circuit import circuits, presets, pumps
from twin_core.scenario import Scenario

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")]
DeviceOption = Annotated[str, typer.Option(help="Where networks run: auto (a GPU if there is one), cpu or cuda.")]
SetOption = Annotated[
    list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="Change a parameter; repeat for more.")
]
PumpOption = Annotated[str | None, typer.Option(help=f"Fit a pump: {', '.join(pumps.NAMES)}.")]
SpeedOption = Annotated[float | None, typer.Option(metavar="RPM", help="Pump speed; needed with --pump.")]
PresetOption = Annotated[str | None, typer.Option(help=f"Reference patient: {', '.join(presets.PRESETS)}.")]
TwinOption = Annotated[Path | None, typer.Option(help="Twin file to simulate.")]
CircuitOption = Annotated[str, typer.Option(help=f"Circuit: {', '.join(circuits.CIRCUITS)}.")]
ReflexOption = Annotated[
    bool, typer.Option("--reflex/--no-reflex", help="Whether the baroreflex of the closed loop acts.")
]


class CommandError(Exception):
    """What a command could not do, in one line."""


def check_outputs(inputs: set[Path | None], *outputs: Path | None) -> None:
    """Refuse, before any work, an output that would overwrite an input or another, or has no folder to lie in."""
    taken = {path.resolve() for path in inputs if path is not None}
    for path in outputs:
        if path is None:
            continue
        if path.resolve() in taken:
            raise CommandError(f"{path} would be overwritten: it is given twice; choose another name for the output.")
        taken.add(path.resolve())
        if not path.parent.is_dir() or path.is_dir():
            raise CommandError(f"{path} cannot be written: its folder does not exist, or it is one; check the path.")


def tell_fallback(device: str) -> None:
    """One line on standard error where networks that may run on a GPU ran on the CPU."""
    from twin_core.learning.devices import cuda_problem  # torch loads only where networks are used

    problem = cuda_problem() if device == "auto" else ""
    if problem:
        typer.echo(f"{problem}: ran on the CPU.", err=True)


def asked_scenario(changes: list[str] | None, pump: str | None, speed: float | None, reflex: bool) -> Scenario:
    """The what-if that a call's options describe."""
    values: dict[str, float] = {}
    for change in changes or []:
        name, equals, value = change.partition("=")
        try:
            values[name] = float(value)
        except ValueError:
            equals = ""
        if not equals:
            raise CommandError(f"--set {change} is not NAME=VALUE with a number; write it like emax_mmhg_per_ml=1.5.")
    if (pump is None) != (speed is None):
        received = f"--pump {pump} without --speed" if pump is not None else f"--speed {speed:g} without --pump"
        raise CommandError(f"a pump and its speed go together; received {received}: give both.")
    return Scenario(name="What-if", changes=values, pump=pump, speed_rpm=speed, reflex=reflex)


def print_json(answer: dict[str, Any]) -> None:
    """Print a command's answer."""
    typer.echo(json.dumps(answer, indent=2, allow_nan=False))
