import re
from html import escape

import pytest

from dashboard import tables
from twin_core.circuit import (
    CLOSED_LOOP_INDICES,
    INDICES,
    LEARNED,
    CircuitParameters,
    ClosedLoopParameters,
    presets,
    pumps,
    solve_periodic,
)
from twin_core.learning.narrowing import narrowing_table
from twin_core.ramp import ramp


@pytest.fixture(scope="module")
def patient():
    return solve_periodic(presets.load("heart_failure"))


def cells(html, label):
    """Text of the cells of the row whose header starts with a label."""
    rows = [re.sub(r"<[^>]+>", "|", row) for row in re.findall(r"<tr>.*?</tr>", html)]
    parts = [[cell.strip() for cell in row.split("|") if cell.strip()] for row in rows]
    (found,) = [row for row in parts if row[0] == label]
    return found


def test_every_index_has_a_row_with_its_unit(patient):
    html = tables.index_table(patient, patient)
    for about in INDICES.values():
        row = cells(html, about.label)
        assert not about.unit or row[1] == about.unit
        assert f'title="{about.help}"' in html


def test_every_index_is_explained_in_a_sentence():
    for key, about in CLOSED_LOOP_INDICES.items():
        assert about.help[0].isupper() or about.help[0] in "(", key
        assert about.help.endswith("."), key
        assert about.help in tables.index_definitions() or escape(about.help) in tables.index_definitions(), key


def test_columns_of_a_ramp_are_explained():
    steps = ramp(presets.load("heart_failure", "closed_loop"), pumps.get("heartmate3"), [5200.0])
    html = tables.ramp_table(steps)
    for label, key in (("MAP mmHg", "mean_arterial_pressure_mmhg"), ("PI", "pulsatility_index")):
        assert re.search(rf'title="{re.escape(escape(CLOSED_LOOP_INDICES[key].help))}"[^>]*>{label}</span>', html)
    assert html.startswith('<div class="wide" tabindex="0" role="region" aria-label="'), "the Tab key reaches it"


def test_the_change_is_the_difference_of_what_is_shown(patient):
    what_if = solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=11_000)
    html = tables.index_table(patient, what_if)
    for key, about in INDICES.items():
        if getattr(patient, key) is None:
            continue
        before, after, change = (float(text.replace("−", "-")) for text in cells(html, about.label)[-3:])
        assert change == pytest.approx(after - before, abs=1e-9), key
        assert before == pytest.approx(getattr(patient, key), abs=0.51 * 10**-about.digits)


def test_an_index_without_a_value_is_a_dash_until_there_is_one(patient):
    assert cells(tables.index_table(patient, patient), "Pulsatility index") == ["Pulsatility index", "–", "–", "–"]
    what_if = solve_periodic(patient.parameters, pump=pumps.get("axial"), speed_rpm=11_000)
    row = cells(tables.index_table(patient, what_if), "Pulsatility index")
    assert row[1] == "–"
    assert float(row[2]) == pytest.approx(what_if.pulsatility_index, abs=0.06)


def test_volumes_on_an_assumed_scale_say_so(twin, patient):
    html = tables.measured_table(twin, patient)
    assert cells(html, "End-diastolic volume") == ["End-diastolic volume", "mL, scale assumed", "≈ 170", "175"]
    assert cells(html, "Ejection fraction") == ["Ejection fraction", "%", "34.0", "34.2"]


def test_calibrated_volumes_are_plain_millilitres(twin, patient):
    calibrated = twin.model_copy(update={"measured": twin.measured.model_copy(update={"calibrated": True})})
    assert cells(tables.measured_table(calibrated, patient), "End-systolic volume")[1:3] == ["mL", "112"]


def test_the_seven_learned_parameters_stand_with_unit_and_bounds(twin):
    html = tables.learned_table(twin)
    assert html.count("<tr>") == 1 + len(LEARNED) == 8
    assert cells(html, "Contractility (Emax)") == ["Contractility (Emax)", "mmHg/mL", "1", "0.5–3.5"]


def test_what_a_parameter_may_be_stands_beside_it(twin):
    draws = {"emax_mmhg_per_ml": [1.0 + k / 100 for k in range(101)], "systemic_resistance": [1.0] * 101}
    html = tables.learned_table(twin.model_copy(update={"posterior_draws": draws}))
    assert cells(html, "Contractility (Emax)") == ["Contractility (Emax)", "mmHg/mL", "1", "1.04–1.96"]
    assert cells(html, "Systemic resistance")[-1] == "1–1"
    assert "90 % interval" in html and "Bounds" not in html


def test_the_narrowing_table_has_a_column_a_set_of_measurements():
    html = tables.narrowing_table(narrowing_table())
    row = cells(html, "Systemic resistance")
    assert len(row) == 1 + html.count('<th scope="col">')
    assert int(row[-1].split()[0]) > int(row[1].split()[0])  # a cuff tells more of it than EF and rate
    assert "Mean arterial pressure" in html


@pytest.mark.parametrize("circuit", [CircuitParameters, ClosedLoopParameters])
def test_the_circuit_table_lists_every_parameter_with_its_source(circuit):
    html = tables.parameter_table(circuit)
    for about in circuit.infos().values():
        assert escape(about.source).split(",")[0] in html
        assert about.symbol in html


def test_names_from_a_file_cannot_become_markup(twin):
    hostile = twin.model_copy(update={"models": {"<img src=x onerror=alert(1)>": "d" * 64}})
    assert "<img" not in tables.model_table(hostile)
