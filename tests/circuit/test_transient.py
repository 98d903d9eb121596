import numpy as np
import pytest

from twin_core.circuit import ParameterError, presets, pumps, solve_periodic
from twin_core.circuit.transient import simulate_pulse

SEVERE = presets.load("severe_heart_failure", "closed_loop")


def on(pump, speed):
    return solve_periodic(SEVERE, pump=pumps.get(pump), speed_rpm=speed)


def test_the_artificial_pulse_widens_pulse_pressure_and_hardly_changes_mean_flow():
    beat = on("heartmate3", 5400)
    run = simulate_pulse(beat, 20.0)
    assert np.ptp(run.aortic_waveform_mmhg) > 2 * np.ptp(beat.aortic_waveform_mmhg)
    assert run.pump_flow_l_min == pytest.approx(beat.pump_flow_l_min, rel=0.05)
    assert np.isfinite(run.lv_pressure_mmhg).all()


def test_speed_follows_the_published_rhythm():
    run = simulate_pulse(on("heartmate3", 5400), 4.0)
    at = {t: run.speed_rpm[np.argmin(abs(run.time_s - t))] for t in (0.05, 0.2, 1.0, 2.1, 2.3, 3.9)}
    assert list(at.values()) == [3400, 7400, 5400, 3400, 7400, 5400]


def test_it_starts_from_the_steady_beat():
    beat = on("heartmate3", 5400)
    run = simulate_pulse(beat, 0.1)
    assert run.lv_volume_ml[0] == pytest.approx(beat.lv_volume_ml[0])


@pytest.mark.parametrize(
    ("pump", "speed", "duration", "message"),
    [
        ("heartmate2", 9000, 5.0, "has no artificial pulse"),
        ("heartmate3", 3500, 5.0, "starts at 4000 rpm"),
        ("heartmate3", 5400, 0.0, "not between 0 and 120"),
        ("heartmate3", 5400, float("nan"), "not between 0 and 120"),
    ],
)
def test_what_cannot_be_run_is_refused(pump, speed, duration, message):
    with pytest.raises(ParameterError, match=message):
        simulate_pulse(on(pump, speed), duration)
