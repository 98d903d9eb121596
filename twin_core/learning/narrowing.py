"""The table of what each set of measurements narrows, out of the posterior's file, without loading a network."""

from __future__ import annotations

import json
from pathlib import Path

from safetensors import SafetensorError, safe_open

from twin_core.learning.observation import SETS
from twin_core.learning.prior import UNKNOWN

DERIVED: tuple[str, ...] = (
    *("mean_arterial_pressure_mmhg", "left_atrial_pressure_mmhg", "cardiac_output_l_min", "stroke_work_mmhg_ml"),
)
"""Indices of the beat without a pump whose narrowing is told beside the parameters'."""
DEFAULT_WEIGHTS = Path(__file__).resolve().parents[2] / "assets" / "posterior.safetensors"
SENTENCE = (
    "How much narrower the 90 % interval of a simulated patient's parameter or index becomes, on average, once the "
    "measurements on top are known with their usual errors: 100 % is known exactly, 0 % is as before."
)


def narrowing_table(path: str | Path | None = None) -> dict[str, dict[str, float]]:
    """Percent by which intervals narrow: set of measurements to parameter or index to percent.

    Args:
        path: weight file, the shipped one if left out.

    Raises:
        ValueError: no such file, or one without the table.
    """
    path = path or DEFAULT_WEIGHTS
    try:
        with safe_open(path, framework="np") as file:
            config = json.loads((file.metadata() or {}).get("config", "{}"))
    except (SafetensorError, OSError) as error:
        raise ValueError(f"{path} is not a readable weight file ({error}): fetch or train it again") from error
    if "identifiability" not in config:
        raise ValueError(f"{path} holds no table of narrowing: give a file of `python -m twin_core train posterior`")
    return in_order(config["identifiability"])


def in_order(table: dict[str, dict[str, float]]) -> dict[str, dict[str, float]]:
    """The table with sets of measurements, parameters and indices in the order they are told in."""
    return {label: {name: table[label][name] for name in (*UNKNOWN, *DERIVED)} for label in SETS}
