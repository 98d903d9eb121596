"""The closed loop against what catheterisation laboratories and bench rigs have measured."""

import numpy as np
import pytest

from twin_core.circuit import presets, pumps, solve_periodic
from twin_core.ramp import ramp, speeds

SEVERE = presets.load("severe_heart_failure", "closed_loop")
HEARTMATE2, HEARTMATE3 = pumps.get("heartmate2"), pumps.get("heartmate3")


@pytest.fixture(scope="module")
def uriel():
    """The ramp of Uriel 2016 (JACC HF 4:208): HeartMate II, 8000 to 12,000 rpm by 400."""
    return [step.beat for step in ramp(SEVERE, HEARTMATE2, speeds(8000, 12000, 400, HEARTMATE2))]


def change_a_step(beats, index):
    return (getattr(beats[-1], index) - getattr(beats[0], index)) / (len(beats) - 1)


def test_output_rises_by_0_16_plus_minus_0_19_l_min_a_step(uriel):
    assert 0.16 - 0.19 < change_a_step(uriel, "cardiac_output_l_min") < 0.16 + 0.19


def test_wedge_pressure_falls_by_1_23_plus_minus_0_85_mmhg_a_step(uriel):
    assert -1.23 - 0.85 < change_a_step(uriel, "left_atrial_pressure_mmhg") < -1.23 + 0.85


def test_venous_and_systolic_pressure_hardly_change(uriel):
    assert abs(change_a_step(uriel, "central_venous_pressure_mmhg")) < 0.4
    assert abs(change_a_step(uriel, "systolic_pressure_mmhg")) < 0.5


def test_the_aortic_valve_closes_somewhere_between(uriel):
    assert uriel[0].aortic_valve_open_fraction > 0.1
    assert uriel[-1].aortic_valve_open_fraction == 0


def test_every_step_is_a_steady_beat(uriel):
    assert {beat.status for beat in uriel} == {"periodic"}


def test_before_the_pump_the_patient_is_an_lvad_candidate():
    beat = solve_periodic(SEVERE)
    assert beat.ejection_fraction_pct < 25  # MOMENTUM 3 entry
    assert beat.cardiac_output_l_min < 4.2  # index 2.2 at 1.9 m²
    assert 18 < beat.left_atrial_pressure_mmhg < 30
    assert 25 < beat.pulmonary_artery_pressure_mmhg < 45
    assert 65 < beat.mean_arterial_pressure_mmhg < 90
    assert not beat.right_heart_failure


def test_heartmate3_at_5400_rpm_gives_what_patients_have():
    beat = solve_periodic(SEVERE, pump=HEARTMATE3, speed_rpm=5400)
    assert 4.0 < beat.pump_flow_l_min < 5.5
    assert 75 < beat.mean_arterial_pressure_mmhg < 95


@pytest.mark.parametrize(("pump", "speed"), [(HEARTMATE2, 9200), (HEARTMATE3, 5400)], ids=["HM II", "HM 3"])
def test_aortic_regurgitation_raises_pump_flow_while_net_output_falls(pump, speed):
    tight = solve_periodic(SEVERE, pump=pump, speed_rpm=speed)
    leaking = solve_periodic(SEVERE.replace(aortic_leak=0.5), pump=pump, speed_rpm=speed)
    assert leaking.pump_flow_l_min > tight.pump_flow_l_min + 0.2
    assert leaking.cardiac_output_l_min < tight.cardiac_output_l_min - 0.1


@pytest.mark.parametrize("reflex", [True, False])
def test_hypertension_cuts_pump_flow(reflex):
    flows = [
        solve_periodic(
            SEVERE.replace(systemic_resistance=resistance), pump=HEARTMATE3, speed_rpm=5400, reflex=reflex
        ).pump_flow_l_min
        for resistance in (0.8, 1.15, 1.6, 2.2)
    ]
    assert (np.diff(flows) < 0).all()


def test_too_fast_a_pump_sucks_and_a_failing_right_heart_sucks_earlier():
    from twin_core.ramp import suction_speed

    well = suction_speed(SEVERE, HEARTMATE2)
    weak = suction_speed(SEVERE.replace(rv_emax_mmhg_per_ml=0.2), HEARTMATE2)
    assert 11_000 < weak < well


@pytest.mark.parametrize(
    ("head", "low", "high"), [(55, 3.2, 6.4), (70, 0.9, 5.9), (53, 3.7, 6.3)], ids=["normo", "hyper", "hypo"]
)
def test_heartmate2_law_meets_the_bench_at_9000_rpm(head, low, high):
    # Stanfield 2013 (PMC3705790): mean flow ± spread at mean head; the law is straight, so means suffice.
    h0, h1, h2 = HEARTMATE2.head_coefficients(9000)
    assert h2 == 0
    assert low < 0.06 * (head - h0) / h1 < high


@pytest.mark.parametrize(
    ("speed", "head", "flow"),
    [(5000, 40, 5.80), (5000, 60, 4.40), (5000, 80, 1.83), (6000, 60, 6.75), (6000, 100, 4.05)],
)
def test_heartmate3_law_agrees_with_the_second_published_one(speed, head, flow):
    # VAD-0D-DNN's tabulated law (Bonnemain 2021), within 0.3 L/min over the usual speeds.
    h0, h1, h2 = HEARTMATE3.head_coefficients(speed)
    ours = max(np.roots([h2, h1, h0 - head]).real)
    assert 0.06 * ours == pytest.approx(flow, abs=0.3)
