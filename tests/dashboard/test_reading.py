import pytest

from dashboard.reading import MAX_TWIN_FILE_BYTES, ReadingError, is_twin_file, open_twin


def test_a_saved_twin_is_told_from_a_clip():
    assert is_twin_file(b'  {"schema_version": 1}', "anything")
    assert is_twin_file(b"", "twin.JSON")
    assert not is_twin_file(b"RIFF....AVI ", "clip.avi")
    assert not is_twin_file(b"\0" * 128 + b"DICM", "IM000001")


def test_a_saved_twin_opens_with_the_same_numbers(twin):
    patient = open_twin(twin.to_json().encode(), "case.json")
    assert patient.twin == twin
    assert patient.beat.indices() == twin.simulate().indices()
    assert patient.preview is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b'{"a": 1}', "no schema_version"),
        (b'{"schema_version": 99}', "newer"),
        (b'{"schema_version": 1, "pseudonym": "x", "parameters": {"emax_mmhg_per_ml": NaN}}', "emax_mmhg_per_ml"),
        (b'{"schema_version": 1, "pseudonym": "x", "parameters": {"ema": 1}}', "no parameter 'ema'"),
        (b'{"a":' * 100_000, "not a twin file"),
        (b" " * (MAX_TWIN_FILE_BYTES + 1), "open a file saved by LVAD Twin"),
    ],
)
def test_what_is_no_twin_file_is_refused_in_one_line(data, says):
    with pytest.raises(ReadingError, match=says) as error:
        open_twin(data, "case.json")
    assert str(error.value).startswith("case.json: ")
    assert "\n" not in str(error.value)
