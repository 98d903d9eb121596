"""What is believed of a patient before anything is measured: the prior of the posterior, with its sources.

Parameters are drawn over their bounds (each with its source in ``PARAMETERS``), uniformly or, where a range spans
decades, log-uniformly. Of the circuits drawn only those that beat as a living adult's circulation can are patients:
the prior is the box cut down to ``PLAUSIBLE``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import qmc

from twin_core.circuit import LEARNED, PARAMETERS, CircuitParameters
from twin_core.circuit.cohort import solve_cohort
from twin_core.learning import box

UNKNOWN: tuple[str, ...] = (*LEARNED, "systemic_resistance", "systemic_compliance")
"""Parameters the posterior is of: those an echo shows something of, then those a cuff pressure does. The others keep
their defaults; initial aortic pressure acts through stressed volume alone, which the preload volume sets already."""

LOGARITHMIC = frozenset(
    {
        "emax_mmhg_per_ml",  # failing 0.5 to 1.2, normal about 2 (Suga and Sagawa 1974): halves as common as doubles
        "emin_mmhg_per_ml",
        "mitral_resistance",  # most valves are not stenotic; areas go with 1/R (Gorlin 1951): equal shares a doubling
        "aortic_resistance",  # over three decades, the lowest two without effect on the beat (Ford 1990, area 4 cm²)
        "systemic_resistance",  # 270 to 4000 dyn·s/cm⁵ between vasoplegia and shock, about 1100 in the middle
        "systemic_compliance",
    }
)
"""Drawn log-uniformly; the others uniformly."""

PLAUSIBLE: dict[str, tuple[float, float]] = {
    "edv_ml": (40.0, 400.0),  # ASE/EACVI 2015 (J Am Soc Echocardiogr 28:1): normal 46 to 150; dilated hearts to 400
    "ejection_fraction_pct": (5.0, 80.0),  # same: normal 52 to 74; pump candidates 17 ± 6
    "mean_arterial_pressure_mmhg": (45.0, 150.0),  # shock to hypertensive emergency
    "left_atrial_pressure_mmhg": (0.0, 40.0),  # normal 4 to 12; pulmonary oedema from 25
    "cardiac_output_l_min": (1.5, 12.0),  # index 0.8 (shock, SCAI 2022: under 2.2) to 6 at 1.9 m²
}
"""What a living adult's indices can be at rest, both ends included."""

INDEX_NAMES: tuple[str, ...] = (
    *("edv_ml", "esv_ml", "ejection_fraction_pct", "systolic_pressure_mmhg", "diastolic_pressure_mmhg"),
    *("mean_arterial_pressure_mmhg", "left_atrial_pressure_mmhg", "cardiac_output_l_min", "stroke_work_mmhg_ml"),
)

_LOG = np.array([name in LOGARITHMIC for name in UNKNOWN])
_BOUNDS = np.array([PARAMETERS[name].bounds for name in UNKNOWN])
_LOW, _HIGH = np.where(_LOG, np.log(np.where(_LOG, _BOUNDS.T, 1.0)), _BOUNDS.T)
_FILLING = [UNKNOWN.index(name) for name in ("initial_volume_ml", "unstressed_volume_ml")]
_SHAPING = [i for i in range(len(UNKNOWN)) if i not in _FILLING]
FILLINGS = 4  # patients a solved circuit
_PART = 4096  # circuits solved between two progress reports


@dataclass(frozen=True, kw_only=True, eq=False)
class Patients:
    """Patients of the prior and what was left out on the way to them.

    Attributes:
        parameters: in the order of ``UNKNOWN``, each in its own unit (N, 9).
        indices: of their beats without a pump, in the order of ``INDEX_NAMES`` (N, 9).
        drawn: drawn from the box.
        not_periodic: of them, those without a steady beat.
        implausible: of the steady, those outside ``PLAUSIBLE``.
    """

    parameters: NDArray[np.float64]
    indices: NDArray[np.float64]
    drawn: int
    not_periodic: int
    implausible: int

    def index(self, name: str) -> NDArray[np.float64]:
        """One index of every patient (N,)."""
        return self.indices[:, INDEX_NAMES.index(name)]


