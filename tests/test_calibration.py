import pytest

from twin_core.calibration import calibrate
from twin_core.circuit import ParameterError, circuits, presets, solve_periodic

EVERYDAY = ("systolic_pressure_mmhg", "diastolic_pressure_mmhg", "heart_rate_bpm", "edv_ml", "esv_ml")


def readings(beat, names=EVERYDAY):
    return {name: getattr(beat, name) for name in names}


@pytest.mark.parametrize("circuit", circuits.CIRCUITS)
@pytest.mark.parametrize("name", presets.PRESETS)
def test_a_preset_is_found_again_from_its_cuff_pressure_and_volumes(name, circuit):
    truth = solve_periodic(presets.load(name, circuit), reflex=False)
    prior = presets.load("simaan_normal" if name == "heart_failure" else "heart_failure", circuit)
    found = calibrate(prior, readings(truth))
    for index, row in found.residuals.items():
        limit = 1.5 if index.endswith("ml") else 2.5
        assert abs(row["difference"]) < limit, index
    assert found.parameters.heart_rate_bpm == pytest.approx(truth.heart_rate_bpm)
    assert "met within its reading error" in found.summary


def test_catheter_readings_steer_the_right_heart():
    truth = solve_periodic(presets.load("severe_heart_failure", "closed_loop"), reflex=False)
    names = (*EVERYDAY, "central_venous_pressure_mmhg", "left_atrial_pressure_mmhg")
    found = calibrate(presets.load("heart_failure", "closed_loop"), readings(truth, names))
    assert found.beat.central_venous_pressure_mmhg == pytest.approx(truth.central_venous_pressure_mmhg, abs=1.5)
    assert found.beat.left_atrial_pressure_mmhg == pytest.approx(truth.left_atrial_pressure_mmhg, abs=4)


def test_it_says_which_parameters_the_data_fixed():
    patient = presets.load("heart_failure")
    found = calibrate(presets.load("simaan_normal"), readings(solve_periodic(patient)))
    assert found.parameter_status["emax_mmhg_per_ml"] == "fixed by the data"
    assert found.parameter_status["unstressed_volume_ml"] == "at its prior"
    volumes_only = calibrate(patient, {"edv_ml": 170.0, "esv_ml": 110.0})
    assert "at its prior" in volumes_only.parameter_status.values()


def test_the_reflex_of_a_calibrated_closed_loop_rests_at_the_pressure_found():
    found = calibrate(presets.load("heart_failure", "closed_loop"), {"systolic_pressure_mmhg": 100.0})
    resting = solve_periodic(found.parameters)
    assert resting.mean_arterial_pressure_mmhg == pytest.approx(found.parameters.reflex_set_point_mmhg, abs=0.3)


def test_readings_that_cannot_be_met_are_named():
    found = calibrate(presets.load("simaan_normal"), {"systolic_pressure_mmhg": 250.0, "edv_ml": 40.0, "esv_ml": 35.0})
    assert "cannot meet all measurements together" in found.summary
    assert "check the readings" in found.summary


@pytest.mark.parametrize(
    ("measured", "message"),
    [
        ({"systolic": 120.0}, "no measurement 'systolic'; choose from heart_rate_bpm"),
        ({"edv_ml": float("nan")}, "edv_ml = nan is not a positive number"),
        ({"edv_ml": -5.0}, "not a positive number; give the reading in mL"),
        ({"edv_ml": 100.0, "esv_ml": 120.0}, "is not above esv_ml"),
        ({"systolic_pressure_mmhg": 80.0, "diastolic_pressure_mmhg": 90.0}, "is not above diastolic"),
        ({"central_venous_pressure_mmhg": 8.0}, "has no veins"),
        ({"heart_rate_bpm": 300.0, "edv_ml": 100.0}, "heart_rate_bpm = 300.0 is not between"),
        ({}, "nothing to calibrate to"),
    ],
)
def test_wrong_readings_are_refused(measured, message):
    with pytest.raises(ParameterError, match=message):
        calibrate(presets.load("simaan_normal"), measured)
