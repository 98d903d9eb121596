import json
from typing import ClassVar, Literal

import pytest

from twin_core.json_file import JsonFile, parsed
from twin_core.twin_records import TwinError


class Note(JsonFile):
    called: ClassVar[str] = "note file"

    schema_version: Literal[3] = 3
    length_cm: float


def test_it_comes_back_to_the_last_digit(tmp_path):
    note = Note(length_cm=0.1 + 0.2)
    note.save(tmp_path / "note.json")
    assert Note.load(tmp_path / "note.json") == note


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not a note file: it is not JSON; open"),
        ("[1]", "not a note file"),
        (b"\xff\xfe\x00", "not a note file"),
        ("[" * 100_000, "not a note file"),
        (r'{"schema_version": 3, "length_cm": 1, "\ud800": 1}', "not a note file"),
        ("{}", "has no schema_version; open"),
        (json.dumps({"schema_version": 4}), "note file has schema version 4, newer than 3.*update LVAD Twin"),
        (json.dumps({"schema_version": 3}), "note file is damaged: length_cm: Field required"),
        ('{"schema_version": 3, "length_cm": NaN}', "damaged: length_cm"),
        ('{"schema_version": 3, "length_cm": 1, "name": "x"}', "damaged: name: Extra"),
    ],
)
def test_a_wrong_file_is_refused_in_one_line(text, says):
    with pytest.raises(TwinError, match=says) as error:
        Note.from_json(text)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TwinError, match=r"cannot read .*none\.json: No such file.*check the path"):
        Note.load(tmp_path / "none.json")


def test_what_is_no_json_has_no_values():
    assert parsed("{") is None
    assert parsed('{"a": 1}') == {"a": 1}
    assert parsed(r'["\ud83d\ude00"]') == ["😀"], "two halves are a character"
    assert parsed(r'{"a": ["\ud83d"]}') is None, "one is none: the page could not show it"
