"""The twin of one patient: what was measured, the circuit found for it, and what made it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

import twin_core
from twin_core.circuit import LEARNED, Beat, CircuitParameters, ParameterError, circuits, solve_periodic
from twin_core.circuit.closing import close_loop
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.parameters import check_value
from twin_core.json_file import JsonFile
from twin_core.twin_records import (
    ClipFacts,
    Digest,
    MeasuredBeat,
    MeasuredValues,
    ModelName,
    Quality,
    TwinError,
)

SCHEMA_VERSION = 4  # raised with the field's Literal below when the layout changes: see _of_an_older_schema
FEWEST_DRAWS, MOST_DRAWS = 20, 10_000
RESEARCH_USE = "Research use only, not a medical device."

__all__ = [
    "RESEARCH_USE",
    "SCHEMA_VERSION",
    "ClipFacts",
    "MeasuredBeat",
    "MeasuredValues",
    "Quality",
    "Twin",
    "TwinError",
]


class Twin(JsonFile):
    """One patient's circuit with its origin; what a twin file holds.

    Attributes:
        schema_version: Version of this layout; a file from a newer one is refused.
        software_version: Version of LVAD Twin that made it.
        pseudonym: Name to show; never the patient's.
        clip: The clip it was made from, or None for a reference patient.
        measured: What was measured on the clip, or None.
        parameters: All circuit parameters by name: the encoder's estimate, the one that is simulated.
        posterior_draws: What the parameters may be, given what is known: parameter name to draws, the draws of one
            index belonging together. Empty in files of schema 1 and for reference patients.
        models: Weights that took part, name to SHA-256.
        quality: Verdict on the clip.
        research_use: The standing restriction, kept in the file.
    """

    called: ClassVar[str] = "twin file"

    schema_version: Literal[4] = 4
    software_version: str = twin_core.__version__
    pseudonym: str = Field(min_length=1, max_length=80)
    clip: ClipFacts | None = None
    measured: MeasuredValues | None = None
    parameters: dict[str, float]
    posterior_draws: dict[str, list[float]] = Field(default_factory=dict)
    models: dict[ModelName, Digest] = Field(default_factory=dict)
    quality: Quality = Quality(usable=True)
    research_use: str = RESEARCH_USE

    @model_validator(mode="before")
    @classmethod
    def _of_an_older_schema(cls, values: Any) -> Any:
        """Schema 1 lacks the cuff and the draws, 2 the heart rate's error, 3 each beat: all may be left out."""
        if isinstance(values, dict) and values.get("schema_version") in (1, 2, 3):
            return {**values, "schema_version": SCHEMA_VERSION}
        return values

    @field_validator("posterior_draws")
    @classmethod
    def _draws_of_circuits(cls, draws: dict[str, list[float]]) -> dict[str, list[float]]:
        lengths = {len(values) for values in draws.values()}
        if len(lengths) > 1 or any(not FEWEST_DRAWS <= length <= MOST_DRAWS for length in lengths):
            raise ValueError(
                f"{sorted(lengths)} draws; every parameter has the same number, {FEWEST_DRAWS} to {MOST_DRAWS}."
            )
        infos = CircuitParameters.infos()
        for name, values in draws.items():
            for extreme in (min(values), max(values)):
                check_value(name, extreme, infos)
        return draws

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

    def renamed(self, pseudonym: str) -> Self:
        """The same twin under another pseudonym."""
        return self.model_copy(update={"pseudonym": pseudonym})

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

    @property
    def posterior(self) -> dict[str, NDArray[np.float64]]:
        """Parameter name to draws of the posterior (draws,); empty if the twin has none."""
        return {name: np.array(values) for name, values in self.posterior_draws.items()}

    def draw_circuits(
        self, name: str = circuits.FIVE_STATE.name, limit: int | None = None
    ) -> list[LeftHeartParameters]:
        """The patient's circuit once a draw: what else the patient may be, given what is known.

        Args:
            name: Circuit to have them in; draws that cannot be closed (see ``circuit_in``) are left out.
            limit: The first so many draws only; they are independent of each other.

        Returns:
            Circuits; none if the twin has no draws.
        """
        drawn = [
            self.circuit.replace(**dict(zip(self.posterior_draws, values, strict=True)))
            for values in list(zip(*self.posterior_draws.values(), strict=True))[:limit]
        ]
        if circuits.get(name) is not circuits.CLOSED_LOOP:
            return list(drawn)
        closed: list[LeftHeartParameters] = []
        for one in drawn:
            try:
                closed.append(close_loop(one))
            except ParameterError:
                continue
        return closed

    def simulate(self) -> Beat:
        """The patient's own periodic beat, without a pump."""
        return solve_periodic(self.circuit)

    @classmethod
    def from_clip(
        cls,
        source: str | Path,
        *,
        depth_cm: float | None = None,
        systolic_mmhg: float | None = None,
        diastolic_mmhg: float | None = None,
        device: str = "auto",
    ) -> Self:
        """The twin of the patient in an echo clip.

        Args:
            source: AVI, MP4 or DICOM file with an apical four-chamber clip.
            depth_cm: Depth of the sector, if the file does not say how large a pixel is.
            systolic_mmhg: Cuff pressure, if one was taken.
            diastolic_mmhg: Cuff pressure, if one was taken.
            device: ``auto``, ``cpu`` or ``cuda``.

        Raises:
            ClipError: If the file cannot be read.
            TwinError: If the clip cannot carry a twin; the message gives the reasons.
        """
        from twin_core.inference import infer  # networks load only where a clip is read

        inference = infer(
            source, depth_cm=depth_cm, systolic_mmhg=systolic_mmhg, diastolic_mmhg=diastolic_mmhg, device=device
        )
        if inference.twin is None:
            raise TwinError(f"no twin from this clip: {'; '.join(inference.quality.reasons)}")
        return cls.model_validate(inference.twin.model_dump())

    def to_json(self) -> str:
        """The twin file's text, each parameter's draws on one line."""
        # A line break after the bracket is a list's: what a string holds cannot break a line in JSON.
        return re.sub(
            r"\[\s*\n([-+.\deE,\s]+?)\s+\]", lambda found: f"[{' '.join(found[1].split())}]", super().to_json()
        )

    @classmethod
    def checked(cls, values: Any) -> Self:
        """A twin from a twin file's values; of a saved case's (case.py) or a report's, the twin in use.

        Raises:
            TwinError: If they are none, are from a newer schema, or out of bounds.
        """
        for part in ("case", "twin"):
            if isinstance(values, dict) and "schema_version" in values and isinstance(values.get(part), dict):
                values = values[part]
        return super().checked(values)
