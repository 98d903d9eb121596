import numpy as np
import pytest

from twin_core.learning.other_pictures import KINDS, SIZE, other_pictures


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_draws_clips_that_differ_and_repeat_by_seed(kind):
    first, again, other = (KINDS[kind](np.random.default_rng(seed), 4) for seed in (3, 3, 4))
    assert first.shape == (4, SIZE, SIZE) and first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert first.max() > 30


def test_a_linear_probes_picture_is_a_rectangle():
    shown = KINDS["linear probe"](np.random.default_rng(1), 3).max(axis=0) > 0
    rows, columns = np.flatnonzero(shown.any(1)), np.flatnonzero(shown.any(0))
    box = shown[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    assert box.mean() > 0.7 and not shown[:, : columns[0]].any()


def test_the_short_axis_beats_around_a_ring():
    clip = KINDS["short axis"](np.random.default_rng(2), 16).astype(float)
    assert clip.std(axis=0).max() > 20


def test_all_kinds_come_up():
    rng = np.random.default_rng(0)
    assert len({other_pictures(rng, 1).tobytes() for _ in range(20)}) == 20
