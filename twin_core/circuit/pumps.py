"""Rotary blood pumps: each law from its publication, as head in terms of flow and speed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from twin_core.circuit.parameters import ParameterError


@dataclass(frozen=True, kw_only=True)
class Pump:
    """A rotary pump between left ventricle and aorta, cannulae included.

    At a fixed speed every law has the form H(Q) = h0 + h1·Q + h2·Q·|Q|: three numbers for the circuit.

    Attributes:
        name: Name for the command line and files.
        label: Name for people.
        head_coefficients: Speed in rpm to (h0 mmHg, h1 mmHg·s/mL, h2 mmHg·s²/mL²).
        cannula_resistance: Inflow plus outflow cannula, mmHg·s/mL.
        inertance: Pump plus cannulae, mmHg·s²/mL.
        suction_gain: Extra inflow resistance for each mmHg below the threshold, s/mL.
        suction_threshold_mmhg: LV pressure under which the inflow cannula starts to collapse.
        speed_range_rpm: Speeds accepted.
        usual_range_rpm: Speeds in everyday use of this model.
        source: Publication of the law.
    """

    name: str
    label: str
    head_coefficients: Callable[[float], tuple[float, float, float]]
    cannula_resistance: float
    inertance: float
    suction_gain: float
    suction_threshold_mmhg: float
    speed_range_rpm: tuple[float, float]
    usual_range_rpm: tuple[float, float]
    source: str

    def check_speed(self, speed_rpm: float) -> float:
        """The speed as a float, if the pump can run at it.

        Raises:
            ParameterError: If it is not a finite number within ``speed_range_rpm``.
        """
        low, high = self.speed_range_rpm
        if not (math.isfinite(speed_rpm) and low <= speed_rpm <= high):
            raise ParameterError(
                f"speed = {speed_rpm} rpm is outside what the {self.name} pump runs at; "
                f"choose {low:.0f} to {high:.0f} rpm."
            )
        return float(speed_rpm)


_AXIAL_BETA0 = 0.1707  # mmHg·s/mL
_AXIAL_BETA1 = 0.02177  # mmHg·s²/mL
_AXIAL_BETA2 = 9.9025e-7  # mmHg/rpm²
_CANNULA_RESISTANCE = 0.0677  # mmHg·s/mL, inflow and outflow each
_CANNULA_INERTANCE = 0.0127  # mmHg·s²/mL, inflow and outflow each


def _axial_head(speed_rpm: float) -> tuple[float, float, float]:
    """H = β2 N² − β0 Q (Simaan 2009, eq. 9; the β1 dQ/dt term is in the inertance)."""
    return _AXIAL_BETA2 * speed_rpm**2, -_AXIAL_BETA0, 0.0


_PUMPS = (
    Pump(
        name="axial",
        label="Axial (Simaan)",
        head_coefficients=_axial_head,
        cannula_resistance=2 * _CANNULA_RESISTANCE,
        inertance=2 * _CANNULA_INERTANCE + _AXIAL_BETA1,
        suction_gain=3.5,
        suction_threshold_mmhg=1.0,
        speed_range_rpm=(6000.0, 18000.0),
        usual_range_rpm=(8000.0, 12000.0),
        source="Simaan 2009, IEEE Trans Control Syst Technol 17:74, eq. 8 to 12",
    ),
)

NAMES: tuple[str, ...] = tuple(pump.name for pump in _PUMPS)


def get(name: str) -> Pump:
    """The pump of that name.

    Raises:
        ParameterError: If there is none.
    """
    for pump in _PUMPS:
        if pump.name == name:
            return pump
    raise ParameterError(f"there is no pump {name!r}; choose from {', '.join(NAMES)}.")
