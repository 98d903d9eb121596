"""Records kept in a JSON file of their own: read, checked and refused in words in one place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, ClassVar, Self

from pydantic import ValidationError

import twin_core
from twin_core.twin_records import Record, TwinError


class JsonFile(Record):
    """A record that is a file; a subclass says what it is called and has a ``schema_version`` with its newest.

    Attributes:
        called: What such a file is called in messages.
    """

    called: ClassVar[str]

    def to_json(self) -> str:
        """The file's text; every number comes back to the last digit."""
        return self.model_dump_json(indent=2) + "\n"

    def save(self, path: str | Path) -> None:
        """Write the file."""
        Path(path).write_text(self.to_json(), encoding="utf-8")

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """A record from its file's text.

        Raises:
            TwinError: If it is no such file, is from a newer schema, or holds values out of bounds.
        """
        return cls.checked(parsed(text))

    @classmethod
    def checked(cls, values: Any) -> Self:
        """A record from a file's values.

        Raises:
            TwinError: If they are none, are from a newer schema, or out of bounds.
        """
        if not isinstance(values, dict):
            raise TwinError(f"this is not a {cls.called}: it is not JSON; open a file saved by LVAD Twin.")
        cls.check_version(values)
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            raise TwinError(f"the {cls.called} is damaged: {_first_fault(error)}") from None

    @classmethod
    def check_version(cls, values: dict[str, Any]) -> None:
        """Refuse values without a schema version, or of a newer one.

        Raises:
            TwinError: The message says what to do.
        """
        version, newest = values.get("schema_version"), cls.model_fields["schema_version"].default
        if version is None:
            raise TwinError(f"this is not a {cls.called}: it has no schema_version; open a file saved by LVAD Twin.")
        if isinstance(version, int) and version > newest:
            raise TwinError(
                f"the {cls.called} has schema version {version}, newer than {newest}, the newest that LVAD Twin "
                f"{twin_core.__version__} reads; update LVAD Twin."
            )

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file.

        Raises:
            TwinError: If it cannot be read or used.
        """
        try:
            text = Path(path).read_bytes()
        except OSError as error:
            raise TwinError(f"cannot read {path}: {error.strerror}; check the path.") from None
        try:
            return cls.from_json(text)
        except TwinError as error:
            raise TwinError(f"{path}: {error}") from None


def parsed(text: str | bytes) -> Any:
    """A JSON text's values; None where it is no JSON, or holds half a character, which no page could show."""
    try:
        values = json.loads(text)
        json.dumps(values, ensure_ascii=False).encode()  # fails on an escaped lone surrogate, whatever key it hides in
    except (ValueError, RecursionError):  # bytes that are no UTF-8, brackets nested by the thousand
        return None
    return values


def _first_fault(error: ValidationError) -> str:
    fault: Any = error.errors()[0]
    where = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    return f"{where}: {what}" if where else what
