import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from twin_core import __version__
from twin_core.case import Case, PinnedScenario
from twin_core.circuit import INDICES
from twin_core.cli import main
from twin_core.recalibration import recalibrate
from twin_core.scenario import Scenario


@dataclass
class Done:
    returncode: int
    stdout: str
    stderr: str


@pytest.fixture
def run(capsys) -> Callable[..., Done]:
    """Runs a command line in this process, which is what ``python -m twin_core`` does in its own."""

    def run(*arguments):
        with pytest.raises(SystemExit) as stop:
            main([str(argument) for argument in arguments])
        output = capsys.readouterr()
        return Done(stop.value.code, output.out, output.err)

    return run


def test_the_module_runs_as_a_program():
    done = subprocess.run([sys.executable, "-m", "twin_core", "--version"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, f"LVAD Twin {__version__}\n")


def test_simulate_answers_with_every_key(run):
    done = run("simulate", "--preset", "heart_failure", "--pump", "axial", "--speed", 10000, "--json")
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    assert answer.keys() == {"status", "suction", *INDICES}
    assert answer["pump_flow_l_min"] == pytest.approx(5.63, rel=0.005)


def test_simulate_a_twin_with_a_change_and_write_its_waveforms(run, twin, tmp_path):
    twin.save(tmp_path / "twin.json")
    done = run(
        "simulate",
        *("--twin", tmp_path / "twin.json"),
        *("--set", "emax_mmhg_per_ml=2", "--set", "systemic_resistance=1.2"),
        *("--csv", tmp_path / "beat.csv", "--json"),
    )
    assert done.returncode == 0
    waveforms = pd.read_csv(tmp_path / "beat.csv")
    assert waveforms.lv_volume_ml.max() == pytest.approx(json.loads(done.stdout)["edv_ml"], rel=1e-4)


def test_the_table_shows_labels_units_and_status(run):
    done = run("simulate")
    assert "End-diastolic volume" in done.stdout
    assert "mmHg" in done.stdout
    assert "Steady beat, found in" in done.stdout


def test_report_writes_pdf_html_and_csv(run, twin, tmp_path):
    twin.save(tmp_path / "twin.json")
    files = tmp_path / "report.pdf", tmp_path / "report.html", tmp_path / "beat.csv"
    done = run(
        *("report", tmp_path / "twin.json", "--out", files[0], "--out", files[1], "--csv", files[2]),
        *("--pump", "axial", "--speed", 9000, "--notes", "Seen <twice>", "--pseudonym", "Case  8", "--json"),
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["files"] == [str(file) for file in files]
    assert files[0].read_bytes().startswith(b"%PDF")
    page = files[1].read_text()
    assert "Seen &lt;twice&gt;" in page and "Case 8" in page and "Case 7" not in page
    assert "Ramp of the Axial (Simaan) pump" in page
    assert "What-if" in files[2].read_text()


def test_report_of_a_case_holds_its_pinned_what_ifs_and_what_it_was_recalibrated_to(run, twin, tmp_path):
    moved, record = recalibrate(twin, {"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 68.0})
    pinned = (
        PinnedScenario(circuit="five_state", scenario=Scenario(name="Pump", pump="axial", speed_rpm=9000)),
        PinnedScenario(circuit="closed_loop", scenario=Scenario(name="Elsewhere", pump="axial", speed_rpm=9000)),
    )
    Case(twin=moved, recalibration=record, pinned=pinned).save(tmp_path / "case.json")
    done = run("report", tmp_path / "case.json", "--out", tmp_path / "r.json", "--no-ramp")
    assert done.returncode == 0
    assert "Left out, as pinned in the other circuit: Elsewhere; --circuit closed_loop has them." in done.stdout
    answer = json.loads((tmp_path / "r.json").read_text())
    assert [beat["name"] for beat in answer["beats"]] == ["Patient", "Pump"]
    assert answer["beats"][0]["settings"].startswith("recalibrated to systolic pressure 104 mmHg")
    assert answer["ramp"] is None
    assert Case.load(tmp_path / "r.json").recalibration == record
    again = run("simulate", "--twin", tmp_path / "r.json", "--json")
    assert json.loads(again.stdout) == moved.simulate().indices(), "every command reads it"


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["simulate", "--preset", "normal"], 1, "no preset 'normal'; choose from simaan_normal"),
        (["simulate", "--set", "emax_mmhg_per_ml=99"], 1, "not between 0.5 and 3.5 mmHg/mL"),
        (["simulate", "--set", "emax_mmhg_per_ml=nan"], 1, "not between 0.5 and 3.5 mmHg/mL"),
        (["simulate", "--set", "emax_mmhg_per_ml"], 1, "is not NAME=VALUE"),
        (["simulate", "--set", "emax=1"], 1, "did you mean emax_mmhg_per_ml"),
        (["simulate", "--pump", "axial"], 1, "give both"),
        (["simulate", "--pump", "axial", "--speed", "1e9"], 1, "choose 6000 to 18000 rpm"),
        (["simulate", "--circuit", "none"], 1, "no circuit 'none'; choose from five_state, closed_loop"),
        (["simulate", "--preset", "heart_failure", "--twin", "x.json"], 1, "give one of them"),
        (["simulate", "--twin", "none.json"], 1, "cannot read none.json"),
        (["report", "none.json", "--out", "x.pdf"], 1, "cannot read none.json"),
        (["simulate", "--csv", "no/such/folder/x.csv"], 1, "check the path"),
        (["report", "t.json", "--out", "t.json"], 1, "would be overwritten"),
        (["report", "t.json", "--out", "r.docx"], 1, "no report with the suffix '.docx'; choose .pdf, .html"),
        (["report", "t.json", "--out", "r.pdf", "--csv", "r.pdf"], 1, "would be overwritten"),
        (["infer", "c.avi", "--out", "./c.avi"], 1, "would be overwritten"),
        (["train", "surrogate", "--out", "/dev/null/x"], 1, "check the path"),
        (["infer", "none.avi"], 1, "none.avi"),
        (["simulate", "--wrong"], 2, "No such option"),
        (["wrong"], 2, "No such command"),
    ],
)
def test_a_wrong_call_is_one_line_on_stderr(run, arguments, code, message):
    done = run(*arguments)
    assert done.returncode == code
    assert message in done.stderr
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize("command", [[], ["infer"], ["simulate"], ["report"], ["train"]])
def test_help_is_there_for_every_command(run, command):
    done = run(*command, "--help")
    assert done.returncode == 0
    assert "Usage" in done.stdout


def test_a_ramp_of_a_twin_is_judged_on_its_draws(run, twin, tmp_path):
    rng = np.random.default_rng(0)
    draws = {"systemic_resistance": rng.uniform(0.8, 1.3, 20).round(4).tolist()}
    twin.model_copy(update={"posterior_draws": draws}).save(tmp_path / "t.json")
    arguments = ["ramp", "--twin", tmp_path / "t.json", "--circuit", "five_state", "--pump", "heartmate2"]
    arguments += ["--from", 8800, "--to", 9200, "--step", 400]
    answer = json.loads(run(*arguments, "--json").stdout)
    assert answer["draws"] == 20
    for row in answer["rows"]:
        assert 0.0 <= row["share_of_draws_met"] <= 1.0
        assert (row["share_of_draws_met"] * 20) % 1 == pytest.approx(0, abs=1e-9)
    assert "of 20 draws meet every target" in run(*arguments).stdout
