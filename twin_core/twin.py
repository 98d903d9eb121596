"""The twin of one patient: what was measured, the circuit found for it, and what made it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, ValidationError, field_validator, model_validator

import twin_core
from twin_core.circuit import LEARNED, Beat, CircuitParameters, circuits, solve_periodic
from twin_core.circuit.closing import close_loop
from twin_core.circuit.five_state_parameters import LeftHeartParameters

SCHEMA_VERSION = 1  # raised with the field's Literal below when the layout changes
RESEARCH_USE = "Research use only, not a medical device."


class TwinError(ValueError):
    """A twin file that cannot be used."""


Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
ModelName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ClipFacts(_Record):
    """Facts of the clip a twin was made from. No patient name, ID, birth date or frame is kept."""

    format: str
    sha256: Digest
    frames: int = Field(gt=1)
    rows: int = Field(gt=0)
    columns: int = Field(gt=0)
    frame_rate_hz: float = Field(gt=0)
    duration_s: float = Field(gt=0)
    cm_per_px: tuple[PositiveFloat, PositiveFloat] | None
    cm_per_px_source: str


class MeasuredValues(_Record):
    """What the contour gives. Volumes are in mL only if ``calibrated``; else they rest on an assumed depth."""

    ejection_fraction_pct: float = Field(ge=0, le=100)
    heart_rate_bpm: float = Field(gt=0)
    edv_ml: float = Field(gt=0)
    esv_ml: float = Field(ge=0)
    calibrated: bool
    beats: int = Field(ge=1)

    @model_validator(mode="after")
    def _the_heart_beats(self) -> Self:
        if self.esv_ml >= self.edv_ml:
            raise ValueError(f"esv_ml = {self.esv_ml} is not under edv_ml = {self.edv_ml}; open the file as saved.")
        return self


class Quality(_Record):
    """Whether the clip can carry a twin; reasons why not, or cautions about one it carries."""

    usable: bool
    reasons: list[str] = []


class Twin(_Record):
    """One patient's circuit with its origin; what a twin file holds.

    Attributes:
        schema_version: Version of this layout; a file from a newer one is refused.
        software_version: Version of LVAD Twin that made it.
        pseudonym: Name to show; never the patient's.
        clip: The clip it was made from, or None for a reference patient.
        measured: What was measured on the clip, or None.
        parameters: All circuit parameters by name.
        models: Weights that took part, name to SHA-256.
        quality: Verdict on the clip.
        research_use: The standing restriction, kept in the file.
    """

    schema_version: Literal[1] = 1
    software_version: str = twin_core.__version__
    pseudonym: str = Field(min_length=1, max_length=80)
    clip: ClipFacts | None = None
    measured: MeasuredValues | None = None
    parameters: dict[str, float]
    models: dict[ModelName, Digest] = {}
    quality: Quality = Quality(usable=True)
    research_use: str = RESEARCH_USE

    @field_validator("parameters")
    @classmethod
    def _a_whole_circuit(cls, values: dict[str, float]) -> dict[str, float]:
        circuit = CircuitParameters.from_dict(values).to_dict()
        missing = circuit.keys() - values.keys()
        if missing:
            raise ValueError(f"{', '.join(sorted(missing))} missing; a twin holds its whole circuit.")
        return circuit

    @field_validator("quality")
    @classmethod
    def _usable(cls, quality: Quality) -> Quality:
        if not quality.usable:
            raise ValueError("usable is false; an unusable clip carries no twin.")
        return quality

    @property
    def circuit(self) -> CircuitParameters:
        """The patient's circuit."""
        return CircuitParameters.from_dict(self.parameters)

    def circuit_in(self, name: str) -> LeftHeartParameters:
        """The patient in the circuit of that name: its own five-state circuit, or that circuit closed.

        Raises:
            ParameterError: If there is no such circuit, or no blood volume gives the patient's EDV in it.
        """
        return close_loop(self.circuit) if circuits.get(name) is circuits.CLOSED_LOOP else self.circuit

    @property
    def learned_parameters(self) -> dict[str, float]:
        """The seven parameters the echo encoder estimates."""
        return {name: self.parameters[name] for name in LEARNED}

    def simulate(self) -> Beat:
        """The patient's own periodic beat, without a pump."""
        return solve_periodic(self.circuit)

    @classmethod
    def from_clip(cls, source: str | Path, *, depth_cm: float | None = None, device: str = "auto") -> Self:
        """The twin of the patient in an echo clip.

        Args:
            source: AVI, MP4 or DICOM file with an apical four-chamber clip.
            depth_cm: Depth of the sector, if the file does not say how large a pixel is.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            ClipError: If the file cannot be read.
            TwinError: If the clip cannot carry a twin; the message gives the reasons.
        """
        from twin_core.inference import infer  # networks load only where a clip is read

        inference = infer(source, depth_cm=depth_cm, device=device)
        if inference.twin is None:
            raise TwinError(f"no twin from this clip: {'; '.join(inference.quality.reasons)}")
        return cls.model_validate(inference.twin.model_dump())

    def to_json(self) -> str:
        """The twin file's text."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A twin from a twin file's text.

        Raises:
            TwinError: If it is no twin file, is from a newer schema, or holds values out of bounds.
        """
        try:
            values = json.loads(text)
        except (ValueError, RecursionError):  # bytes that are no UTF-8, brackets nested by the thousand
            raise TwinError("this is not a twin file: it is not JSON; open a file saved by LVAD Twin.") from None
        if not isinstance(values, dict) or "schema_version" not in values:
            raise TwinError("this is not a twin file: it has no schema_version; open a file saved by LVAD Twin.")
        version = values["schema_version"]
        if isinstance(version, int) and version > SCHEMA_VERSION:
            raise TwinError(
                f"the twin file has schema version {version}, newer than {SCHEMA_VERSION}, the newest that LVAD Twin "
                f"{twin_core.__version__} reads; update LVAD Twin."
            )
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise TwinError(f"the twin file is damaged: {_first_fault(error)}") from None

    def save(self, path: str | Path) -> None:
        """Write the twin file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a twin file.

        Raises:
            TwinError: If it cannot be read or used.
        """
        try:
            return cls.from_json(Path(path).read_bytes())
        except OSError as error:
            raise TwinError(f"cannot read the twin file {path}: {error.strerror}; check the path.") from None


def _first_fault(error: ValidationError) -> str:
    fault: Any = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
