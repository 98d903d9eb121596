"""Command line: every command prints a table, or JSON with ``--json``; errors are one line on stderr."""

from __future__ import annotations

import io
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from twin_core import __version__, cli_evaluate, cli_report, cli_train
from twin_core.circuit import ParameterError, circuits, presets, pumps
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.cli_common import (
    CircuitOption,
    CommandError,
    DeviceOption,
    JsonOption,
    PresetOption,
    PumpOption,
    ReflexOption,
    SetOption,
    SpeedOption,
    TwinOption,
    asked_scenario,
    check_outputs,
    print_json,
    tell_fallback,
)
from twin_core.cli_tables import print_beats, print_change, print_inference
from twin_core.twin import RESEARCH_USE, Twin

app = typer.Typer(
    name="twin_core",
    help=f"Echo clip to circulation twin to LVAD what-if. {RESEARCH_USE}",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.add_typer(cli_train.app, name="train")
app.command()(cli_evaluate.evaluate)
app.command()(cli_report.report)

_USAGE_ERROR: Any = typer.BadParameter.__mro__[2]  # ClickException, of click itself or of the copy inside typer


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"LVAD Twin {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print it.")
    ] = False,
) -> None:
    """Echo clip to circulation twin to LVAD what-if. Research use only, not a medical device."""


