"""The box of the learned parameters: what a network was trained for and whether that is still the circuit's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from twin_core.circuit import LEARNED, PARAMETERS, CircuitParameters
from twin_core.learning.weights import WeightsError

LOWER = np.array([PARAMETERS[name].bounds[0] for name in LEARNED])
UPPER = np.array([PARAMETERS[name].bounds[1] for name in LEARNED])
DEFAULTS = CircuitParameters()
"""Values of the parameters that are not learned, and the reference values of those that are."""


def stressed_volume_ml(initial_volume_ml: Any, emin_mmhg_per_ml: Any, systemic_compliance: Any) -> Any:
    """Stressed volume above Vd that the five-state circuit's initial state holds, mL.

    Args:
        initial_volume_ml: start_v; left atrial pressure starts at start_v times Emin.
        emin_mmhg_per_ml: Emin.
        systemic_compliance: Cs, mL/mmHg. Each a number, or an array or tensor of the result's shape.
    """
    arteries = (systemic_compliance + DEFAULTS.aortic_compliance) * DEFAULTS.initial_aortic_pressure_mmhg
    return initial_volume_ml * (1.0 + DEFAULTS.left_atrial_compliance * emin_mmhg_per_ml) + arteries


def describe() -> dict[str, Any]:
    """The box for a weight file: the learned names in order with their bounds, the values of all others."""
    return {
        "bounds": [[name, *PARAMETERS[name].bounds] for name in LEARNED],
        "fixed": {name: value for name, value in DEFAULTS.to_dict().items() if name not in LEARNED},
    }


def check(config: dict[str, Any], path: str | Path, remedy: str) -> None:
    """Refuse a weight file made for another box.

    Args:
        config: what ``describe`` gave when the file was written, among other things.
        path: of the file, for the message.
        remedy: command that makes a fitting one.

    Raises:
        WeightsError: names, order, bounds or fixed values differ; the message gives the first difference.
    """
    now = describe()
    bounds, fixed = config.get("bounds", []), config.get("fixed", {})
    for old, new in zip(bounds, now["bounds"], strict=False):
        if old != new:
            raise WeightsError(f"{path} was trained for bounds {old}, the circuit has {new}: retrain, {remedy}")
    if len(bounds) != len(now["bounds"]):
        raise WeightsError(
            f"{path} was trained for {len(bounds)} parameters, the circuit learns {len(now['bounds'])}: "
            f"retrain, {remedy}"
        )
    for name in sorted(now["fixed"].keys() | fixed.keys()):
        old_value, new_value = fixed.get(name), now["fixed"].get(name)
        if old_value != new_value:
            raise WeightsError(
                f"{path} was trained with {name} = {old_value}, the circuit has {new_value}: retrain, {remedy}"
            )
