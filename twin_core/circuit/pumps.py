"""Rotary blood pumps: each law from its publication, as head in terms of flow and speed."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.units import L_MIN_PER_ML_S


@dataclass(frozen=True, kw_only=True)
class ArtificialPulse:
    """A pump's own rhythm: at the start of every period it slows, then speeds up, then returns to its set speed.

    Attributes:
        period_s: Length of the period; not a whole number of beats, so it shows in transients alone.
        phases: Duration in s and change of speed in rpm of each phase, in order.
        lowest_speed_rpm: Set speed from which it is active.
        source: Where the numbers come from.
    """

    period_s: float
    phases: tuple[tuple[float, float], ...]
    lowest_speed_rpm: float
    source: str


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
        pulse: Its artificial pulse, if it has one.
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
    pulse: ArtificialPulse | None = None

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


def _heartmate2_head(speed_rpm: float) -> tuple[float, float, float]:
    """Q = (0.0091 ΔP + 1.4) N − 0.19 ΔP − 1.9 in L/min, mmHg, krpm, solved for the head H = ΔP at a flow.

    TU Eindhoven's bilinear fit (cvbtk, HeartMateII). ΔP is aortic minus LV pressure, cannulae included.
    """
    n = speed_rpm / 1000.0
    steepness = 0.19 - 0.0091 * n  # L/min lost for each mmHg
    return (1.4 * n - 1.9) / steepness, -L_MIN_PER_ML_S / steepness, 0.0


def _heartmate3_head(speed_rpm: float) -> tuple[float, float, float]:
    """H = 3.45e-6 N² − 5.9e-5 N Q − 1.45 Q|Q| in mmHg, rpm, L/min (Girfoglio 2020)."""
    return 3.45e-6 * speed_rpm**2, -5.9e-5 * speed_rpm * L_MIN_PER_ML_S, -1.45 * L_MIN_PER_ML_S**2


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
        source="Simaan 2009, IEEE Trans Control Syst Technol 17:15, eq. 8 to 12",
    ),
    Pump(
        name="heartmate2",
        label="HeartMate II",
        head_coefficients=_heartmate2_head,
        cannula_resistance=0.0,  # the law was measured with its cannulae
        inertance=2 * _CANNULA_INERTANCE + _AXIAL_BETA1,
        suction_gain=3.5,
        suction_threshold_mmhg=1.0,
        speed_range_rpm=(6000.0, 15000.0),
        usual_range_rpm=(8600.0, 9800.0),
        source="cvbtk (TU Eindhoven), HeartMateII: bilinear law; inertance and suction as Simaan 2009",
    ),
    Pump(
        name="heartmate3",
        label="HeartMate 3",
        head_coefficients=_heartmate3_head,
        cannula_resistance=0.0,
        inertance=0.02,
        suction_gain=3.5,
        suction_threshold_mmhg=1.0,
        speed_range_rpm=(3000.0, 9000.0),
        usual_range_rpm=(5000.0, 6000.0),
        source="Girfoglio 2020 fit of the HeartMate 3 head curves; suction as Simaan 2009",
        pulse=ArtificialPulse(
            period_s=2.0,
            phases=((0.15, -2000.0), (0.20, 2000.0)),
            lowest_speed_rpm=4000.0,
            source="Bonnemain 2021, VAD-0D-DNN; active from 4000 rpm by the maker's parameter sheet",
        ),
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
