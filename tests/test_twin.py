import json

import pytest

from twin_core.circuit import presets
from twin_core.twin import SCHEMA_VERSION, Twin, TwinError

WHOLE = presets.load("heart_failure").to_dict()


def test_a_saved_twin_is_the_same_on_another_day(twin, tmp_path):
    twin.save(tmp_path / "twin.json")
    again = Twin.load(tmp_path / "twin.json")
    assert again == twin
    assert again.simulate().indices() == twin.simulate().indices()


def test_the_file_says_what_made_it_and_its_restriction(twin):
    values = json.loads(twin.to_json())
    assert values["schema_version"] == SCHEMA_VERSION
    assert values["models"].keys() == {"segmenter", "encoder"}
    assert values["software_version"]
    assert values["research_use"] == "Research use only, not a medical device."


def changed(twin, **changes):
    return json.dumps({**json.loads(twin.to_json()), **changes})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema_version": SCHEMA_VERSION + 1}, "newer than 1.*update LVAD Twin"),
        ({"schema_version": "one"}, "damaged: schema_version"),
        ({"parameters": {**WHOLE, "emax_mmhg_per_ml": 99}}, "emax_mmhg_per_ml = 99.*between 0.5 and 3.5"),
        ({"parameters": {**WHOLE, "emax": 1}}, "did you mean emax_mmhg_per_ml"),
        ({"patient_name": "Doe"}, "damaged: patient_name: Extra inputs"),
        ({"measured": {"ejection_fraction_pct": 140}}, "damaged: measured"),
        ({"pseudonym": ""}, "damaged: pseudonym"),
        ({"parameters": {}}, "damaged: parameters: .*emax_mmhg_per_ml.* missing"),
        ({"quality": {"usable": False, "reasons": []}}, "an unusable clip carries no twin"),
        ({"models": {"segmenter": "x\ny"}}, "damaged: models"),
    ],
)
def test_a_wrong_file_is_refused_with_one_clear_line(twin, changes, message):
    with pytest.raises(TwinError, match=message) as raised:
        Twin.from_json(changed(twin, **changes))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("text", ["", "{", "[1]", "{}", "[" * 100_000, b"\xff\xfe\x00", '{"schema_version": 1}'])
def test_what_is_no_twin_file_is_refused(text):
    with pytest.raises(TwinError, match=r"open a file saved by LVAD Twin|damaged"):
        Twin.from_json(text)


def test_not_a_number_is_refused(twin):
    text = twin.to_json().replace('"edv_ml": 170.0', '"edv_ml": NaN')
    with pytest.raises(TwinError, match="edv_ml"):
        Twin.from_json(text)


def test_volumes_that_no_heart_has_are_refused(twin):
    values = json.loads(twin.to_json())
    values["measured"] |= {"edv_ml": 10.0, "esv_ml": 500.0}
    with pytest.raises(TwinError, match=r"esv_ml = 500\.0 is not under edv_ml = 10\.0"):
        Twin.from_json(json.dumps(values))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TwinError, match=r"cannot read the twin file .*none\.json.*check the path"):
        Twin.load(tmp_path / "none.json")
