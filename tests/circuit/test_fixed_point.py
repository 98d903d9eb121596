import numpy as np
import pytest

from twin_core.circuit import circuits, presets, pumps
from twin_core.circuit.fixed_point import MAX_CYCLES, TOLERANCE, accelerate, find, newton_mixing


def prepared(preset="severe_heart_failure", circuit="closed_loop", pump="heartmate3", speed=5400.0):
    patient = presets.load(preset, circuit)
    fitted = pumps.get(pump) if pump else None
    state = circuits.of(patient).initial_state(patient, fitted)
    weights = circuits.of(patient).weights(patient, state.size)
    return np.append(state, state[circuits.AORTIC]), circuits.pack(patient, fitted, speed), weights


def test_newtons_step_solves_a_linear_map_at_once_and_keeps_what_it_conserves():
    rng = np.random.default_rng(0)
    weights = np.array([1.0, 4.4, 1.33, 0.08])
    sensitivity = 0.3 * rng.normal(size=(4, 4))
    sensitivity += np.outer(weights, weights @ (np.eye(4) - sensitivity)) / (weights @ weights)
    assert weights @ sensitivity == pytest.approx(weights)
    shift = rng.normal(size=4)
    shift -= weights * (weights @ shift) / (weights @ weights)
    guess = rng.normal(size=4)

    def step(point):
        return sensitivity @ point + shift - point

    mixing = newton_mixing(sensitivity, weights)
    solution = accelerate(guess, step(guess), guess, step(guess), mixing)
    assert np.abs(step(solution)).max() < 1e-12
    assert weights @ solution == pytest.approx(weights @ guess)


def test_without_a_sensitivity_the_step_before_speeds_up_plain_iteration():
    def step(x):
        return np.array([0.9 * x[0] + 1.0 - x[0]])

    first = np.array([0.0])
    second = accelerate(first, step(first), first, step(first), np.eye(1))
    third = accelerate(second, step(second), first, step(first), np.eye(1))
    assert second == pytest.approx([1.0])
    assert third == pytest.approx([10.0])


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_useless_sensitivity_means_plain_iteration(broken):
    assert (newton_mixing(np.full((3, 3), broken), np.ones(2)) == np.eye(3)).all()


@pytest.mark.parametrize("reflex", [False, True])
def test_it_finds_a_cycle_that_closes_in_few_cycles_and_keeps_blood_volume(reflex):
    guess, rows, weights = prepared()
    samples = np.empty((401, guess.size - 1))
    found, residual, cycles, _ = find(guess, rows, weights, reflex, TOLERANCE, 1e-6, 1e-5, samples)
    assert residual < TOLERANCE
    assert cycles < 25  # plain iteration needs some fifty
    assert samples[0] == pytest.approx(found[:-1])
    assert np.abs(samples[-1] - samples[0]).max() < 1e-4
    assert weights @ found[:-1] == pytest.approx(weights @ guess[:-1], rel=1e-8)
    if reflex:
        assert found[-1] == pytest.approx(np.trapezoid(samples[:, circuits.AORTIC]) / 400, abs=0.05)


def test_a_start_that_cannot_be_integrated_ends_with_an_infinite_residual():
    guess, rows, weights = prepared(circuit="five_state", pump=None, speed=0.0)
    guess[0] = np.nan
    _, residual, cycles, _ = find(guess, rows, weights, False, TOLERANCE, 1e-6, 1e-5, np.empty((11, guess.size - 1)))
    assert residual == np.inf
    assert cycles <= MAX_CYCLES
