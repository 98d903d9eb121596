import numpy as np
import pytest

from twin_core.circuit import LEARNED, CircuitParameters, solve_periodic
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.samples import circuit_samples, corners, sobol_parameters


def test_points_lie_in_the_box_and_fill_it_evenly():
    points = sobol_parameters(256, seed=3)
    assert points.shape == (256, len(LEARNED))
    assert (points >= LOWER).all() and (points <= UPPER).all()
    unit = (points - LOWER) / (UPPER - LOWER)
    for column in unit.T:  # one point in each of 256 slices: what random draws would not give
        assert sorted(np.floor(column * 256).astype(int)) == list(range(256))


def test_another_seed_gives_other_points():
    assert not np.isin(sobol_parameters(64, seed=0), sobol_parameters(64, seed=1)).any()
    assert (sobol_parameters(64, seed=1) == sobol_parameters(64, seed=1)).all()


@pytest.mark.parametrize("count", [0, 100, -4])
def test_a_number_that_is_no_power_of_two_is_refused(count):
    with pytest.raises(ValueError, match=f"power of two.*got {count}"):
        sobol_parameters(count, seed=0)


def test_samples_are_the_circuits_own_volumes():
    samples = circuit_samples(8, seed=5)
    row = dict(zip(LEARNED, samples.parameters[3].tolist(), strict=True))
    beat = solve_periodic(CircuitParameters.from_dict(row))
    assert (samples.edv_ml[3], samples.esv_ml[3]) == (beat.edv_ml, beat.esv_ml)
    assert samples.periodic.all()


def test_two_processes_give_what_one_gives():
    one, two = circuit_samples(256, seed=2), circuit_samples(256, seed=2, workers=2)
    assert (one.parameters == two.parameters).all()
    assert one.edv_ml == pytest.approx(two.edv_ml, abs=1e-6)


def test_circuits_without_a_steady_beat_are_left_out():
    samples = circuit_samples(4, seed=1)
    spoiled = type(samples)(
        parameters=samples.parameters,
        edv_ml=samples.edv_ml,
        esv_ml=samples.esv_ml,
        periodic=np.array([True, False, True, False]),
    )
    assert (spoiled.steady().parameters == samples.parameters[[0, 2]]).all()
    assert spoiled.steady().edv_ml.shape == (2,)


def test_there_are_128_corners():
    found = corners()
    assert found.shape == (128, 7)
    assert len(np.unique(found, axis=0)) == 128
    assert (np.isin(found, LOWER) | np.isin(found, UPPER)).all()
