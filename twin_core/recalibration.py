"""A twin moved to the cuff pressure and heart rate taken beside the clip, so that its pressures are the patient's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, field_validator

from twin_core.calibration import READING_SD, calibrate
from twin_core.circuit import INDICES, PARAMETERS, Beat, CircuitParameters, ParameterError
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.learning.readings import CUFF, HEART_RATE, READING_LIMITS, check_readings
from twin_core.twin import Twin

HEART_RATE_SD_BPM = 1.0  # of counting; the circuit takes the rate as given
_MET = 2.0  # times a reading's spread


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """One wanted value beside what the twin does.

    Attributes:
        name: Index name.
        wanted: What was read or measured.
        simulated: What the twin does.
    """

    name: str
    wanted: float
    simulated: float

    @property
    def difference(self) -> float:
        """Simulated minus wanted, in the index's unit."""
        return self.simulated - self.wanted

    @property
    def met(self) -> bool:
        """Whether the difference is within twice the reading's spread."""
        return abs(self.difference) <= _MET * READING_SD.get(self.name, HEART_RATE_SD_BPM)


@dataclass(frozen=True, kw_only=True)
class Move:
    """One parameter that could move: value before and after, and what fixed it (see ``Calibration``)."""

    name: str
    before: float
    after: float
    status: str


class Recalibration(BaseModel):
    """What a recalibrated twin was made from; kept beside it, so that it can be undone and told.

    Attributes:
        found: The twin as found from the echo.
        readings: What was entered, by index name.
        wanted: What the circuit was moved to, by index name: readings and the clip's volumes.
        parameter_status: For each parameter that could move, what fixed it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    found: Twin
    readings: dict[str, float]
    wanted: dict[str, float]
    parameter_status: dict[str, str]

    @field_validator("readings")
    @classmethod
    def _are_readings(cls, readings: dict[str, float]) -> dict[str, float]:
        check_entered(readings)
        return readings

    @field_validator("wanted")
    @classmethod
    def _are_indices(cls, wanted: dict[str, float]) -> dict[str, float]:
        for name in wanted:
            if name not in READING_LIMITS and name not in ("edv_ml", "esv_ml"):
                raise ValueError(f"there is no measurement {name!r}; open the file as saved.")
        return wanted

    @field_validator("parameter_status")
    @classmethod
    def _are_parameters(cls, status: dict[str, str]) -> dict[str, str]:
        for name in status:
            if name not in PARAMETERS:
                raise ValueError(f"there is no parameter {name!r}; open the file as saved.")
        return status

    def renamed(self, pseudonym: str) -> Self:
        """The same recalibration of a twin under another pseudonym."""
        return self.model_copy(update={"found": self.found.renamed(pseudonym)})

    def describe(self) -> str:
        """What the twin was moved to, in words, for tables and reports."""
        said = [
            f"{INDICES[name].label.lower()} {value:.0f} {INDICES[name].unit}" for name, value in self.readings.items()
        ]
        return f"recalibrated to {', '.join(said)}; no pump"

    def compared(self, beat: Beat) -> list[Comparison]:
        """Every wanted value beside the beat's."""
        return [
            Comparison(name=name, wanted=value, simulated=float(getattr(beat, name)))
            for name, value in self.wanted.items()
        ]

    def moves(self, twin: Twin) -> list[Move]:
        """Every parameter that could move, from the twin as found to the recalibrated one, the furthest first."""
        moved = [
            Move(name=name, before=self.found.parameters[name], after=twin.parameters[name], status=status)
            for name, status in self.parameter_status.items()
        ]
        if HEART_RATE in self.readings:
            before, after = (one.parameters[HEART_RATE] for one in (self.found, twin))
            moved.append(Move(name=HEART_RATE, before=before, after=after, status="as read"))
        return sorted(moved, key=lambda move: -_share_of_bounds(move))


def recalibrate(twin: Twin, readings: Mapping[str, float]) -> tuple[Twin, Recalibration]:
    """Move a twin to readings taken beside the clip, holding its measured volumes.

    The twin keeps its clip's EDV and ESV, or its own where it has no clip, and a cuff pressure that was given with the
    clip unless another is entered. See ``calibration.calibrate`` for how.

    Args:
        twin: The twin as found from the echo.
        readings: Any of ``READING_LIMITS`` by name; at least one.

    Returns:
        The recalibrated twin, and what it was made from.

    Raises:
        ParameterError: If nothing was read, a name is unknown, a value is none, or diastolic is not under systolic.
    """
    check_entered(readings)
    measured = twin.measured or twin.simulate()
    known = {} if twin.measured is None else {n: getattr(twin.measured, n) for n in CUFF}
    readings = {**{name: value for name, value in known.items() if value is not None}, **readings}
    check_readings(readings)  # what is entered now beside the cuff pressure that came with the clip
    wanted = {**readings, "edv_ml": measured.edv_ml, "esv_ml": measured.esv_ml}
    found = calibrate(twin.circuit, wanted)
    changes = {"parameters": found.parameters.to_dict(), **_known_since(twin, found.parameters, readings)}
    moved = Twin.model_validate({**twin.model_dump(), **changes})
    record = Recalibration(
        found=twin, readings=dict(readings), wanted=wanted, parameter_status=dict(found.parameter_status)
    )
    return moved, record


def _known_since(twin: Twin, parameters: LeftHeartParameters, readings: Mapping[str, float]) -> dict[str, Any]:
    """What else of a twin changes with readings: the cuff among its measured values, its cautions, its draws."""
    if twin.measured is None:
        return {}
    assert isinstance(parameters, CircuitParameters)
    from twin_core.inference import (
        disagreements,
        draw_posterior,
        reach_cautions,
    )  # networks load only where they are used

    cuff = {name: value for name, value in readings.items() if name != HEART_RATE}
    measured = twin.measured.model_copy(update=cuff)
    rate = {name: value for name, value in readings.items() if name == HEART_RATE}
    # How well the readings are met is told beside them; here stands what the clip says against the circuit.
    clip_alone = {**dict.fromkeys(CUFF), **rate}
    told = {*disagreements(twin.measured, twin.circuit), *reach_cautions(twin.measured.known())}
    cautions = [one for one in twin.quality.reasons if one not in told]
    cautions += disagreements(twin.measured.model_copy(update=clip_alone), parameters)
    cautions += reach_cautions({**measured.known(), **rate})
    changes: dict[str, Any] = {
        "measured": measured.model_dump(),
        "quality": {"usable": True, "reasons": cautions},
    }
    if twin.posterior_draws and twin.clip is not None:
        error = None if rate else measured.heart_rate_error_bpm
        changes["posterior_draws"] = draw_posterior({**measured.known(), **rate}, twin.clip.sha256, error)
    return changes


def check_entered(readings: Mapping[str, float]) -> None:
    """Refuse to recalibrate to nothing, or to what no cuff and no pulse shows.

    Raises:
        ParameterError: The message says what was read, and what to do.
    """
    if not readings:
        raise ParameterError("nothing was entered; give a cuff pressure, a heart rate, or both.")
    check_readings(readings)


def _share_of_bounds(move: Move) -> float:
    low, high = PARAMETERS[move.name].bounds
    return abs(move.after - move.before) / (high - low)
