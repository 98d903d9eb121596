import numpy as np
import pytest

from twin_core.circuit import circuits, presets, solve_periodic
from twin_core.circuit.equations import RATE_LIMITS, RESISTANCE_LIMITS, apply_reflex

NORMAL = presets.load("simaan_normal", "closed_loop")


def reflexed(pressure):
    row = circuits.pack(NORMAL)
    apply_reflex(row, pressure)
    return row[0]


def test_at_its_set_point_it_changes_nothing():
    row = reflexed(NORMAL.reflex_set_point_mmhg)
    assert row["rs"] == pytest.approx(NORMAL.systemic_resistance)
    assert row["tc"] == pytest.approx(NORMAL.cycle_length_s)
    assert row["vu"] == pytest.approx(NORMAL.vascular_unstressed_volume_ml)


def test_low_pressure_constricts_speeds_up_and_empties_the_veins():
    row = reflexed(NORMAL.reflex_set_point_mmhg - 15)
    assert row["rs"] > NORMAL.systemic_resistance
    assert row["tc"] < NORMAL.cycle_length_s
    assert row["vu"] < NORMAL.vascular_unstressed_volume_ml


@pytest.mark.parametrize(("pressure", "side"), [(1.0, 1), (400.0, 0)])
def test_it_stays_within_its_limits(pressure, side):
    row = reflexed(pressure)
    assert row["rs"] == pytest.approx(RESISTANCE_LIMITS[side] * NORMAL.systemic_resistance)
    low, high = RATE_LIMITS
    assert low <= NORMAL.cycle_length_s / row["tc"] <= high


@pytest.mark.parametrize("volume", [4700.0, 5200.0])
def test_it_halves_a_pressure_disturbance_and_can_be_switched_off(volume):
    changed = NORMAL.replace(total_blood_volume_ml=volume)
    rest = NORMAL.reflex_set_point_mmhg
    off = solve_periodic(changed, reflex=False).mean_arterial_pressure_mmhg - rest
    on = solve_periodic(changed).mean_arterial_pressure_mmhg - rest
    assert np.sign(on) == np.sign(off)
    assert abs(on) < 0.5 * abs(off)


def test_the_beat_says_what_the_reflex_did():
    beat = solve_periodic(NORMAL.replace(total_blood_volume_ml=4600.0))
    assert beat.heart_rate_bpm > NORMAL.heart_rate_bpm
    assert beat.effective_systemic_resistance > NORMAL.systemic_resistance


def test_the_five_state_circuit_has_none():
    patient = presets.load("heart_failure")
    assert solve_periodic(patient).indices() == solve_periodic(patient, reflex=False).indices()
