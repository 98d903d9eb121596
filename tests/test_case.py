import json
import subprocess
import sys
from pathlib import Path

import pytest

from twin_core.case import Case, PinnedScenario
from twin_core.recalibration import recalibrate
from twin_core.scenario import Scenario
from twin_core.twin import Twin, TwinError

ROOT = Path(__file__).resolve().parents[1]
PUMP_ON = Scenario(name="Pump at 5400", pump="heartmate3", speed_rpm=5400.0)
STENOSIS = Scenario(name="Stenosis", changes={"aortic_resistance": 0.17})


@pytest.fixture(scope="module")
def case(twin):
    moved, record = recalibrate(twin, {"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 68.0})
    pinned = (
        PinnedScenario(circuit="closed_loop", scenario=PUMP_ON),
        PinnedScenario(circuit="five_state", scenario=STENOSIS),
    )
    return Case(twin=moved, recalibration=record, pinned=pinned, circuit="closed_loop")


def test_a_case_comes_back_whole_and_to_the_last_digit(case):
    reopened = Case.from_json(case.to_json())
    assert reopened == case
    for one, again in zip(case.pinned, reopened.pinned, strict=True):
        first = one.scenario.simulate(case.twin.circuit_in(one.circuit)).indices()
        assert again.scenario.simulate(reopened.twin.circuit_in(again.circuit)).indices() == first


def test_another_process_finds_the_same_numbers(case, tmp_path):
    (tmp_path / "case.json").write_text(case.to_json(), encoding="utf-8")
    program = (
        "import json, sys; from pathlib import Path; from twin_core.case import Case\n"
        "case = Case.from_json(Path(sys.argv[1]).read_bytes())\n"
        "beats = [p.scenario.simulate(case.twin.circuit_in(p.circuit)) for p in case.pinned]\n"
        "print(json.dumps([case.twin.simulate().indices(), *(beat.indices() for beat in beats)]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "case.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    beats = [p.scenario.simulate(case.twin.circuit_in(p.circuit)) for p in case.pinned]
    assert json.loads(ran.stdout) == [case.twin.simulate().indices(), *(beat.indices() for beat in beats)]


def test_a_twin_file_opens_as_a_case_of_its_own(twin):
    assert Case.from_json(twin.to_json()) == Case(twin=twin)


def test_what_reads_twin_files_takes_a_cases_twin(case):
    assert Twin.from_json(case.to_json()) == case.twin


def changed(case, **changes):
    return json.dumps({**json.loads(case.to_json()), **changes})


def test_a_newer_schema_is_refused_in_words(case):
    with pytest.raises(TwinError, match=r"case file has schema version 9, newer than 1.*update LVAD Twin"):
        Case.from_json(changed(case, schema_version=9))
    twin = {**json.loads(case.to_json())["twin"], "schema_version": 99}
    with pytest.raises(TwinError, match="twin file has schema version 99, newer"):
        Case.from_json(changed(case, twin=twin))


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"schema_version": None}, "has no schema_version"),
        ({"circuit": "six_state"}, "damaged: circuit: there is no circuit 'six_state'"),
        ({"twin": None}, "not a twin file"),
        ({"name": "Jane Doe"}, "damaged: name"),
        ({"pinned": [{"circuit": "five_state", "scenario": {"name": "x", "pump": "axial"}}]}, "go together"),
        (
            {"pinned": [{"circuit": "five_state", "scenario": {"name": "x", "changes": {"mitral_leak": 0.5}}}]},
            "five_state circuit has no parameter 'mitral_leak'",
        ),
        ({"pinned": [{"circuit": "five_state", "scenario": {"name": "x"}}] * 2}, "same name"),
        ({"pinned": [{"circuit": "five_state", "scenario": {"name": f"{i}"}} for i in range(4)]}, "at most 3"),
    ],
)
def test_a_damaged_case_says_what_is_wrong(case, changes, says):
    with pytest.raises(TwinError, match=says) as error:
        Case.from_json(changed(case, **changes))
    assert "\n" not in str(error.value)


def test_readings_in_a_file_are_checked_too(case):
    record = json.loads(case.to_json())["recalibration"]
    record["readings"] = {"systolic_pressure_mmhg": 60.0, "diastolic_pressure_mmhg": 90.0}
    with pytest.raises(TwinError, match="not under the systolic"):
        Case.from_json(changed(case, recalibration=record))


def test_a_renamed_case_keeps_the_old_name_nowhere(twin):
    moved, record = recalibrate(twin, {"heart_rate_bpm": 80.0})
    case = Case(twin=moved.model_copy(update={"pseudonym": "Old Name"}), recalibration=record)
    found = record.found.model_copy(update={"pseudonym": "Old Name"})
    case = case.model_copy(update={"recalibration": record.model_copy(update={"found": found})})
    assert "Old Name" not in case.renamed("P1").to_json()
