import time

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy.integrate import odeint, solve_ivp

from twin_core.circuit import (
    PARAMETERS,
    CircuitParameters,
    ParameterError,
    circuits,
    equations,
    presets,
    pumps,
    solve_periodic,
    solve_transient,
)
from twin_core.circuit.fixed_point import MAX_CYCLES, TOLERANCE

NORMAL = presets.load("simaan_normal")
FAILING = presets.load("heart_failure")
AXIAL = pumps.get("axial")

whole_box = st.fixed_dictionaries({name: st.floats(*about.bounds) for name, about in PARAMETERS.items()}).map(
    CircuitParameters.from_dict
)
pump_speed = st.none() | st.floats(*AXIAL.speed_range_rpm)


def solve(parameters, speed=None, **options):
    return solve_periodic(parameters, pump=AXIAL if speed else None, speed_rpm=speed, **options)


@pytest.mark.parametrize("speed", [None, 9000, 12000])
def test_steady_state_is_that_of_plain_iteration_at_tight_tolerance(speed):
    pump = AXIAL if speed else None
    packed = circuits.pack(FAILING, pump, speed or 0.0)
    state = circuits.FIVE_STATE.initial_state(FAILING, pump)
    cycle = np.linspace(0, FAILING.cycle_length_s, 2)

    def derivative(x, t):
        return equations.right_hand_side(x, t, packed[0])

    for _ in range(150):
        state = odeint(derivative, state, cycle, rtol=1e-10, atol=1e-10, mxstep=20000)[-1]
    radau = solve_ivp(lambda t, x: derivative(x, t), cycle, state, method="Radau", rtol=1e-10, atol=1e-10)
    found = solve(FAILING, speed).initial_state
    assert found == pytest.approx(state, abs=2e-3)
    assert found == pytest.approx(radau.y[:, -1], abs=2e-3)


@given(parameters=whole_box, speed=pump_speed)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_anywhere_in_the_box_a_solve_is_bounded_and_says_whether_it_is_periodic(parameters, speed):
    started = time.monotonic()
    beat = solve(parameters, speed)
    assert time.monotonic() - started < 30  # a guard against a hang, not a measure of speed
    assert beat.cycles_used <= MAX_CYCLES
    assert np.isfinite(beat.lv_volume_ml).all()
    volumes_and_pressures = (
        beat.lv_volume_ml,
        beat.left_atrial_waveform_mmhg,
        beat.arterial_waveform_mmhg,
        beat.aortic_waveform_mmhg,
    )
    repeats = max(abs(w[-1] - w[0]) for w in volumes_and_pressures) < 10 * 100 * TOLERANCE
    assert repeats or beat.status == "not_periodic"
    if beat.status != "not_periodic":
        start = circuits.conserved_volume_ml(circuits.FIVE_STATE.initial_state(parameters), parameters)
        assert circuits.conserved_volume_ml(beat.initial_state, parameters) == pytest.approx(start, rel=1e-6)


@given(parameters=whole_box, speeds=st.tuples(pump_speed, pump_speed))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_warm_start_reaches_the_answer_of_a_cold_one(parameters, speeds):
    first = solve(parameters, speeds[0])
    warm, cold = solve(parameters, speeds[1], start=first), solve(parameters, speeds[1])
    if "not_periodic" not in (first.status, warm.status, cold.status):
        assert warm.edv_ml == pytest.approx(cold.edv_ml, rel=1e-3, abs=1e-2)
        assert warm.mean_arterial_pressure_mmhg == pytest.approx(cold.mean_arterial_pressure_mmhg, rel=1e-3)
        assert warm.cardiac_output_l_min == pytest.approx(cold.cardiac_output_l_min, rel=1e-3, abs=1e-3)


def test_a_warm_start_from_another_patient_keeps_this_patients_stressed_volume():
    warm = solve(NORMAL.replace(left_atrial_compliance=6.0), start=solve(FAILING, 9000))
    cold = solve(NORMAL.replace(left_atrial_compliance=6.0))
    assert warm.edv_ml == pytest.approx(cold.edv_ml, rel=1e-4)


@pytest.mark.parametrize("speed", [None, 8000, 12000, 17000])
def test_stressed_volume_is_conserved_over_the_cycle(speed):
    beat = solve(FAILING, speed)
    weights = circuits.FIVE_STATE.weights(FAILING, 5)[:4]
    states = [
        beat.lv_volume_ml,
        beat.left_atrial_waveform_mmhg,
        beat.arterial_waveform_mmhg,
        beat.aortic_waveform_mmhg,
    ]
    total = weights @ np.array(states)
    assert np.ptp(total) / total.mean() < 1e-6


@pytest.mark.parametrize(
    ("name", "index", "direction"),
    [
        ("emax_mmhg_per_ml", "ejection_fraction_pct", 1),
        ("emax_mmhg_per_ml", "esv_ml", -1),
        ("mitral_resistance", "left_atrial_pressure_mmhg", 1),
        ("mitral_resistance", "cardiac_output_l_min", -1),
        ("aortic_resistance", "lv_peak_pressure_mmhg", 1),
        ("aortic_resistance", "cardiac_output_l_min", -1),
        ("systemic_resistance", "mean_arterial_pressure_mmhg", 1),
        ("systemic_resistance", "cardiac_output_l_min", -1),
        ("initial_volume_ml", "edv_ml", 1),
    ],
)
def test_indices_are_monotone(name, index, direction):
    low, high = PARAMETERS[name].bounds
    values = [getattr(solve(NORMAL.replace(**{name: v})), index) for v in np.linspace(low, high, 9)]
    assert (direction * np.diff(values) > 0).all()


def test_unstressed_volume_only_shifts_the_loop():
    # start_v is counted above unstressed volume, so pressures and stroke volume stay as they are.
    small, large = (solve(FAILING.replace(unstressed_volume_ml=v)) for v in (4.0, 24.0))
    assert large.lv_volume_ml - small.lv_volume_ml == pytest.approx(np.full(small.time_s.size, 20.0), abs=1e-2)
    assert large.lv_pressure_mmhg == pytest.approx(small.lv_pressure_mmhg, abs=1e-1)


def test_too_few_cycles_are_flagged_not_hidden():
    beat = solve_transient(FAILING, cycles=2)
    assert beat.status == "not_periodic"
    assert "not a steady state" in beat.message


def test_suction_names_the_speed_and_the_remedy():
    beat = solve(NORMAL, 17000)
    assert beat.suction
    assert "at 17000 rpm; lower the pump speed" in beat.message


def test_pump_and_speed_go_together():
    with pytest.raises(ParameterError, match="give both or neither"):
        solve_periodic(NORMAL, pump=AXIAL)
    with pytest.raises(ParameterError, match="give both or neither"):
        solve_periodic(NORMAL, speed_rpm=9000)
    with pytest.raises(ParameterError, match="choose 6000 to 18000 rpm"):
        solve_periodic(NORMAL, pump=AXIAL, speed_rpm=float("nan"))
