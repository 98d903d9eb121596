import numpy as np
import pytest
from scipy.integrate import solve_ivp

from twin_core.circuit import circuits, equations, presets, pumps
from twin_core.circuit.rosenbrock import integrate_cycle

CASES = [
    ("heart_failure", "five_state", None, 0.0),
    ("heart_failure", "five_state", "axial", 9000.0),
    ("severe_heart_failure", "closed_loop", "heartmate3", 5400.0),
]


def none(state):
    return np.empty((0, state.size))


def start(preset, circuit, pump, speed):
    patient = presets.load(preset, circuit)
    fitted = pumps.get(pump) if pump else None
    return circuits.get(circuit).initial_state(patient, fitted), circuits.pack(patient, fitted, speed)


@pytest.fixture(params=CASES, ids=lambda case: "-".join(map(str, case)))
def cycle(request):
    state, row = start(*request.param)
    times = np.linspace(0, row["tc"][0], 201)
    reference = solve_ivp(
        lambda t, x: equations.right_hand_side(x, t, row[0]),
        (0, times[-1]),
        state,
        method="LSODA",
        rtol=1e-10,
        atol=1e-10,
        t_eval=times,
    ).y.T
    return state, row, times, reference


def test_one_cycle_agrees_with_lsoda_and_converges_with_its_tolerance(cycle):
    state, row, _, reference = cycle
    errors = []
    for tolerance in (1e-4, 1e-5, 1e-6, 1e-7):
        samples = np.empty(reference.shape)
        end, _, done = integrate_cycle(state, row[0], tolerance, 10 * tolerance, samples, none(state))
        assert done
        errors.append(np.abs(end - reference[-1]).max())
    assert errors[-1] < 1e-3
    assert errors[-1] < errors[0] / 20
    assert np.abs(samples - reference)[:, :4].max() < 5e-3


def test_mean_pressure_is_the_integral(cycle):
    state, row, times, reference = cycle
    mean = integrate_cycle(state, row[0], 1e-7, 1e-6, none(state), none(state))[1]
    assert mean == pytest.approx(np.trapezoid(reference[:, 3], times) / times[-1], abs=0.02)


def test_the_sensitivity_is_the_derivative_by_the_start(cycle):
    state, row, _, _ = cycle
    n = state.size
    by_state = np.empty((n + 1, n))
    integrate_cycle(state, row[0], 1e-6, 1e-5, none(state), by_state)

    def answer(moved):
        end, mean, _ = integrate_cycle(moved, row[0], 1e-10, 1e-10, none(state), none(state))
        return np.append(end, mean)

    for j, change in enumerate(0.05 * np.eye(n)):
        difference = (answer(state + change) - answer(state - change)) / 0.1
        assert by_state[:, j] == pytest.approx(difference, abs=0.05 * max(1.0, np.abs(difference).max()))


def test_what_cannot_be_integrated_is_said():
    state, row = start(*CASES[0])
    state[0] = np.nan
    assert not integrate_cycle(state, row[0], 1e-6, 1e-5, none(state), none(state))[2]
