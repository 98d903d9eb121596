import io
import re
from datetime import UTC, datetime

import cv2
import numpy as np
import pandas as pd
import pypdf
import pytest

from twin_core import report
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE

PUMP = Scenario(name="Pump 9000", pump="axial", speed_rpm=9000)


def pages_of(pdf: bytes) -> list[str]:
    return [page.extract_text(extraction_mode="layout") for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def test_the_pdf_says_what_was_found_what_made_it_and_its_limits(twin):
    png = cv2.imencode(".png", np.full((60, 80), 90, np.uint8))[1].tobytes()
    pdf = report.pdf(twin, [PUMP], contour_png=png, created=datetime(2024, 5, 1, 9, 30, tzinfo=UTC))
    pages = pages_of(pdf)
    assert len(pages) == 2
    assert all(RESEARCH_USE in page for page in pages)
    text = "\n".join(pages)
    for expected in ("Case 7", "2024-05-01 09:30 UTC", "NOT calibrated", "Axial (Simaan) pump at 9000 rpm", "b" * 16):
        assert expected in text
    row = next(line for line in pages[1].splitlines() if line.strip().startswith("End-diastolic volume"))
    assert re.findall(r"[−\d]+", row)[-3:] == ["175", "162", "−13"]


def test_intervals_stand_beside_the_estimates_with_what_they_rest_on(twin):
    draws = {"emax_mmhg_per_ml": [1.0 + k / 100 for k in range(101)], "systemic_resistance": [1.0] * 101}
    cuff = twin.measured.model_copy(update={"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 66.0})
    pages = pages_of(report.pdf(twin.model_copy(update={"posterior_draws": draws, "measured": cuff}), []))
    row = next(line for line in pages[1].splitlines() if "Emax" in line)
    assert "1.05 to 1.95" in row
    text = " ".join("\n".join(pages).split())
    assert "90 % interval" in text
    assert report.known_of(twin.model_copy(update={"measured": cuff})) == (
        "EF, heart rate, systolic pressure and diastolic pressure"
    )
    assert "104" in next(line for line in pages[0].splitlines() if "Systolic" in line)


def test_names_with_markup_are_printed_as_they_are(twin):
    odd = twin.model_copy(update={"pseudonym": "#panic() *x* $y$ \\ @z"})
    assert "#panic() *x* $y$ \\ @z" in pages_of(report.pdf(odd, []))[0]


def test_suction_is_written_out(twin):
    fast = Scenario(name="Too fast", pump="axial", speed_rpm=17500)
    assert "Suction: LV pressure falls to" in pages_of(report.pdf(twin, [fast]))[0]


def test_csv_holds_every_waveform_and_what_made_it(twin):
    text = report.waveforms_csv(twin, [PUMP])
    comments = [line for line in text.splitlines() if line.startswith("#")]
    assert any("Pump 9000: Axial (Simaan) pump at 9000 rpm; status periodic" in line for line in comments)
    assert any("segmenter weights: sha256" in line for line in comments)
    assert f"# {RESEARCH_USE}" in comments
    table = pd.read_csv(io.StringIO(text), comment="#")
    peaks = table.groupby("scenario").lv_volume_ml.max()
    assert peaks["Patient"] == pytest.approx(twin.simulate().edv_ml, rel=1e-5)
    assert peaks["Pump 9000"] == pytest.approx(162.4, rel=0.005)


def test_two_scenarios_of_one_name_are_refused(twin):
    with pytest.raises(ValueError, match="two scenarios are called 'Pump 9000'"):
        report.pdf(twin, [PUMP, PUMP])


@pytest.mark.parametrize(
    ("value", "digits", "signed", "shown"),
    [
        (1.234, 1, False, "1.2"),
        (-0.04, 1, True, "0.0"),
        (-3.6, 0, True, "−4"),
        (2, 0, True, "+2"),
        (None, 1, True, "–"),
    ],
)
def test_numbers_are_shown_with_true_signs(value, digits, signed, shown):
    assert report.format_value(value, digits, signed) == shown
