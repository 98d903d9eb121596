"""What a twin file holds besides its circuit: facts of the clip, measured values, the verdict."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, model_validator

from twin_core.echo.limits import MAX_FRAMES, MAX_SIDE_PX, MIN_FRAMES, MIN_SIDE_PX
from twin_core.learning.readings import CUFF, check_readings


class TwinError(ValueError):
    """A twin file that cannot be used."""


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Word = Annotated[str, Field(pattern=r"^[a-z0-9_ ]{1,40}$")]
SidePx = Annotated[int, Field(ge=MIN_SIDE_PX, le=MAX_SIDE_PX)]
ModelName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class Record(BaseModel):
    """Values that do not change, with no field too many."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClipFacts(Record):
    """Facts of the clip a twin was made from. No patient name, ID, birth date or frame is kept."""

    format: Word
    sha256: Digest
    frames: int = Field(ge=MIN_FRAMES, le=MAX_FRAMES)
    rows: SidePx
    columns: SidePx
    frame_rate_hz: float = Field(gt=0)
    duration_s: float = Field(gt=0)
    cm_per_px: tuple[PositiveFloat, PositiveFloat] | None
    cm_per_px_source: Word


class MeasuredBeat(Record):
    """One beat of a clip; times from its first frame, ``period_s`` None where the next beat is not seen."""

    end_diastole_s: float = Field(ge=0)
    end_systole_s: float = Field(ge=0)
    edv_ml: float = Field(gt=0)
    esv_ml: float = Field(ge=0)
    ejection_fraction_pct: float = Field(ge=0, le=100)
    period_s: float | None = Field(default=None, gt=0)


class MeasuredValues(Record):
    """What the contour gives, means over the beats. Volumes are in mL only if ``calibrated``; else on an assumed depth.

    ``heart_rate_error_bpm`` is the standard deviation of a heart rate that could be told only roughly, else None.
    ``each_beat`` holds the beats the means are of, ``ejection_fraction_sd_pct`` and the like their standard deviations
    (n - 1), None with fewer than two; files of older schemas hold none of these.
    """

    ejection_fraction_pct: float = Field(ge=0, le=100)
    heart_rate_bpm: float = Field(gt=0)
    heart_rate_error_bpm: float | None = Field(default=None, gt=0, le=100)
    edv_ml: float = Field(gt=0)
    esv_ml: float = Field(ge=0)
    calibrated: bool
    beats: int = Field(ge=1)
    each_beat: tuple[MeasuredBeat, ...] = Field(default=(), max_length=MAX_FRAMES)
    ejection_fraction_sd_pct: float | None = Field(default=None, ge=0)
    edv_sd_ml: float | None = Field(default=None, ge=0)
    esv_sd_ml: float | None = Field(default=None, ge=0)
    systolic_pressure_mmhg: float | None = None
    diastolic_pressure_mmhg: float | None = None

    @model_validator(mode="after")
    def _the_heart_beats(self) -> Self:
        if self.esv_ml >= self.edv_ml:
            raise ValueError(f"esv_ml = {self.esv_ml} is not under edv_ml = {self.edv_ml}; open the file as saved.")
        if len(self.each_beat) not in (0, self.beats):
            raise ValueError(f"each_beat holds {len(self.each_beat)} of {self.beats} beats; open the file as saved.")
        check_readings({name: getattr(self, name) for name in CUFF})
        return self

    def known(self) -> dict[str, float]:
        """What is known of the patient, by name: volumes only where they rest on a scale, pressures where given."""
        names = ["ejection_fraction_pct", "heart_rate_bpm"]
        names += ["edv_ml", "esv_ml"] if self.calibrated else []
        names += CUFF
        values = {name: getattr(self, name) for name in names}
        return {name: value for name, value in values.items() if value is not None}


class Quality(Record):
    """Whether the clip can carry a twin; reasons why not, or cautions about one it carries."""

    usable: bool
    reasons: list[str] = []
