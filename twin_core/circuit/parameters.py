"""Parameters of the five-state left-heart circuit: each name, unit, bounds and source written once."""

from __future__ import annotations

import dataclasses
import difflib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

_SIMAAN = "Simaan 2009, IEEE Trans Control Syst Technol 17:74, table I"
_REAL2SIM = "Med-Real2Sim, arXiv 2403.00177, learnable range"


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


def _parameter(
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
class CircuitParameters:
    """The five-state circuit of one patient (Simaan 2009), checked when made.

    Defaults are the published normal adult. Values are floats in the unit of each field's metadata.

    Raises:
        ParameterError: If a value is not a finite number inside its bounds.
    """

    heart_rate_bpm: float = _parameter(
        75.0,
        label="Heart rate",
        symbol="HR",
        unit="bpm",
        bounds=(60 / 1.7, 150.0),
        source=f"{_REAL2SIM}: cycle length 0.4 to 1.7 s",
        learned=True,
        help="Beats a minute; the cycle length is 60 divided by it.",
    )
    emax_mmhg_per_ml: float = _parameter(
        2.0,
        label="Contractility (Emax)",
        symbol="Emax",
        unit="mmHg/mL",
        bounds=(0.5, 3.5),
        source=_REAL2SIM,
        learned=True,
        help="Largest elastance of the left ventricle in a beat: how hard it contracts.",
    )
    emin_mmhg_per_ml: float = _parameter(
        0.06,
        label="Diastolic elastance (Emin)",
        symbol="Emin",
        unit="mmHg/mL",
        bounds=(0.02, 0.1),
        source=_REAL2SIM,
        learned=True,
        help="Elastance of the relaxed left ventricle: how stiff it is to fill.",
    )
    unstressed_volume_ml: float = _parameter(
        10.0,
        label="Unstressed volume (V0)",
        symbol="Vd",
        unit="mL",
        bounds=(4.0, 24.0),
        source=_REAL2SIM,
        learned=True,
        help="Left-ventricular volume at zero pressure.",
    )
    initial_volume_ml: float = _parameter(
        100.0,
        label="Preload volume (start_v)",
        symbol="start_v",
        unit="mL",
        bounds=(0.0, 280.0),
        source=_REAL2SIM,
        learned=True,
        help="Left-ventricular volume above unstressed volume at t = 0; it sets how full the circulation is.",
    )
    initial_aortic_pressure_mmhg: float = _parameter(
        75.0,
        label="Initial aortic pressure",
        symbol="Pao(0)",
        unit="mmHg",
        bounds=(40.0, 150.0),
        source="Med-Real2Sim fixes 75; Simaan 2009 uses 80 to 90",
        help="Aortic and arterial pressure at t = 0; like the preload volume it sets the stressed volume.",
    )
    mitral_resistance: float = _parameter(
        0.005,
        label="Mitral valve resistance",
        symbol="Rm",
        unit="mmHg·s/mL",
        bounds=(0.005, 0.1),
        source=_REAL2SIM,
        learned=True,
        help="Resistance of the open mitral valve; 0.1 is about an area of 1.0 cm².",
    )
    aortic_resistance: float = _parameter(
        0.001,
        label="Aortic valve resistance",
        symbol="Ra",
        unit="mmHg·s/mL",
        bounds=(0.0001, 0.25),
        source=_REAL2SIM,
        learned=True,
        help="Resistance of the open aortic valve; severe stenosis starts at about 0.16.",
    )
    systemic_resistance: float = _parameter(
        1.0,
        label="Systemic resistance",
        symbol="Rs",
        unit="mmHg·s/mL",
        bounds=(0.2, 3.0),
        source=f"{_SIMAAN}: 1.0; range 270 to 4000 dyn·s/cm⁵",
        help="Systemic vascular resistance: afterload; 1 mmHg·s/mL is 1333 dyn·s/cm⁵.",
    )
    characteristic_resistance: float = _parameter(
        0.0398,
        label="Characteristic resistance",
        symbol="Rc",
        unit="mmHg·s/mL",
        bounds=(0.005, 0.2),
        source=f"{_SIMAAN}: 0.0398",
        help="Resistance of the proximal aorta.",
    )
    aortic_compliance: float = _parameter(
        0.08,
        label="Aortic compliance",
        symbol="Ca",
        unit="mL/mmHg",
        bounds=(0.02, 0.5),
        source=f"{_SIMAAN}: 0.08",
        help="Compliance of the aortic root.",
    )
    systemic_compliance: float = _parameter(
        1.33,
        label="Systemic arterial compliance",
        symbol="Cs",
        unit="mL/mmHg",
        bounds=(0.3, 4.0),
        source=f"{_SIMAAN}: 1.33",
        help="Compliance of the arterial tree: smaller is stiffer and widens pulse pressure.",
    )
    left_atrial_compliance: float = _parameter(
        4.4,
        label="Left atrial compliance",
        symbol="Cr",
        unit="mL/mmHg",
        bounds=(1.0, 15.0),
        source=f"{_SIMAAN}: 4.4",
        help="Compliance of the left atrium with the veins lumped into it.",
    )
    aortic_inertance: float = _parameter(
        0.0005,
        label="Aortic inertance",
        symbol="Ls",
        unit="mmHg·s²/mL",
        bounds=(0.00005, 0.005),
        source=f"{_SIMAAN}: 0.0005",
        help="Inertia of the blood in the aorta.",
    )

    def __post_init__(self) -> None:
        for name, value in dataclasses.asdict(self).items():
            object.__setattr__(self, name, check_value(name, value))

    @property
    def cycle_length_s(self) -> float:
        """Length of one beat in seconds (the paper's Tc)."""
        return 60.0 / self.heart_rate_bpm

    def replace(self, **changes: float) -> Self:
        """A copy with some values changed.

        Raises:
            ParameterError: For an unknown name or a value out of bounds.
        """
        for name in changes:
            info(name)
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
            info(name)
        return cls(**values)


PARAMETERS: dict[str, ParameterInfo] = {
    field.name: ParameterInfo(name=field.name, **field.metadata) for field in dataclasses.fields(CircuitParameters)
}
"""Every parameter of the circuit by name, in order of definition."""

LEARNED: tuple[str, ...] = (
    "heart_rate_bpm",
    "initial_volume_ml",
    "emax_mmhg_per_ml",
    "emin_mmhg_per_ml",
    "mitral_resistance",
    "aortic_resistance",
    "unstressed_volume_ml",
)
"""The seven the echo encoder estimates, in the paper's order: Tc, start_v, Emax, Emin, Rm, Ra, Vd."""


def info(name: str) -> ParameterInfo:
    """The description of one parameter.

    Raises:
        ParameterError: If there is no such parameter; the message suggests the nearest names.
    """
    try:
        return PARAMETERS[name]
    except KeyError:
        near = [known for known in PARAMETERS if name and name.lower() in known]
        near = near or difflib.get_close_matches(name, PARAMETERS, n=2, cutoff=0.5)
        hint = f"did you mean {' or '.join(near)}?" if near else f"choose from {', '.join(PARAMETERS)}."
        raise ParameterError(f"there is no parameter {name!r}; {hint}") from None


def check_value(name: str, value: float) -> float:
    """The value as a float, if it is a finite number within the parameter's bounds.

    Raises:
        ParameterError: Otherwise; the message gives the value, the bounds and the remedy.
    """
    about = info(name)
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
