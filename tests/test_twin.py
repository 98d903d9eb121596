import json

import numpy as np
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
        ({"schema_version": SCHEMA_VERSION + 1}, "newer than 4.*update LVAD Twin"),
        ({"schema_version": "one"}, "damaged: schema_version"),
        ({"parameters": {**WHOLE, "emax_mmhg_per_ml": 99}}, "emax_mmhg_per_ml = 99.*between 0.5 and 3.5"),
        ({"parameters": {**WHOLE, "emax": 1}}, "did you mean emax_mmhg_per_ml"),
        ({"patient_name": "Doe"}, "damaged: patient_name: Extra inputs"),
        ({"measured": {"ejection_fraction_pct": 140}}, "damaged: measured"),
        ({"pseudonym": ""}, "damaged: pseudonym"),
        ({"parameters": {}}, "damaged: parameters: .*emax_mmhg_per_ml.* missing"),
        ({"quality": {"usable": False, "reasons": []}}, "an unusable clip carries no twin"),
        ({"models": {"segmenter": "x\ny"}}, "damaged: models"),
        ({"posterior_draws": {"emax_mmhg_per_ml": [1.0] * 29 + [9.0]}}, "emax_mmhg_per_ml = 9.*between 0.5 and 3.5"),
        ({"posterior_draws": {"emax": [1.0] * 30}}, "did you mean emax_mmhg_per_ml"),
        ({"posterior_draws": {"emax_mmhg_per_ml": [1.0] * 3}}, "3.* draws; every parameter has the same number"),
        (
            {"posterior_draws": {"emax_mmhg_per_ml": [1.0] * 30, "emin_mmhg_per_ml": [0.05] * 31}},
            "every parameter has the same number, 20 to 10000",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_one_clear_line(twin, changes, message):
    with pytest.raises(TwinError, match=message) as raised:
        Twin.from_json(changed(twin, **changes))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "fact",
    [
        {"frames": 10**30},
        {"frames": 2},
        {"rows": 10**6},
        {"frame_rate_hz": -1},
        {"duration_s": 0},
        {"format": "x" * 99},
    ],
)
def test_facts_of_no_clip_are_refused(twin, fact):
    clip = {**json.loads(twin.to_json())["clip"], **fact}
    with pytest.raises(TwinError, match=f"damaged: clip.{next(iter(fact))}"):
        Twin.from_json(changed(twin, clip=clip))


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
    with pytest.raises(TwinError, match=r"cannot read .*none\.json.*check the path"):
        Twin.load(tmp_path / "none.json")


def with_draws(twin, count=40):
    rng = np.random.default_rng(0)
    draws = {"emax_mmhg_per_ml": rng.uniform(0.8, 1.6, count), "systemic_resistance": rng.uniform(0.8, 1.4, count)}
    return twin.model_copy(update={"posterior_draws": {name: v.round(4).tolist() for name, v in draws.items()}})


def test_draws_are_kept_and_stand_on_a_line_each(twin, tmp_path):
    drawn = with_draws(twin)
    drawn.save(tmp_path / "twin.json")
    assert Twin.load(tmp_path / "twin.json") == drawn
    lines = (tmp_path / "twin.json").read_text().splitlines()
    assert len(lines) == len(twin.to_json().splitlines()) + 3  # a line a parameter, and the closing brace
    assert drawn.posterior["emax_mmhg_per_ml"].shape == (40,)


def test_each_draw_is_the_patients_circuit_with_what_is_unknown_drawn(twin):
    drawn = with_draws(twin)
    circuits = drawn.draw_circuits()
    assert [c.emax_mmhg_per_ml for c in circuits] == drawn.posterior_draws["emax_mmhg_per_ml"]
    assert {c.emin_mmhg_per_ml for c in circuits} == {twin.parameters["emin_mmhg_per_ml"]}
    assert len(drawn.draw_circuits(limit=5)) == 5
    assert twin.draw_circuits() == []


def test_draws_can_be_had_in_the_closed_loop(twin):
    closed = with_draws(twin).draw_circuits("closed_loop", limit=2)
    assert [type(c).__name__ for c in closed] == ["ClosedLoopParameters"] * 2
    assert closed[0].systemic_resistance == with_draws(twin).posterior_draws["systemic_resistance"][0]


def test_files_of_older_schemas_are_read(twin):
    values = json.loads(twin.to_json())
    values["schema_version"] = 3
    for name in ("each_beat", "ejection_fraction_sd_pct", "edv_sd_ml", "esv_sd_ml"):
        del values["measured"][name]
    assert Twin.from_json(json.dumps(values)) == twin
    values["schema_version"] = 2
    del values["measured"]["heart_rate_error_bpm"]
    assert Twin.from_json(json.dumps(values)) == twin
    values["schema_version"] = 1
    del values["posterior_draws"], values["measured"]["systolic_pressure_mmhg"]
    del values["measured"]["diastolic_pressure_mmhg"]
    assert Twin.from_json(json.dumps(values)) == twin


def test_what_is_known_leaves_out_volumes_without_a_scale(twin):
    assert twin.measured.known() == {"ejection_fraction_pct": 34.0, "heart_rate_bpm": 75.0}
    with_cuff = twin.measured.model_copy(update={"calibrated": True, "systolic_pressure_mmhg": 100.0})
    assert with_cuff.known().keys() == {
        *("ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml", "systolic_pressure_mmhg")
    }


@pytest.mark.parametrize("name", ["A [ 1  2 ] x", "[ 3 ]", "[1,\n2]"])
def test_what_looks_like_a_list_in_a_name_stays_as_it_is(twin, name):
    assert Twin.from_json(twin.model_copy(update={"pseudonym": name}).to_json()).pseudonym == name
