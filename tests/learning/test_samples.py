import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from twin_core.circuit import LEARNED, CircuitParameters, solve_periodic
from twin_core.learning import samples as samples_module
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.samples import PHASES, circuit_samples, corners, sobol_parameters, solve


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
    assert samples.edv_ml[3] == pytest.approx(beat.edv_ml, rel=1e-3)
    assert samples.esv_ml[3] == pytest.approx(beat.esv_ml, rel=1e-3)
    assert samples.periodic.all()


def test_the_volume_is_read_from_the_cycles_start_and_lies_between_its_extremes():
    samples = circuit_samples(8, seed=5)
    row = dict(zip(LEARNED, samples.parameters[3].tolist(), strict=True))
    beat = solve_periodic(CircuitParameters.from_dict(row))
    assert samples.volume_ml.shape == (8, PHASES)
    for phase in (0, 13, 40, PHASES - 1):
        expected = np.interp(phase / PHASES * beat.time_s[-1], beat.time_s, beat.lv_volume_ml)
        assert samples.volume_ml[3, phase] == pytest.approx(expected, rel=1e-3)
    assert (samples.volume_ml <= samples.edv_ml[:, None] + 1e-3).all()
    assert (samples.volume_ml >= samples.esv_ml[:, None] - 1e-3).all()
    assert (samples.edv_ml - samples.volume_ml.max(1) < 0.05 * (samples.edv_ml - samples.esv_ml)).all()


def test_parts_and_threads_change_nothing(monkeypatch):
    points = sobol_parameters(16, seed=2)
    whole = solve(points)
    monkeypatch.setattr(samples_module, "_PART", 5)
    lines = []
    parts = solve(points, threads=2, report=lines.append)
    assert (parts.parameters == whole.parameters).all()
    assert (parts.volume_ml == whole.volume_ml).all()
    monkeypatch.setattr(samples_module, "_PARTS_A_REPORT", 2)
    solve(points, report=lines.append)
    assert lines == ["solved 50 % of the circuits", "solved 100 % of the circuits"]


def test_solving_leaves_the_number_of_torchs_threads_alone():
    """In a process of its own: numba sets it once, when it first runs in parallel."""
    code = (
        "import torch; torch.set_num_threads(1)\n"
        "from twin_core.learning.samples import circuit_samples\n"
        "circuit_samples(2, 0); assert torch.get_num_threads() == 1"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])


def test_circuits_without_a_steady_beat_are_left_out():
    samples = circuit_samples(4, seed=1)
    spoiled = dataclasses.replace(samples, periodic=np.array([True, False, True, False]))
    assert (spoiled.steady().parameters == samples.parameters[[0, 2]]).all()
    assert (spoiled.steady().volume_ml == samples.volume_ml[[0, 2]]).all()
    assert spoiled.steady().edv_ml.shape == (2,)


def test_there_are_128_corners():
    found = corners()
    assert found.shape == (128, 7)
    assert len(np.unique(found, axis=0)) == 128
    assert (np.isin(found, LOWER) | np.isin(found, UPPER)).all()
