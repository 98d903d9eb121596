import numpy as np
import pytest

from twin_core.circuit import LEARNED, PARAMETERS, solve_periodic
from twin_core.learning import prior
from twin_core.learning.prior import INDEX_NAMES, PLAUSIBLE, UNKNOWN, circuits, draw_patients, from_unit, to_unit


@pytest.fixture(scope="module")
def patients():
    return draw_patients(64, 5)


def test_the_parameters_are_the_encoders_and_those_a_cuff_tells():
    assert UNKNOWN[: len(LEARNED)] == LEARNED
    assert set(UNKNOWN) - set(LEARNED) == {"systemic_resistance", "systemic_compliance"}


def test_shares_of_ranges_reach_the_bounds_and_come_back():
    for share, end in ((0.0, 0), (1.0, 1)):
        values = from_unit(np.full(len(UNKNOWN), share))
        assert values == pytest.approx([PARAMETERS[name].bounds[end] for name in UNKNOWN], rel=1e-12)
    unit = np.random.default_rng(0).random((50, len(UNKNOWN)))
    assert to_unit(from_unit(unit)) == pytest.approx(unit, abs=1e-9)
    circuits(from_unit(np.array([np.full(len(UNKNOWN), -0.1), np.full(len(UNKNOWN), 1.1)])))  # accepted: in bounds


def test_a_range_of_decades_is_drawn_by_decades():
    middle = from_unit(np.full(len(UNKNOWN), 0.5))[UNKNOWN.index("aortic_resistance")]
    low, high = PARAMETERS["aortic_resistance"].bounds
    assert middle == pytest.approx(np.sqrt(low * high))


def test_every_patient_is_plausible_and_the_rest_is_counted(patients):
    assert patients.drawn == 64 * prior.FILLINGS
    assert len(patients.parameters) + patients.not_periodic + patients.implausible == patients.drawn
    assert 0 < patients.implausible < patients.drawn
    for name, (low, high) in PLAUSIBLE.items():
        assert low <= patients.index(name).min() and patients.index(name).max() <= high


def test_indices_are_those_of_the_circuit_itself(patients):
    """Patients that share a solved circuit too: preload and unstressed volume follow exactly."""
    rows = np.random.default_rng(1).choice(len(patients.parameters), 12, replace=False)
    for row, circuit in zip(rows, circuits(patients.parameters[rows]), strict=True):
        beat = solve_periodic(circuit)
        expected = [getattr(beat, name) for name in INDEX_NAMES]
        assert patients.indices[row] == pytest.approx(expected, rel=1e-3)


def test_a_seed_gives_the_same_patients_and_another_gives_others(patients):
    again, other = draw_patients(64, 5), draw_patients(64, 6)
    assert np.array_equal(again.parameters, patients.parameters)
    assert not np.isin(other.parameters[:, 0], patients.parameters[:, 0]).any()


def test_an_odd_number_of_points_is_refused():
    with pytest.raises(ValueError, match=r"power of two.*got 100"):
        draw_patients(100, 0)
