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


def usual_triangles(beat):
    """Potential energy as it is estimated without a pump: ESP (Ves - V0) / 2 - EDP (EDV - V0) / 4."""
    v0, end_systole = beat.parameters.unstressed_volume_ml, beat.elastance_mmhg_per_ml.argmax()
    below = beat.lv_end_diastolic_pressure_mmhg * (beat.edv_ml - v0) / 4
    return beat.end_systolic_pressure_mmhg * (beat.lv_volume_ml[end_systole] - v0) / 2 - below


@pytest.fixture(scope="module")
def closed():
    stiff = close_loop(HEART_FAILURE).replace(lv_stiffness_per_ml=0.01)
    return solve_periodic(stiff, pump=pumps.get("heartmate3"), speed_rpm=5400)


def test_the_index_of_potential_energy_is_the_area_that_is_drawn(beat, on_pump, closed):
    for one in (beat, on_pump, closed):
        assert area(*potential_energy_outline(one)) == pytest.approx(one.potential_energy_mmhg_ml, rel=5e-3)


def test_pressure_volume_area_is_that_between_the_relations_and_the_path_in_systole(beat, on_pump, closed):
    for one in (beat, on_pump, closed):
        v0, end_systole = one.parameters.unstressed_volume_ml, int(one.elastance_mmhg_per_ml.argmax())
        back = np.linspace(v0, one.lv_volume_ml[0], 200)
        volume = np.r_[back, one.lv_volume_ml[1 : end_systole + 1], v0]
        pressure = np.r_[edpvr_mmhg(one, back), one.lv_pressure_mmhg[1 : end_systole + 1], 0.0]
        assert area(volume, pressure) == pytest.approx(one.pressure_volume_area_mmhg_ml, rel=1e-3)


def test_without_a_pump_it_is_near_the_usual_triangles_and_with_one_they_count_a_part_twice(beat, on_pump):
    assert beat.potential_energy_mmhg_ml == pytest.approx(usual_triangles(beat), rel=0.2)
    assert on_pump.potential_energy_mmhg_ml < 0.8 * usual_triangles(on_pump)


def test_the_outline_of_potential_energy_closes(beat, on_pump):
    for one in (beat, on_pump):
        volume, pressure = potential_energy_outline(one)
        assert (volume[0], pressure[0]) == pytest.approx((volume[-1], pressure[-1]), abs=1e-9)
        assert volume[0] == one.parameters.unstressed_volume_ml
        assert volume[1] == one.lv_volume_ml[one.elastance_mmhg_per_ml.argmax()]
