from dataclasses import replace

import numpy as np
import pytest

from twin_core.circuit import ParameterError, presets, pumps, solve_periodic
from twin_core.ramp import (
    Targets,
    end_diastolic_diameter_cm,
    missed_targets,
    ramp,
    recommend_speed,
    speeds,
    suction_speed,
)

SEVERE = presets.load("severe_heart_failure", "closed_loop")
HEARTMATE2 = pumps.get("heartmate2")


@pytest.fixture(scope="module")
def steps():
    return ramp(SEVERE, HEARTMATE2, speeds(8000, 10000, 400, HEARTMATE2))


def test_each_step_is_what_a_cold_solve_gives(steps):
    cold = solve_periodic(SEVERE, pump=HEARTMATE2, speed_rpm=steps[3].speed_rpm)
    assert steps[3].beat.edv_ml == pytest.approx(cold.edv_ml, rel=1e-4)
    assert steps[3].beat.central_venous_pressure_mmhg == pytest.approx(cold.central_venous_pressure_mmhg, rel=1e-3)


def test_recommended_speeds_meet_every_target_and_the_rest_say_why_not(steps):
    answer = recommend_speed(steps)
    met = [step for step in steps if step.speed_rpm in answer["speeds_rpm"]]
    assert met
    for step in met:
        beat = step.beat
        assert 65 <= beat.mean_arterial_pressure_mmhg <= 90
        assert beat.left_atrial_pressure_mmhg < 18
        assert beat.central_venous_pressure_mmhg < 12
        assert beat.aortic_valve_open_fraction > 0
    assert {row["speed_rpm"] for row in answer["ruled_out"]} == {s.speed_rpm for s in steps} - set(answer["speeds_rpm"])
    assert all(row["reasons"] for row in answer["ruled_out"])


def test_a_speed_that_misses_between_two_that_do_not_is_named(steps):
    def verdicts(*misses):
        return [replace(step, reasons=("misses",) * miss) for step, miss in zip(steps, misses, strict=False)]

    names = [f"{step.speed_rpm:.0f}" for step in steps]
    found = recommend_speed(verdicts(0, 1, 0))
    assert (
        found["summary"]
        == f"{names[0]} and {names[2]} rpm meet every target; between them {names[1]} rpm misses one or more."
    )
    found = recommend_speed(verdicts(0, 1, 1, 0))
    assert f"between them {names[1]} and {names[2]} rpm miss one" in found["summary"]
    assert recommend_speed(verdicts(1, 0, 0))["summary"] == f"{names[1]} to {names[2]} rpm meet every target."


def test_where_no_speed_fits_the_nearest_is_named_with_its_reasons():
    hard = Targets(wedge_pressure_mmhg=1.0)
    answer = recommend_speed(ramp(SEVERE, HEARTMATE2, [8000, 8400], targets=hard), hard)
    assert answer["targets"]["wedge_pressure_mmhg"] == 1.0
    assert answer["range_rpm"] is None
    assert "comes nearest: wedge pressure" in answer["summary"]


def test_suction_is_a_reason():
    beat = solve_periodic(SEVERE, pump=HEARTMATE2, speed_rpm=14000)
    assert any(reason.startswith("suction") for reason in missed_targets(beat, Targets()))


def test_suction_speed_is_where_it_starts():
    onset = suction_speed(SEVERE, HEARTMATE2)
    assert not solve_periodic(SEVERE, pump=HEARTMATE2, speed_rpm=onset - 50).suction
    assert solve_periodic(SEVERE, pump=HEARTMATE2, speed_rpm=onset + 50).suction


def test_draws_give_the_share_that_meets_the_targets():
    rng = np.random.default_rng(1)
    draws = [SEVERE.replace(systemic_resistance=value) for value in rng.uniform(0.8, 2.5, 12)]
    (step,) = ramp(SEVERE, HEARTMATE2, [8400], draws=draws)
    beats = [solve_periodic(draw, pump=HEARTMATE2, speed_rpm=8400) for draw in draws]
    assert step.share_met == pytest.approx(np.mean([not missed_targets(beat, Targets()) for beat in beats]))
    assert 0 < step.share_met < 1


def test_speeds_include_both_ends():
    assert speeds(8000, 12000, 400, HEARTMATE2) == [8000 + 400 * k for k in range(11)]
    assert speeds(8000, 8500, 300, HEARTMATE2) == [8000, 8300, 8500]


@pytest.mark.parametrize(
    ("low", "high", "step"),
    [(9000, 8000, 100), (8000, 9000, 0), (8000, 9000, -1), (8000, 9000, 1), (8000, 9000, 5e-324), (1, 9000, 100)],
)
def test_a_ramp_without_steps_or_with_too_many_is_refused(low, high, step):
    with pytest.raises(ParameterError):
        speeds(low, high, step, HEARTMATE2)


def test_diameter_is_teichholz_backwards():
    diameter = end_diastolic_diameter_cm(200.0)
    assert 7 * diameter**3 / (2.4 + diameter) == pytest.approx(200.0)
    assert 6.0 < diameter < 6.4


@pytest.mark.parametrize("edv_ml", [1e-3, 20.0, 3000.0, 1e5])
def test_a_diameter_is_found_for_any_volume_a_circuit_can_have(edv_ml):
    diameter = end_diastolic_diameter_cm(edv_ml)
    assert 7 * diameter**3 / (2.4 + diameter) == pytest.approx(edv_ml)


def test_draws_say_how_sure_a_speed_is(steps):
    """Of two draws, one the patient itself and one whose resistance keeps its pressure out of reach, half meet."""
    stiff = SEVERE.replace(systemic_resistance=2.8)
    good = next(step for step in steps if not step.reasons)
    found = ramp(SEVERE, HEARTMATE2, [good.speed_rpm], draws=[SEVERE, stiff], reflex=True)
    assert found[0].share_met == 0.5
    assert found[0].row()["share_of_draws_met"] == 0.5
    assert steps[0].share_met is None
