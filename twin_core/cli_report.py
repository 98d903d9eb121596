"""``python -m twin_core report``: PDF, HTML, CSV or JSON of a twin or a saved case, with its what-ifs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from twin_core.case import Case
from twin_core.circuit import circuits
from twin_core.cli_common import (
    JsonOption,
    PumpOption,
    SetOption,
    SpeedOption,
    asked_scenario,
    check_outputs,
    print_json,
)

SUFFIXES = "a PDF, HTML, CSV or JSON, by its suffix"


def report(
    twin: Annotated[Path, typer.Argument(help="Twin or case file.")],
    out: Annotated[list[Path], typer.Option(help=f"Write it here: {SUFFIXES}; repeat for more.")],
    circuit: Annotated[
        str | None, typer.Option(help=f"Circuit: {', '.join(circuits.CIRCUITS)}. The saved one if left out.")
    ] = None,
    changes: SetOption = None,
    pump: PumpOption = None,
    speed: SpeedOption = None,
    ramp: Annotated[bool, typer.Option("--ramp/--no-ramp", help="Whether the pump's ramp is in it.")] = True,
    notes: Annotated[str, typer.Option(metavar="TEXT", help="Notes, printed as given.")] = "",
    pseudonym: Annotated[
        str | None, typer.Option(metavar="NAME", help="Head it with this; never the patient's name.")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="Also write the waveforms here.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write the report of a twin: the what-if of --set and --pump, and those pinned in a case file, beside it."""
    files = [*out, *([csv] if csv is not None else [])]
    check_outputs({twin}, *files)
    from twin_core import report as reports  # figures and typesetting load only where they are used

    for path in out:
        reports.kind_of(path)
    case = Case.load(twin)
    if circuit is not None:
        case = case.model_copy(update={"circuit": circuits.get(circuit).name})
    if pseudonym is not None:
        case = Case.model_validate(case.renamed(" ".join(pseudonym.split())).model_dump())  # a name is checked, too
    what_ifs = [asked_scenario(changes, pump, speed, True)] if changes or pump or speed is not None else []
    what_ifs += [one.scenario for one in case.pinned if one.circuit == case.circuit]
    left_out = [one.scenario.name for one in case.pinned if one.circuit != case.circuit]
    study = reports.study(case, what_ifs, ramp=ramp, notes=notes)
    for path in out:
        reports.written(study, path)
    if csv is not None:
        csv.write_text(reports.waveforms_csv(study), encoding="utf-8")
    if as_json:
        print_json({"status": "written", "files": [str(path) for path in files], "left_out": left_out})
        return
    typer.echo(f"Wrote {' and '.join(str(path) for path in files)}.")
    if left_out:
        other = "closed_loop" if case.circuit == circuits.FIVE_STATE.name else circuits.FIVE_STATE.name
        typer.echo(f"Left out, as pinned in the other circuit: {', '.join(left_out)}; --circuit {other} has them.")
