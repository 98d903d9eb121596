"""One suite of physical checks over every preset, circuit and pump."""

import numpy as np
import pytest

from twin_core.circuit import ClosedLoopBeat, circuits, presets, pumps, solve_periodic
from twin_core.circuit.fixed_point import TOLERANCE

SPEEDS = {"axial": 9000, "heartmate2": 9000, "heartmate3": 5400}


@pytest.fixture(
    scope="module",
    params=[
        (preset, circuit, pump)
        for preset in presets.PRESETS
        for circuit in circuits.CIRCUITS
        for pump in (None, *pumps.NAMES)
    ],
    ids=lambda case: "-".join(str(part) for part in case),
)
def beat(request):
    preset, circuit, pump = request.param
    return solve_periodic(
        presets.load(preset, circuit),
        pump=pumps.get(pump) if pump else None,
        speed_rpm=SPEEDS[pump] if pump else None,
    )


def mean(beat, waveform):
    return np.trapezoid(waveform, beat.time_s) / beat.time_s[-1]


def test_it_is_periodic(beat):
    # A pump in a small ventricle behind a stenosed mitral valve may suck; that too is a steady beat, and said.
    assert beat.status == ("suction" if beat.lv_pressure_mmhg.min() <= 1.0 and beat.pump else "periodic")
    assert beat.residual < TOLERANCE
    assert abs(beat.lv_volume_ml[-1] - beat.lv_volume_ml[0]) < 1e-3


def test_volume_is_conserved(beat):
    circuit = circuits.of(beat.parameters)
    wanted = circuits.conserved_volume_ml(circuit.initial_state(beat.parameters, beat.pump), beat.parameters)
    assert circuits.conserved_volume_ml(beat.initial_state, beat.parameters) == pytest.approx(wanted, rel=1e-6)


def test_flows_balance_round_the_circulation(beat):
    outflow = mean(beat, beat.aortic_valve_flow_ml_s + beat.pump_flow_ml_s)
    assert mean(beat, beat.systemic_flow_ml_s) == pytest.approx(outflow, rel=1e-3)
    assert mean(beat, beat.mitral_flow_ml_s) == pytest.approx(outflow, rel=5e-3)
    if isinstance(beat, ClosedLoopBeat):
        assert mean(beat, beat.tricuspid_flow_ml_s) == pytest.approx(outflow, rel=5e-3)
        assert mean(beat, beat.pulmonary_valve_flow_ml_s) == pytest.approx(outflow, rel=5e-3)


def test_tight_valves_let_nothing_back_and_are_not_open_together(beat):
    assert beat.mitral_flow_ml_s.min() >= 0
    assert beat.aortic_valve_flow_ml_s.min() >= 0
    both = (beat.mitral_flow_ml_s > 1) & (beat.aortic_valve_flow_ml_s > 1)
    assert not both.any()


def test_loop_area_is_stroke_work(beat):
    power = -beat.lv_pressure_mmhg * np.gradient(beat.lv_volume_ml, beat.time_s)
    assert beat.stroke_work_mmhg_ml == pytest.approx(np.trapezoid(power, beat.time_s), rel=0.01, abs=5)


def test_pressures_are_within_what_is_seen_at_rest(beat):
    assert 50 < beat.mean_arterial_pressure_mmhg < 135
    assert 2 < beat.left_atrial_pressure_mmhg < 30
    assert beat.diastolic_pressure_mmhg < beat.mean_arterial_pressure_mmhg < beat.systolic_pressure_mmhg
    assert 2.5 < beat.cardiac_output_l_min < 8
    if isinstance(beat, ClosedLoopBeat):
        assert 2 < beat.central_venous_pressure_mmhg < 15
        assert beat.left_atrial_pressure_mmhg < beat.pulmonary_artery_pressure_mmhg < 45


def test_every_index_is_a_number(beat):
    values = [value for value in beat.indices().values() if isinstance(value, float)]
    assert np.isfinite(values).all()
