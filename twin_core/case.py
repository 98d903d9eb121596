"""A saved case: the twin, how it was recalibrated, and the what-ifs pinned for it, in one file."""

from __future__ import annotations

from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

import twin_core
from twin_core.circuit import circuits
from twin_core.json_file import JsonFile
from twin_core.recalibration import Recalibration
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE, Twin

KIND = "lvad_twin_case"
MAX_PINNED = 3
RESERVED_NAMES = frozenset({"patient", "what-if"})  # of the columns beside a pinned scenario's


class PinnedScenario(BaseModel):
    """A what-if kept under a name, and the circuit it was set up in.

    Attributes:
        circuit: Name of the circuit; the scenario's parameters are that circuit's.
        scenario: The what-if.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    circuit: str
    scenario: Scenario

    @model_validator(mode="after")
    def _of_that_circuit(self) -> Self:
        known = circuits.get(self.circuit).parameters.infos()
        for name in self.scenario.changes:
            if name not in known:
                raise ValueError(f"the {self.circuit} circuit has no parameter {name!r}; open the file as saved.")
        return self


class Case(JsonFile):
    """Everything that is kept of a patient, checked when made; what a case file holds.

    Attributes:
        kind: Tells a case file from a twin file.
        schema_version: Version of this layout; a file from a newer one is refused.
        software_version: Version of LVAD Twin that saved it.
        circuit: Name of the circuit the patient was looked at in.
        twin: The twin in use.
        recalibration: What it was moved to, if it was; its ``found`` is the twin of the echo alone.
        pinned: What-ifs with names, at most ``MAX_PINNED``.
        research_use: The standing restriction, kept in the file.
    """

    called: ClassVar[str] = "case file"

    kind: Literal["lvad_twin_case"] = "lvad_twin_case"
    schema_version: Literal[1] = 1  # raised when the layout changes
    software_version: str = twin_core.__version__
    circuit: str = circuits.FIVE_STATE.name
    twin: Twin
    recalibration: Recalibration | None = None
    pinned: tuple[PinnedScenario, ...] = Field(default=(), max_length=MAX_PINNED)
    research_use: str = RESEARCH_USE

    @field_validator("circuit")
    @classmethod
    def _exists(cls, name: str) -> str:
        return circuits.get(name).name

    @field_validator("pinned")
    @classmethod
    def _each_its_own_name(cls, pinned: tuple[PinnedScenario, ...]) -> tuple[PinnedScenario, ...]:
        names = [one.scenario.name for one in pinned]
        if len(set(names)) < len(names):
            raise ValueError(f"two pinned scenarios have the same name among {names}; open the file as saved.")
        for name in names:
            if name.casefold() in RESERVED_NAMES:
                raise ValueError(f"{name!r} already stands for something else in tables; give another name.")
        return pinned

    def renamed(self, pseudonym: str) -> Self:
        """The same case under another pseudonym, also in the twin it was made from."""
        record = self.recalibration.renamed(pseudonym) if self.recalibration else None
        return self.model_copy(update={"twin": self.twin.renamed(pseudonym), "recalibration": record})

    @classmethod
    def checked(cls, values: Any) -> Self:
        """A case from the values of a case file, of a report, or of a twin file: a case with nothing but the twin.

        Raises:
            TwinError: If they are neither, are from a newer schema, or out of bounds.
        """
        if isinstance(values, dict) and isinstance(values.get("case"), dict):  # a report's JSON holds the case it is of
            values = values["case"]
        if not isinstance(values, dict) or values.get("kind") != KIND:
            return cls(twin=Twin.checked(values))
        cls.check_version(values)
        Twin.checked(values.get("twin"))  # says in the twin file's words what is wrong with the twin
        return super().checked(values)
