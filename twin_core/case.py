"""A saved case: the twin, how it was recalibrated, and the what-ifs pinned for it, in one file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

import twin_core
from twin_core.circuit import circuits
from twin_core.recalibration import Recalibration
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE, Twin, TwinError

SCHEMA_VERSION = 1  # raised with the field's Literal below when the layout changes
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


class Case(BaseModel):
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

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: Literal["lvad_twin_case"] = "lvad_twin_case"
    schema_version: Literal[1] = 1
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

    def to_json(self) -> str:
        """The case file's text; every number comes back to the last digit."""
        return self.model_dump_json(indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A case from the text of a case file, or of a twin file: that is a case with nothing but the twin.

        Raises:
            TwinError: If it is neither, is from a newer schema, or holds values out of bounds.
        """
        values = _parsed(text)
        if not isinstance(values, dict) or values.get("kind") != KIND:
            return cls(twin=Twin.from_json(text))
        version = values.get("schema_version")
        if not isinstance(version, int):
            raise TwinError("the case file has no schema_version; open a file saved by LVAD Twin.")
        if version > SCHEMA_VERSION:
            raise TwinError(
                f"the case file has schema version {version}, newer than {SCHEMA_VERSION}, the newest that LVAD Twin "
                f"{twin_core.__version__} reads; update LVAD Twin."
            )
        Twin.from_json(json.dumps(values.get("twin")))  # says in the twin file's words what is wrong with the twin
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            fault: Any = error.errors()[0]
            where = ".".join(str(part) for part in fault["loc"])
            what = fault["msg"].removeprefix("Value error, ")
            raise TwinError(f"the case file is damaged: {where}: {what}") from None

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a case file, or a twin file.

        Raises:
            TwinError: If it cannot be read or used.
        """
        try:
            return cls.from_json(Path(path).read_bytes())
        except OSError as error:
            raise TwinError(f"cannot read the twin file {path}: {error.strerror}; check the path.") from None


def _parsed(text: str | bytes) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # no JSON: the twin file's reader says so
        return None
