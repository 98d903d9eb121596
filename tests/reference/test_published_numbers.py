"""Golden numbers: our solver against published or independently computed steady states."""

import numpy as np
import pytest

from twin_core.circuit import CircuitParameters, presets, pumps, solve_periodic, solve_transient
from twin_core.circuit.elastance import time_to_peak_elastance

NORMAL = presets.load("simaan_normal")
FAILING = presets.load("heart_failure")
AXIAL = pumps.get("axial")


def close(value):
    """Within half a per cent, or half a unit of the last digit the reference gives."""
    digits = len(str(value).split(".")[1]) if "." in str(value) else 0
    return pytest.approx(value, rel=0.005, abs=0.5 * 10**-digits)


@pytest.mark.parametrize(
    ("emax", "edv", "esv", "ef", "mean", "systolic", "diastolic", "atrial", "output"),
    [
        (2.0, 141.03, 69.36, 50.82, 103.51, 122.2, 81.3, 10.36, 5.38),
        (1.0, 159.96, 105.64, 33.96, 81.43, 97.7, 64.8, 10.83, 4.07),
    ],
)
def test_simaan_without_a_pump(emax, edv, esv, ef, mean, systolic, diastolic, atrial, output):
    beat = solve_periodic(NORMAL.replace(emax_mmhg_per_ml=emax))
    assert beat.edv_ml == close(edv)
    assert beat.esv_ml == close(esv)
    assert beat.ejection_fraction_pct == close(ef)
    assert beat.mean_arterial_pressure_mmhg == close(mean)
    assert beat.systolic_pressure_mmhg == close(systolic)
    assert beat.diastolic_pressure_mmhg == close(diastolic)
    assert beat.left_atrial_pressure_mmhg == close(atrial)
    assert beat.cardiac_output_l_min == close(output)


@pytest.mark.parametrize(
    ("speed", "edv", "esv", "mean", "atrial", "output", "pump_flow", "valve_open_pct", "stroke_work"),
    [
        (None, 175.5, 115.5, 89.9, 11.95, 4.50, 0.0, 26.6, 5441),
        (8000, 175.4, 103.5, 94.6, 11.62, 4.79, 2.01, 22.8, 6120),
        (9000, 162.4, 99.7, 101.0, 11.26, 5.18, 3.83, 17.1, 5196),
        (10000, 149.5, 95.5, 108.5, 10.90, 5.63, 5.63, 0.0, 3953),
        (15000, 66.9, 22.7, 180.2, 7.39, 9.97, 9.97, 0.0, 376),
    ],
)
def test_heart_failure_on_the_axial_pump(speed, edv, esv, mean, atrial, output, pump_flow, valve_open_pct, stroke_work):
    beat = solve_periodic(FAILING, pump=AXIAL if speed else None, speed_rpm=speed)
    assert beat.edv_ml == close(edv)
    assert beat.esv_ml == close(esv)
    assert beat.mean_arterial_pressure_mmhg == close(mean)
    assert beat.left_atrial_pressure_mmhg == close(atrial)
    assert beat.cardiac_output_l_min == close(output)
    assert beat.pump_flow_l_min == close(pump_flow)
    assert 100 * beat.aortic_valve_open_fraction == pytest.approx(valve_open_pct, abs=0.15)
    assert beat.stroke_work_mmhg_ml == close(stroke_work)


def test_a_slow_pump_leaks_backward():
    beat = solve_periodic(FAILING, pump=AXIAL, speed_rpm=6000)
    assert beat.pump_flow_l_min == close(-1.23)
    assert beat.pulsatility_index is None


@pytest.mark.parametrize("emax", [0.5, 1.0, 2.0])
def test_suction_starts_where_it_was_computed_to(emax):
    patient = NORMAL.replace(emax_mmhg_per_ml=emax)
    assert solve_periodic(patient, pump=AXIAL, speed_rpm=15000).status == "periodic"
    assert solve_periodic(patient, pump=AXIAL, speed_rpm=16000).status == "suction"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "mitral_resistance",
            0.02,
            {"left_atrial_pressure_mmhg": 11.7, "cardiac_output_l_min": 5.23, "edv_ml": 138},
        ),
        (
            "mitral_resistance",
            0.05,
            {"left_atrial_pressure_mmhg": 14.8, "cardiac_output_l_min": 4.83, "edv_ml": 131},
        ),
        (
            "mitral_resistance",
            0.1,
            {"left_atrial_pressure_mmhg": 19.2, "cardiac_output_l_min": 4.17, "edv_ml": 117},
        ),
        ("aortic_resistance", 0.05, {"lv_peak_pressure_mmhg": 138, "cardiac_output_l_min": 5.27}),
        ("aortic_resistance", 0.1, {"lv_peak_pressure_mmhg": 151, "cardiac_output_l_min": 5.13}),
        ("aortic_resistance", 0.25, {"lv_peak_pressure_mmhg": 181, "cardiac_output_l_min": 4.65}),
    ],
)
def test_valve_sweeps(name, value, expected):
    beat = solve_periodic(NORMAL.replace(**{name: value}))
    assert {key: getattr(beat, key) for key in expected} == {key: close(number) for key, number in expected.items()}


def test_real2sim_notebook_patient_by_its_own_convention():
    # Volumes at cycle start and at the elastance peak of cycle 20, output as (EDV − ESV)·HR, as published;
    # the notebook's time grid is one step off, worth 0.01 EF points.
    patient = CircuitParameters(
        initial_volume_ml=100,
        emax_mmhg_per_ml=0.6,
        emin_mmhg_per_ml=0.06,
        mitral_resistance=0.05,
        aortic_resistance=0.001,
        unstressed_volume_ml=10,
        initial_aortic_pressure_mmhg=75,
    )
    beat = solve_transient(patient, cycles=20)
    edv = beat.lv_volume_ml[0]
    esv = np.interp(time_to_peak_elastance(patient.cycle_length_s), beat.time_s, beat.lv_volume_ml)
    assert 100 * (edv - esv) / edv == pytest.approx(20.11625, abs=0.01)
    assert (edv - esv) * patient.heart_rate_bpm / 1000 == pytest.approx(2.067209, abs=0.001)
