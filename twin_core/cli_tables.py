"""What commands print where no JSON is wanted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import typer

from twin_core.circuit import INDICES, PARAMETERS, Beat
from twin_core.twin import RESEARCH_USE, Twin

if TYPE_CHECKING:
    from twin_core.change import Difference

_MEASURED = ("ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml")


def print_beats(beats: Mapping[str, Beat]) -> None:
    """Every index of every beat, a column a beat."""
    from twin_core.report import format_value

    typer.echo(f"{'':30}" + "".join(f"{name:>12}" for name in beats))
    for key, about in next(iter(beats.values())).index_infos.items():
        values = "".join(f"{format_value(getattr(beat, key), about.digits):>12}" for beat in beats.values())
        typer.echo(f"{about.label:30}{values}  {about.unit}")


def print_inference(twin: Twin, beat: Beat) -> None:
    """What was measured, the circuit found, what else it may be, and cautions."""
    from twin_core.report import format_value, intervals, measured_note

    typer.echo(f"{twin.pseudonym}\n{'':30}{'Measured':>12}{'Simulated':>12}")
    for key in _MEASURED:
        about = INDICES[key]
        values = [format_value(getattr(source, key), about.digits) for source in (twin.measured, beat)]
        typer.echo(f"{about.label:30}{values[0]:>12}{values[1]:>12}  {about.unit}")
    typer.echo(measured_note(twin))
    known = intervals(twin)
    typer.echo(f"{'':30}{'Estimate':>12}{'90 % interval':>24}")
    for name in known or twin.learned_parameters:
        about_parameter = PARAMETERS[name]
        value, interval = f"{twin.parameters[name]:.4g}", known.get(name, "")
        typer.echo(f"{about_parameter.label:30}{value:>12}{interval:>24}  {about_parameter.unit}")
    for caution in twin.quality.reasons:
        typer.echo(f"Caution: {caution}.")
    typer.echo(f"{beat.message}\n{RESEARCH_USE}")


def print_change(change: Mapping[str, Difference], earlier: Twin) -> None:
    """The change in each parameter and volume since an earlier twin."""
    typer.echo(f"Change since {earlier.pseudonym}\n{'':30}{'Earlier':>10}{'Later':>10}{'Change':>10}", nl=False)
    typer.echo(f"{'90 % interval':>24}{'Risen':>8}")
    for name, one in change.items():
        about = PARAMETERS[name] if name in PARAMETERS else INDICES[name]
        interval = f"{one.low:+.3g} to {one.high:+.3g}"
        typer.echo(
            f"{about.label:30}{one.earlier:>10.4g}{one.later:>10.4g}{one.change:>+10.3g}{interval:>24}"
            f"{100 * one.probability_of_increase:>6.0f} %  {about.unit}"
        )
