import numpy as np
import pytest

from twin_core.circuit import presets, pumps, solve_periodic
from twin_core.circuit.closing import close_loop
from twin_core.circuit.pressure_volume import edpvr_mmhg, espvr_mmhg, potential_energy_outline

HEART_FAILURE = presets.load("heart_failure")


@pytest.fixture(scope="module")
def beat():
    return solve_periodic(HEART_FAILURE)


@pytest.fixture(scope="module")
def on_pump():
    return solve_periodic(HEART_FAILURE, pump=pumps.get("axial"), speed_rpm=10_000)


def area(volume, pressure):
    return abs(float(np.trapezoid(pressure, volume)))


def test_the_loop_touches_the_espvr_at_end_systole_and_stays_under_it(beat, on_pump):
    for one in (beat, on_pump):
        end_systole = one.elastance_mmhg_per_ml.argmax()
        volume = one.lv_volume_ml[[end_systole]]
        assert espvr_mmhg(one, volume)[0] == pytest.approx(one.end_systolic_pressure_mmhg)
        assert (one.lv_pressure_mmhg <= espvr_mmhg(one, one.lv_volume_ml) + 1e-6).all()


def test_the_espvr_is_zero_at_the_unstressed_volume_and_as_steep_as_ees(beat):
    v0 = HEART_FAILURE.unstressed_volume_ml
    at = espvr_mmhg(beat, np.array([v0, v0 + 10]))
    assert at == pytest.approx([0.0, 10 * beat.end_systolic_elastance_mmhg_per_ml])


def test_the_edpvr_is_straight_in_the_paper_circuit_and_bends_up_in_the_closed_loop(beat):
    v0 = HEART_FAILURE.unstressed_volume_ml
    volumes = v0 + np.array([0.0, 50.0, 100.0])
    assert edpvr_mmhg(beat, volumes) == pytest.approx(HEART_FAILURE.emin_mmhg_per_ml * (volumes - v0))
    closed = close_loop(HEART_FAILURE).replace(lv_stiffness_per_ml=0.01)
    low, middle, high = edpvr_mmhg(solve_periodic(closed), volumes)
    assert low == pytest.approx(0.0)
    assert high - middle > 1.3 * (middle - low) > 0


def test_filling_ends_on_the_edpvr(beat):
    (edp,) = edpvr_mmhg(beat, np.array([beat.edv_ml]))
    assert edp - 1 < beat.lv_end_diastolic_pressure_mmhg < edp + 5


def test_the_outline_of_potential_energy_closes_and_holds_what_the_triangles_estimate(beat, on_pump):
    for one in (beat, on_pump):
        volume, pressure = potential_energy_outline(one)
        assert (volume[0], pressure[0]) == pytest.approx((volume[-1], pressure[-1]), abs=1e-9)
        assert volume[0] == one.parameters.unstressed_volume_ml
        assert volume[1] == one.lv_volume_ml[one.elastance_mmhg_per_ml.argmax()]
    # The index takes the part under the EDPVR as EDP (EDV - V0) / 4.
    assert area(*potential_energy_outline(beat)) == pytest.approx(beat.potential_energy_mmhg_ml, rel=0.2)
    # With a pump the LV goes on emptying as it relaxes: the triangle holds that part of the loop, the outline does not.
    assert area(*potential_energy_outline(on_pump)) < on_pump.potential_energy_mmhg_ml


def test_the_outline_lies_left_of_the_loop(beat):
    volume, _ = potential_energy_outline(beat)
    assert volume.max() < beat.esv_ml + 0.1 * beat.stroke_volume_ml
