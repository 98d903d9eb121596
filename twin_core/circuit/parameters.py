"""What a circuit parameter is: a frozen field whose unit, bounds and source are written once, and checked when made."""

from __future__ import annotations

import dataclasses
import difflib
import functools
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self


class ParameterError(ValueError):
    """A parameter name that does not exist, or a value outside its bounds."""


@dataclass(frozen=True, kw_only=True)
class ParameterInfo:
    """What is known about one parameter besides its value.

    Attributes:
        name: Field name, in the field's standard terms.
        label: Name for people.
        symbol: Symbol in the published equations.
        unit: Unit of the value.
        bounds: Smallest and largest accepted value, both included.
        source: Where the bounds come from.
        learned: Whether the echo encoder estimates it (the paper's seven do; the others stay fixed).
        help: One sentence a clinician understands.
    """

    name: str
    label: str
    symbol: str
    unit: str
    bounds: tuple[float, float]
    source: str
    learned: bool
    help: str


def parameter(
    default: float,
    *,
    label: str,
    symbol: str,
    unit: str,
    bounds: tuple[float, float],
    source: str,
    help: str,
    learned: bool = False,
) -> Any:
    """A dataclass field that carries what ``ParameterInfo`` describes."""
    metadata = {
        "label": label,
        "symbol": symbol,
        "unit": unit,
        "bounds": bounds,
        "source": source,
        "learned": learned,
        "help": help,
    }
    return dataclasses.field(default=default, metadata=metadata)


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """Base of every circuit's parameters.

    Raises:
        ParameterError: If a value is not a finite number inside its bounds.
    """

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            object.__setattr__(self, name, check_value(name, value, self.infos()))

    def replace(self, **changes: float) -> Self:
        """A copy with some values changed.

        Raises:
            ParameterError: For an unknown name or a value out of bounds.
        """
        for name in changes:
            info(name, self.infos())
        return dataclasses.replace(self, **changes)

    def to_dict(self) -> dict[str, float]:
        """Name to value, in the order of definition."""
        return dataclasses.asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, float]) -> Self:
        """Parameters from names and values; names left out take their default.

        Raises:
            ParameterError: For an unknown name or a value out of bounds.
        """
        for name in values:
            info(name, cls.infos())
        return cls(**values)

    @classmethod
    @functools.cache
    def infos(cls) -> dict[str, ParameterInfo]:
        """Every parameter of this circuit by name, in order of definition."""
        return {field.name: ParameterInfo(name=field.name, **field.metadata) for field in dataclasses.fields(cls)}


def _known() -> dict[str, ParameterInfo]:
    """The parameters of all circuits by name."""
    known: dict[str, ParameterInfo] = {}
    pending = [Parameters]
    while pending:
        circuit = pending.pop()
        known |= circuit.infos()
        pending += circuit.__subclasses__()
    return known


def info(name: str, among: Mapping[str, ParameterInfo] | None = None) -> ParameterInfo:
    """The description of one parameter.

    Args:
        name: Name of the parameter.
        among: Where to look; every circuit's parameters if left out.

    Raises:
        ParameterError: If there is no such parameter; the message suggests the nearest names.
    """
    known = _known() if among is None else among
    try:
        return known[name]
    except KeyError:
        near = [one for one in known if name and name.lower() in one]
        near = near or difflib.get_close_matches(name, known, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(known)}."
        raise ParameterError(f"there is no parameter {name!r}; {hint}") from None


def check_value(name: str, value: float, among: Mapping[str, ParameterInfo] | None = None) -> float:
    """The value as a float, if it is a finite number within the parameter's bounds.

    Args:
        name: Name of the parameter.
        value: Its value.
        among: Parameters to look in; every circuit's if left out.

    Raises:
        ParameterError: Otherwise; the message gives the value, the bounds and the remedy.
    """
    about = info(name, among)
    low, high = about.bounds
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = math.nan
    if not low <= number <= high:  # NaN compares false, so it is refused here too
        raise ParameterError(
            f"{name} = {value} is not between {low:.6g} and {high:.6g} {about.unit}; choose a value within."
        )
    return number
