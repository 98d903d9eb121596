import numpy as np
import pytest

from twin_core.circuit import INDICES, presets, pumps, solve_periodic

HEART_FAILURE = presets.load("heart_failure")


@pytest.fixture(scope="module", params=[None, 8000, 11000], ids=["no pump", "8000 rpm", "11000 rpm"])
def beat(request):
    pump = pumps.get("axial") if request.param else None
    return solve_periodic(HEART_FAILURE, pump=pump, speed_rpm=request.param)


def test_cardiac_output_is_what_returns_to_the_atrium(beat):
    gradient = np.trapezoid(beat.arterial_waveform_mmhg - beat.left_atrial_waveform_mmhg, beat.time_s) / beat.time_s[-1]
    assert beat.cardiac_output_l_min == pytest.approx(0.06 * gradient / HEART_FAILURE.systemic_resistance, rel=1e-3)


def test_what_enters_the_ventricle_leaves_it(beat):
    inflow = np.trapezoid(beat.mitral_flow_ml_s, beat.time_s)
    outflow = np.trapezoid(beat.aortic_valve_flow_ml_s + beat.pump_flow_ml_s, beat.time_s)
    assert inflow == pytest.approx(outflow, rel=2e-3)


def test_stroke_work_is_the_integral_of_power(beat):
    power = -beat.lv_pressure_mmhg * np.gradient(beat.lv_volume_ml, beat.time_s)
    assert beat.stroke_work_mmhg_ml == pytest.approx(np.trapezoid(power, beat.time_s), rel=5e-3)


def test_indices_follow_from_one_another(beat):
    sv = beat.edv_ml - beat.esv_ml
    assert beat.stroke_volume_ml == pytest.approx(sv)
    assert beat.ejection_fraction_pct == pytest.approx(100 * sv / beat.edv_ml)
    assert beat.arterial_elastance_mmhg_per_ml == pytest.approx(beat.end_systolic_pressure_mmhg / sv)
    assert beat.end_systolic_elastance_mmhg_per_ml == pytest.approx(HEART_FAILURE.emax_mmhg_per_ml, rel=0.005)
    v0, end_systole = HEART_FAILURE.unstressed_volume_ml, beat.elastance_mmhg_per_ml.argmax()
    end_systolic_volume = beat.lv_volume_ml[end_systole]
    # The triangle's upper corner lies on the loop and on the end-systolic line.
    ees = beat.end_systolic_pressure_mmhg / (end_systolic_volume - v0)
    assert ees == pytest.approx(beat.end_systolic_elastance_mmhg_per_ml)
    expected = beat.mean_arterial_pressure_mmhg * beat.cardiac_output_l_min / 451
    assert beat.cardiac_power_output_w == pytest.approx(expected)


def test_end_diastolic_pressure_lies_on_the_passive_curve(beat):
    # Elastance has hardly risen when the mitral valve shuts, so EDP is near Emin (V − V0) of a full ventricle.
    passive = HEART_FAILURE.emin_mmhg_per_ml * (beat.edv_ml - HEART_FAILURE.unstressed_volume_ml)
    assert passive - 1 < beat.lv_end_diastolic_pressure_mmhg < passive + 5


def test_without_a_pump_nothing_is_said_of_one():
    beat = solve_periodic(HEART_FAILURE)
    assert beat.pump_flow_l_min == 0
    assert beat.pulsatility_index is None
    assert not beat.suction


def test_pulsatility_index_is_the_published_definition():
    beat = solve_periodic(HEART_FAILURE, pump=pumps.get("axial"), speed_rpm=9000)
    flow = beat.pump_flow_ml_s
    assert beat.pulsatility_index == pytest.approx((flow.max() - flow.min()) / (beat.pump_flow_l_min / 0.06))


def test_indices_cover_the_table_and_are_finite(beat):
    indices = beat.indices()
    assert list(indices) == ["status", "suction", *INDICES]
    numbers = [value for value in indices.values() if isinstance(value, float)]
    assert np.isfinite(numbers).all()