@app.command()
def infer(
    clip: Annotated[Path, typer.Argument(help="AVI, MP4 or DICOM file with an apical four-chamber clip.")],
    out: Annotated[Path | None, typer.Option(help="Write the twin file here.")] = None,
    contours: Annotated[Path | None, typer.Option(help="Write the cavity masks here (.npz, key masks).")] = None,
    device: DeviceOption = "auto",
    depth_cm: Annotated[
        float | None, typer.Option(help="Image depth in cm, if the file does not give a scale.")
    ] = None,
    systolic: Annotated[
        float | None, typer.Option(metavar="MMHG", help="Systolic cuff pressure; narrows what the clip leaves open.")
    ] = None,
    diastolic: Annotated[float | None, typer.Option(metavar="MMHG", help="Diastolic cuff pressure.")] = None,
    earlier: Annotated[
        Path | None, typer.Option(metavar="TWIN", help="Twin file of an earlier clip: also tell the change since.")
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Find the twin of the patient in an echo clip."""
    check_outputs({clip, earlier}, out, contours)
    before = Twin.load(earlier) if earlier is not None else None
    from twin_core.inference import infer as run  # networks load only where they are used

    result = run(
        clip, depth_cm=depth_cm, systolic_mmhg=systolic, diastolic_mmhg=diastolic, earlier=before, device=device
    )
    if contours is not None:
        import numpy as np

        with contours.open("wb") as file:
            np.savez_compressed(file, masks=result.masks)
    answer: dict[str, Any] = {"quality": result.quality.model_dump()}
    beat = None
    if result.twin is not None:
        beat = result.twin.simulate()
        if out is not None:
            result.twin.save(out)
        # Two thousand numbers are for the twin file; here stands what they say.
        answer = {**result.twin.model_dump(exclude={"posterior_draws"}), "simulated": beat.indices(), **answer}
        answer["posterior"] = {name: asdict(one) for name, one in result.posterior.items()}
    if result.change is not None:
        answer["change"] = {name: asdict(one) for name, one in result.change.items()}
    if as_json:
        print_json(answer)
    elif result.twin is not None and beat is not None:
        print_inference(result.twin, beat)
        if result.change is not None and before is not None:
            print_change(result.change, before)
    if result.twin is None:
        raise CommandError(f"{clip.name}: no twin from this clip: {'; '.join(result.quality.reasons)}")
    tell_fallback(device)


@app.command()
def simulate(
    preset: PresetOption = None,
    twin: TwinOption = None,
    circuit: CircuitOption = circuits.FIVE_STATE.name,
    changes: SetOption = None,
    pump: PumpOption = None,
    speed: SpeedOption = None,
    reflex: ReflexOption = True,
    csv: Annotated[Path | None, typer.Option(help="Write the waveforms of the cycle here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate one steady beat of a reference patient or a twin."""
    check_outputs({twin}, csv)
    beat = asked_scenario(changes, pump, speed, reflex).simulate(_patient(preset, twin, circuit))
    if csv is not None:
        import pandas as pd

        from twin_core.csv_file import csv_text

        csv.write_text(csv_text(pd.DataFrame(beat.waveforms())), encoding="utf-8")
    if as_json:
        print_json(beat.indices())
    else:
        print_beats({"Value": beat})
        typer.echo(beat.message)
    if beat.status == "not_periodic":
        raise CommandError(beat.message)


@app.command()
def ramp(
    pump: Annotated[str, typer.Option(help=f"Pump: {', '.join(pumps.NAMES)}.")],
    low: Annotated[float, typer.Option("--from", metavar="RPM", help="Lowest speed.")],
    high: Annotated[float, typer.Option("--to", metavar="RPM", help="Highest speed.")],
    step: Annotated[float, typer.Option(metavar="RPM", help="Step between speeds.")],
    preset: PresetOption = None,
    twin: TwinOption = None,
    circuit: CircuitOption = circuits.CLOSED_LOOP.name,
    changes: SetOption = None,
    reflex: ReflexOption = True,
    as_json: JsonOption = False,
) -> None:
    """Step a pump's speed up and say which speeds meet the targets."""
    from twin_core import ramp as ramps

    fitted = pumps.get(pump)
    scenario = asked_scenario(changes, None, None, reflex)
    patient = scenario.parameters(_patient(preset, twin, circuit))
    at_speeds = ramps.speeds(low, high, step, fitted)
    drawn = Twin.load(twin).draw_circuits(circuit, ramps.DRAWS) if twin is not None else []
    draws = [scenario.parameters(one) for one in drawn]
    steps = ramps.ramp(patient, fitted, at_speeds, draws=draws, reflex=reflex)
    recommended = ramps.recommend_speed(steps)
    if as_json:
        rows = [s.row() for s in steps]
        print_json({"pump": pump, "circuit": circuit, "rows": rows, "draws": len(draws), "recommended": recommended})
    else:
        print_beats({f"{s.speed_rpm:.0f} rpm": s.beat for s in steps})
        for s in steps:
            sure = (
                "" if s.share_met is None else f" ({100 * s.share_met:.0f} % of {len(draws)} draws meet every target)"
            )
            typer.echo(f"{s.speed_rpm:.0f} rpm: {'; '.join(s.reasons) or 'meets every target'}{sure}")
        typer.echo(recommended["summary"])
    unsteady = [f"{s.speed_rpm:.0f}" for s in steps if s.beat.status == "not_periodic"]
    if unsteady:
        raise CommandError(f"no steady beat at {', '.join(unsteady)} rpm: those rows are not a steady state.")


def _patient(preset: str | None, twin: Path | None, circuit: str) -> LeftHeartParameters:
    circuits.get(circuit)
    if preset is not None and twin is not None:
        raise CommandError(f"received both --preset {preset} and --twin {twin}; give one of them.")
    if twin is not None:
        return Twin.load(twin).circuit_in(circuit)
    return presets.load(preset or "simaan_normal", circuit)


def _fail(message: str, code: int) -> NoReturn:
    print(f"error: {' '.join(message.split())}", file=sys.stderr)
    raise SystemExit(code)


def main(arguments: list[str] | None = None) -> NoReturn:
    """Run the command line; exits with 0 on success, 1 where the work failed, 2 where the call was wrong."""
    for stream in (sys.stdout, sys.stderr):  # a console that lacks a character shows a mark instead of failing
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")
    try:
        result = app(arguments or sys.argv[1:] or ["--help"], standalone_mode=False)
    except _USAGE_ERROR as error:
        _fail(f"{error.format_message()} See --help.", 2)
    except (typer.Abort, KeyboardInterrupt):
        _fail("stopped.", 130)
    except OSError as error:
        _fail(f"{error.filename or 'file'}: {error.strerror or error}; check the path and its permissions.", 1)
    except (CommandError, ParameterError, ValueError) as error:  # ClipError, TwinError, WeightsError are ValueErrors
        _fail(_one_line(error), 1)
    except (RuntimeError, MemoryError) as error:  # of torch or typst: a device out of memory, a font that is gone
        _fail(f"this machine could not finish: {str(error) or type(error).__name__}; close other programs.", 1)
    raise SystemExit(result if isinstance(result, int) else 0)


def _one_line(error: Exception) -> str:
    """The message; of a pydantic error the first fault alone."""
    from pydantic import ValidationError

    if isinstance(error, ValidationError):
        return str(error.errors()[0]["msg"]).removeprefix("Value error, ")
    return str(error)
