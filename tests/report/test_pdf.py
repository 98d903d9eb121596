import io
import re
from datetime import UTC, datetime

import pypdf
import pytest

from twin_core import report
from twin_core.case import Case
from twin_core.circuit import presets
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE, Twin

PUMP = Scenario(name="Pump 9000", pump="axial", speed_rpm=9000)


def pages_of(pdf):
    return [page.extract_text(extraction_mode="layout") for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def pages(*arguments, **options):
    return pages_of(report.pdf(report.study(*arguments, **options)))


def test_it_says_what_was_found_what_made_it_and_its_limits(twin, picture):
    shown = pages(twin, [PUMP], contour_png=picture, created=datetime(2024, 5, 1, 9, 30, tzinfo=UTC))
    assert len(shown) == 2
    assert all(RESEARCH_USE in page for page in shown)
    text = "\n".join(shown)
    for expected in ("Case 7", "2024-05-01 09:30 UTC", "NOT calibrated", "Axial (Simaan) pump at 9000 rpm", "b" * 16):
        assert expected in text
    row = next(line for line in shown[1].splitlines() if line.strip().startswith("End-diastolic volume"))
    assert re.findall(r"[−\d]+", row)[-3:] == ["175", "162", "−13"]


def test_everything_fits_on_two_pages(full):
    shown = pages_of(report.pdf(full))
    assert len(shown) == 2
    assert "Seen twice." in shown[0]
    assert "recalibrated to systolic pressure 104 mmHg" in " ".join(shown[0].split())
    for letter, name in (("A", "Pump 9000"), ("B", "Stenosis"), ("C", "Too fast")):
        assert f"{letter} · {name}" in shown[0]
    words = " ".join(shown[1].split())
    assert full.ramp.recommended["summary"] in words
    assert "Ramp of the Axial (Simaan) pump" in words


def test_values_off_their_target_are_marked_on_a_pump_alone(full):
    text = pages_of(report.pdf(full))[1]
    row = next(line for line in text.splitlines() if line.strip().startswith("Mean arterial pressure"))
    patient, *others = (round(beat.mean_arterial_pressure_mmhg) for beat in full.beats.values())
    assert row.split()[4] == str(patient), "the patient has no pump and no target"
    assert others[0] > 90 and others[2] > 90
    assert [f"{value} ▲" in row for value in others] == [True, False, True]
    assert "65 to 90" in row


def test_intervals_stand_beside_the_estimates_with_what_they_rest_on(twin):
    draws = {"emax_mmhg_per_ml": [1.0 + k / 100 for k in range(101)], "systemic_resistance": [1.0] * 101}
    cuff = twin.measured.model_copy(update={"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 66.0})
    shown = pages(twin.model_copy(update={"posterior_draws": draws, "measured": cuff}))
    row = next(line for line in "\n".join(shown).splitlines() if "Emax" in line)
    assert "1.04 to 1.96" in row
    assert "90 % interval" in " ".join("\n".join(shown).split())
    assert "104" in next(line for line in shown[0].splitlines() if "Systolic" in line)


@pytest.mark.parametrize("odd", ["#panic() *x* $y$ \\ @z", "<script>alert(1)</script>", "Пациент Ωμέγα é"])
def test_what_is_typed_is_printed_as_it_is(twin, odd):
    scenario = PUMP.model_copy(update={"name": odd})
    first = pages(twin.model_copy(update={"pseudonym": odd}), [scenario], notes=odd)[0]
    assert first.count(odd) == 3


def test_long_words_stay_on_the_page_and_long_notes_are_all_there(twin):
    long = PUMP.model_copy(update={"name": "x" * 80})
    notes = "\n".join(f"line {i} of the notes" for i in range(70))
    document = pypdf.PdfReader(io.BytesIO(report.pdf(report.study(twin, [long], notes=notes))))
    text = "".join(page.extract_text() for page in document.pages)
    assert all(f"line {i} of the notes" in text for i in range(70))
    places = []
    for page in document.pages:
        page.extract_text(visitor_text=lambda text, cm, tm, *_: places.append(cm[4] + tm[4]) if text.strip() else None)
    assert max(places) < document.pages[0].mediabox.width


def test_characters_that_the_font_lacks_are_told(twin):
    study = report.study(twin.model_copy(update={"pseudonym": "患者 7"}), notes="Ωμέγα")
    assert report.missing_characters(study) == "患者"
    assert "own font lacks" in " ".join("".join(pages_of(report.pdf(study))).split())
    assert report.missing_characters(report.study(twin, notes="Пациент\n— ½")) == ""


def test_suction_and_alarms_are_written_out(twin):
    first = " ".join(pages(twin, [Scenario(name="Too fast", pump="axial", speed_rpm=17500)])[0].split())
    assert "Suction: LV pressure falls to" in first
    assert "Mean pressure is high" in first


def test_a_reference_patient_has_no_clip_and_no_ramp_without_a_pump():
    reference = Twin(pseudonym="Reference", parameters=presets.load("simaan_normal").to_dict())
    text = "\n".join(pages(reference, ramp=True))
    assert "No clip: this twin is a reference patient." in text
    assert "Ramp of" not in text
    assert "Target" not in text


def test_a_ramp_that_cannot_be_run_leaves_the_rest(twin):
    empty = {**twin.parameters, "initial_volume_ml": 0.0, "initial_aortic_pressure_mmhg": 40.0}
    study = report.study(twin.model_copy(update={"parameters": empty}), [PUMP], ramp=True)
    text = " ".join("".join(pages_of(report.pdf(study))).split())
    assert "No ramp could be run: no blood volume between" in text


def test_the_preview_is_the_same_pages(full):
    images = report.page_images(full)
    assert len(images) == len(pages_of(report.pdf(full)))
    assert all(image.startswith(b"\x89PNG") for image in images)


def test_the_closed_loop_has_its_own_rows(twin):
    text = pages(Case(twin=twin, circuit="closed_loop"), [PUMP])[1]
    assert "Central venous pressure" in text
    assert "under 12" in text
