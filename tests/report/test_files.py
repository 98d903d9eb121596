import io
import json

import pandas as pd
import pytest

from twin_core import report
from twin_core.case import Case
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE


def test_csv_holds_every_waveform_and_what_made_it(full):
    text = report.waveforms_csv(full)
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert any("Pump 9000: Axial (Simaan) pump at 9000 rpm; status periodic" in line for line in comments)
    assert any("Patient: recalibrated to systolic pressure 104 mmHg" in line for line in comments)
    assert any("Too fast: Mean pressure is high" in line for line in comments)
    assert any("segmenter weights: sha256" in line for line in comments)
    assert f"# {RESEARCH_USE}" in comments
    table = pd.read_csv(io.StringIO(text), comment="#")
    for name, beat in full.beats.items():
        one = table[table.scenario == name]
        assert len(one) == len(beat.time_s)
        assert one.lv_volume_ml.max() == pytest.approx(beat.edv_ml, rel=1e-5)


def test_a_name_with_a_line_end_breaks_no_line_of_the_csv(twin):
    scenarios = [Scenario(name="a\nb,c"), Scenario(name="Option #2")]
    table = pd.read_csv(io.StringIO(report.waveforms_csv(report.study(twin, scenarios))), comment="#")
    assert set(table.scenario) == {"Patient", "a b,c", "Option #2"}
    assert table.lv_volume_ml.notna().all()


def test_a_name_that_is_typed_is_no_formula_to_a_spreadsheet(twin):
    scenarios = [Scenario(name="=1+1"), Scenario(name="x,=HYPERLINK(1)")]
    text = report.waveforms_csv(report.study(twin, scenarios))
    table = pd.read_csv(io.StringIO(text), comment="#")
    assert set(table.scenario) == {"Patient", "'=1+1", "x,=HYPERLINK(1)"}, "the last is one field, in quotes"
    assert table.lv_pressure_mmhg.dtype == float
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert any(line.startswith("# x,'=HYPERLINK(1): ") for line in comments)
    assert not any(field.strip()[:1] in ("=", "+", "@") for line in comments for field in line.split(","))


def test_json_holds_every_number_and_opens_as_the_case(full):
    answer = json.loads(report.results_json(full))
    assert [beat["name"] for beat in answer["beats"]] == list(full.beats)
    for found, beat in zip(answer["beats"], full.beats.values(), strict=True):
        assert found["indices"] == beat.indices()
    assert Scenario(**answer["beats"][1]["scenario"]) == full.scenarios[0]
    assert [row["speed_rpm"] for row in answer["ramp"]["rows"]] == [step.speed_rpm for step in full.ramp.steps]
    assert answer["ramp"]["recommended"]["summary"] == full.ramp.recommended["summary"]
    assert answer["notes"] == "Seen twice."
    reopened = Case.from_json(report.results_json(full))
    assert reopened == full.case, "with what it was recalibrated to"


@pytest.mark.parametrize(
    ("suffix", "starts"), [(".pdf", b"%PDF"), (".HTML", b"<!doctype html>"), (".json", b"{"), (".csv", b"# ")]
)
def test_the_suffix_says_what_is_written(full, tmp_path, suffix, starts):
    path = tmp_path / f"report{suffix}"
    report.written(full, path)
    assert path.read_bytes().startswith(starts)


@pytest.mark.parametrize("name", ["report.docx", "report"])
def test_another_suffix_is_refused_with_the_choices(tmp_path, name):
    with pytest.raises(ValueError, match=r"no report with the suffix .*choose .pdf, .html"):
        report.kind_of(tmp_path / name)
