import pytest

from twin_core.circuit import ParameterError, presets
from twin_core.inference import draw_posterior
from twin_core.learning.observation import RATE_ERROR_BPM
from twin_core.recalibration import recalibrate

CUFF = {"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 68.0}


@pytest.fixture(scope="module")
def moved(twin):
    return recalibrate(twin, {**CUFF, "heart_rate_bpm": 82.0})


def test_the_twin_meets_cuff_rate_and_the_clips_volumes(twin, moved):
    recalibrated, record = moved
    beat = recalibrated.simulate()
    assert beat.systolic_pressure_mmhg == pytest.approx(104, abs=3)
    assert beat.diastolic_pressure_mmhg == pytest.approx(68, abs=3)
    assert beat.heart_rate_bpm == pytest.approx(82, abs=1e-6)
    assert beat.edv_ml == pytest.approx(twin.measured.edv_ml, abs=4)
    assert beat.esv_ml == pytest.approx(twin.measured.esv_ml, abs=4)
    assert {one.name for one in record.compared(beat)} == {*CUFF, "heart_rate_bpm", "edv_ml", "esv_ml"}
    assert all(one.met for one in record.compared(beat))


def test_it_says_what_was_moved_the_furthest_first(twin, moved):
    recalibrated, record = moved
    moves = record.moves(recalibrated)
    assert {move.name for move in moves} >= {"systemic_resistance", "heart_rate_bpm", "emax_mmhg_per_ml"}
    for move in moves:
        assert (move.before, move.after) == (twin.parameters[move.name], recalibrated.parameters[move.name])
    untouched = set(twin.parameters) - {move.name for move in moves}
    assert all(recalibrated.parameters[name] == twin.parameters[name] for name in untouched)
    assert abs(moves[0].after - moves[0].before) > 0


def test_the_twin_as_found_is_kept_and_nothing_else_changes(twin, moved):
    recalibrated, record = moved
    assert record.found == twin
    assert recalibrated.clip == twin.clip
    assert recalibrated.pseudonym == twin.pseudonym


def test_a_twin_without_a_clip_keeps_its_own_volumes():
    from twin_core.twin import Twin

    reference = Twin(pseudonym="Reference", parameters=presets.load("heart_failure").to_dict())
    recalibrated, _ = recalibrate(reference, CUFF)
    assert recalibrated.simulate().edv_ml == pytest.approx(reference.simulate().edv_ml, abs=4)
    assert recalibrated.simulate().systolic_pressure_mmhg == pytest.approx(104, abs=3)


def test_a_reading_that_is_not_met_says_so(twin):
    recalibrated, record = recalibrate(twin, {"systolic_pressure_mmhg": 290.0, "diastolic_pressure_mmhg": 20.0})
    unmet = [one for one in record.compared(recalibrated.simulate()) if not one.met]
    assert unmet
    assert all(one.difference == one.simulated - one.wanted for one in unmet)


@pytest.mark.parametrize(
    ("readings", "says"),
    [
        ({}, "nothing was entered; give a cuff pressure"),
        ({"systolic_pressure_mmhg": 12.0}, "Systolic pressure 12 mmHg is not between 40 and 300; check"),
    ],
)
def test_what_is_no_reading_is_refused(twin, readings, says):
    with pytest.raises(ParameterError, match=says):
        recalibrate(twin, readings)
    with pytest.raises(ParameterError, match=says):
        recalibrate(twin, readings)


def test_a_cuff_pressure_that_came_with_the_clip_is_held(twin):
    measured = twin.measured.model_copy(update={"systolic_pressure_mmhg": 150.0, "diastolic_pressure_mmhg": 95.0})
    known = twin.model_copy(update={"measured": measured})
    moved, record = recalibrate(known, {"heart_rate_bpm": 80.0})
    assert record.readings["systolic_pressure_mmhg"] == 150.0
    assert moved.circuit.heart_rate_bpm == pytest.approx(80.0)
    with pytest.raises(ParameterError, match="diastolic"):
        recalibrate(known, {"diastolic_pressure_mmhg": 160.0})


def test_a_rough_heart_rate_stays_rough_until_the_pulse_is_taken(twin):
    drawn = draw_posterior(twin.measured.known(), twin.clip.sha256, 7.4)
    measured = twin.measured.model_copy(update={"heart_rate_error_bpm": 7.4})
    rough = twin.model_copy(update={"measured": measured, "posterior_draws": drawn})
    with_cuff, with_pulse = (recalibrate(rough, readings)[0] for readings in (CUFF, {**CUFF, "heart_rate_bpm": 75.0}))
    assert with_cuff.posterior["heart_rate_bpm"].std() > 6
    assert with_pulse.posterior["heart_rate_bpm"].std() == pytest.approx(RATE_ERROR_BPM, rel=0.25)


def test_a_reading_that_the_posterior_does_not_know_is_said(twin):
    moved, _ = recalibrate(twin, {"systolic_pressure_mmhg": 280.0, "diastolic_pressure_mmhg": 180.0})
    assert any("beyond nearly all patients" in caution for caution in moved.quality.reasons)
    back, _ = recalibrate(moved, CUFF)
    assert not any("beyond nearly all patients" in caution for caution in back.quality.reasons)
