"""``python -m twin_core evaluate``: how well the shipped pipeline does on a data set that the user holds."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from twin_core.cli_common import CommandError, check_outputs, tell_fallback

DATASETS = ("echonet", "camus")
SPLITS = ("train", "val", "test", "all")


def evaluate(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The data set as released.")],
    dataset: Annotated[str, typer.Option(help=f"Which data set it is: {' or '.join(DATASETS)}.")],
    split: Annotated[str, typer.Option(help=f"Which clips: {', '.join(SPLITS)}.")] = "test",
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many clips of a split.")] = None,
    segmenter: Annotated[Path | None, typer.Option(help="Segmenter's weights, if not the shipped ones.")] = None,
    encoder: Annotated[Path | None, typer.Option(help="Encoder's weights, if not the shipped ones.")] = None,
    csv: Annotated[Path | None, typer.Option(help="Write one row a clip here.")] = None,
    device: Annotated[
        str, typer.Option(help="Where networks run: auto (a GPU if there is one), cpu or cuda.")
    ] = "auto",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON; progress goes to stderr.")] = False,
) -> None:
    """Compare the pipeline's EF, volumes and contours with a data set's reference."""
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}: choose from {', '.join(SPLITS)}")
    check_outputs({segmenter, encoder}, csv)
    if csv is not None and csv.exists() and csv.resolve().is_relative_to(folder.resolve()):
        raise CommandError(f"{csv} is a file of the data set and would be overwritten: choose another name for --csv.")
    from twin_core.learning import evaluate as evaluation  # networks load only where they are used
    from twin_core.learning.datasets import open_dataset
    from twin_core.learning.datasets.records import SPLITS as EACH
    from twin_core.learning.pipeline import Pipeline

    data = open_dataset(dataset, folder)
    chosen = [s for s in EACH if split in (s, "all")]
    pipeline = Pipeline(device, segmenter, encoder)
    summary, rows = evaluation.evaluate(data, chosen, pipeline, limit=limit, report=_progress)
    tell_fallback(device)
    if as_json:
        typer.echo(json.dumps(summary, indent=2, allow_nan=False))
    else:
        for name, result in summary["splits"].items():
            _print_split(name, result)
        for known in summary["ef_to_beat"]:
            typer.echo(f"To beat: {known['model']}, EF MAE {known['ef_mae_points']:g} points ({known['source']})")
    if csv is not None:  # last: hours of work are not lost with a file that cannot be written
        import pandas as pd

        from twin_core.csv_file import csv_text

        table = pd.DataFrame([dataclasses.asdict(row) for row in rows])
        for name in ("reasons", "problems"):
            table[name] = table[name].map("; ".join)
        csv.write_text(csv_text(table), encoding="utf-8")


def _progress(line: str) -> None:
    typer.echo(line, err=True)


def _print_split(name: str, result: dict[str, Any]) -> None:
    typer.echo(
        f"{name}: {result['clips']} clips, {result['usable']} usable, {result['unusable']} not usable, "
        f"{result['unreadable']} not readable"
    )
    for reason, count in result["unusable_reasons"].items():
        typer.echo(f"  {count} x {reason}")
    for problem in result["problems"]:
        typer.echo(f"  {problem}")
    typer.echo(f"{'':42}{'clips':>7}{'MAE (95 %)':>22}{'RMSE':>8}{'bias':>8}{'R2':>8}")
    lines = {key: found for key, found in result.items() if isinstance(found, dict) and "r2" in found}
    lines |= {f"ef_measured, {key}": found["ef_measured"] for key, found in result["ef_classes"].items()}
    for key, found in lines.items():
        if found is not None:
            unit, shown_unit = ("ml", "mL") if "mae_ml" in found else ("points", "points")
            mae, ci = found[f"mae_{unit}"], found[f"mae_{unit}_ci95"]
            shown = f"{mae:.2f}" + (f" ({ci[0]:.2f} to {ci[1]:.2f})" if ci else "")
            r2 = "" if found["r2"] is None else f"{found['r2']:.2f}"
            errors = f"{found[f'rmse_{unit}']:>8.2f}{found[f'bias_{unit}']:>8.2f}"
            typer.echo(f"{key:42}{found['clips']:>7}{shown:>22}{errors}{r2:>8}  {shown_unit}")
    if result["volumes_reason"]:
        typer.echo(f"Volumes: {result['volumes_reason']}.")
    for key in ("dice_end_diastole", "dice_end_systole"):
        if result[key] is not None:
            typer.echo(f"{key}: mean {result[key]['mean']:.3f}, worst {result[key]['worst']:.3f}")
    if result["seconds_per_clip"] is not None:
        typer.echo(f"seconds a clip: median {result['seconds_per_clip']['median']:.2f}")