def to_unit(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares of their ranges on the scale they are drawn on, 0 to 1, of parameters (..., 9)."""
    scaled = np.where(_LOG, np.log(np.where(_LOG, parameters, 1.0)), parameters)
    return np.asarray((scaled - _LOW) / (_HIGH - _LOW))


def from_unit(unit: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters of shares of their ranges (..., 9), inside their bounds whatever the rounding."""
    scaled = _LOW + np.clip(unit, 0.0, 1.0) * (_HIGH - _LOW)
    values = np.where(_LOG, np.exp(np.where(_LOG, scaled, 0.0)), scaled)
    return np.asarray(np.clip(values, _BOUNDS[:, 0], _BOUNDS[:, 1]))


def circuits(parameters: NDArray[np.float64]) -> list[CircuitParameters]:
    """Circuits of parameters in the order of ``UNKNOWN`` (N, 9)."""
    return [CircuitParameters.from_dict(dict(zip(UNKNOWN, row, strict=True))) for row in parameters.tolist()]


def draw_patients(drawn: int, seed: int, report: Callable[[str], None] = lambda line: None) -> Patients:
    """Scrambled Sobol points (Owen 1998) of the box, solved, cut down to the plausible.

    The batch kernel solves each circuit once; ``FILLINGS`` patients of it, with their own preload and unstressed
    volume, follow exactly. Without a pump unstressed volume only shifts the ventricle's volume, and all volumes above
    it, pressures and flows are proportional to the conserved stressed volume (see ``Surrogate``; a test solves them).

    Args:
        drawn: circuits to solve, a power of two (only then are the points balanced).
        seed: of the scrambling; another seed gives points that share none with the first.
        report: receives a line of progress now and then.

    Raises:
        ValueError: drawn is not a power of two.
    """
    if drawn < 1 or drawn & (drawn - 1):
        raise ValueError(f"samples must be a power of two for Sobol points, got {drawn}: give e.g. 65536")
    shapes = len(UNKNOWN) - len(_FILLING)
    points = qmc.Sobol(shapes + FILLINGS * len(_FILLING), seed=seed).random_base2(drawn.bit_length() - 1)
    kept, found, unsteady = [], [], 0
    for first in range(0, drawn, _PART):
        part = points[first : first + _PART]
        unit = np.empty((FILLINGS, len(part), len(UNKNOWN)))
        unit[:, :, _SHAPING] = part[:, :shapes]
        unit[:, :, _FILLING] = part[:, shapes:].reshape(len(part), FILLINGS, len(_FILLING)).swapaxes(0, 1)
        parameters = from_unit(unit)
        beats = solve_cohort(circuits(parameters[0]))
        steady = np.array([beat.status == "periodic" for beat in beats])
        unsteady += int((~steady).sum())
        solved = np.array([[getattr(beat, name) for name in INDEX_NAMES] for beat in beats])
        for others in parameters:
            indices = refilled(solved, parameters[0], others)
            keep = steady & plausible(indices)
            kept.append(others[keep])
            found.append(indices[keep])
        report(f"solved {min(first + _PART, drawn)} of {drawn} circuits; {sum(map(len, kept))} patients")
    accepted = np.concatenate(kept)
    return Patients(
        parameters=accepted,
        indices=np.concatenate(found),
        drawn=drawn * FILLINGS,
        not_periodic=unsteady * FILLINGS,
        implausible=(drawn - unsteady) * FILLINGS - len(accepted),
    )


def refilled(
    indices: NDArray[np.float64], parameters: NDArray[np.float64], others: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Indices of circuits that differ in preload and unstressed volume alone from those solved.

    Args:
        indices: of the solved circuits, in the order of ``INDEX_NAMES`` (N, 9).
        parameters: of the solved circuits, in the order of ``UNKNOWN`` (N, 9).
        others: of the circuits wanted (N, 9).
    """
    ratio = (stressed_volume_ml(others) / stressed_volume_ml(parameters))[:, None]
    shift = UNKNOWN.index("unstressed_volume_ml")
    found = indices * ratio
    edv, esv, ef, work = (
        INDEX_NAMES.index(name) for name in ("edv_ml", "esv_ml", "ejection_fraction_pct", "stroke_work_mmhg_ml")
    )
    volumes = [edv, esv]
    found[:, volumes] = (indices[:, volumes] - parameters[:, [shift]]) * ratio + others[:, [shift]]
    found[:, ef] = 100.0 * (1.0 - found[:, esv] / found[:, edv])
    found[:, work] = indices[:, work] * ratio[:, 0] ** 2  # pressure times volume
    return found


def stressed_volume_ml(parameters: NDArray[np.float64]) -> NDArray[np.float64]:
    """Stressed volume above unstressed volume that the initial state holds, mL (N,), of parameters (N, 9)."""
    names = ("initial_volume_ml", "emin_mmhg_per_ml", "systemic_compliance")
    return np.asarray(box.stressed_volume_ml(*(parameters[:, UNKNOWN.index(name)] for name in names)))


def plausible(indices: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which rows of indices (N, 9), in the order of ``INDEX_NAMES``, a living adult can have, bool (N,)."""
    columns = [INDEX_NAMES.index(name) for name in PLAUSIBLE]
    low, high = np.array(list(PLAUSIBLE.values())).T
    inside = (indices[:, columns] >= low) & (indices[:, columns] <= high)
    return np.asarray(inside.all(axis=1))
