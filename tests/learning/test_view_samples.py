import numpy as np
import pytest
import torch

from twin_core.learning.view import VIEWS
from twin_core.learning.view_samples import _posed, batch_of, render, render_heart


@pytest.fixture(scope="module")
def rendered():
    return render(31, hearts=6, others=4)


def test_rendering_repeats_and_does_not_depend_on_workers(rendered):
    hearts, others = render(31, 2, 2, workers=2)
    for one, same in zip(hearts, rendered[0], strict=False):
        assert np.array_equal(one.frames, same.frames) and np.array_equal(one.ventricle, same.ventricle)
    for clip, same in zip(others, rendered[1], strict=False):
        assert np.array_equal(clip, same)
    assert not np.array_equal(hearts[0].frames, render_heart((32, 0)).frames)


def test_unbounded_hearts_go_on_beyond_the_fan(rendered):
    kinds = {heart.unbounded for heart in rendered[0]}
    assert kinds == {True, False}
    for heart in rendered[0]:
        outside = heart.frames[:, ~heart.fan].max()
        assert (outside > 0) == heart.unbounded
        assert heart.ventricle.sum() > 100 and not heart.ventricle[~heart.fan].any()


def test_a_batch_has_every_view_with_frame_and_projections(rendered):
    x, y = batch_of(np.random.default_rng(0), *rendered)
    assert x.shape[1:] == (5, 112, 112) and len(x) == len(y)
    assert float(x.min()) >= 0 and float(x.max()) <= 1
    counts = np.bincount(y, minlength=len(VIEWS))
    assert counts[VIEWS.index("turned")] == 6 and counts[VIEWS.index("other")] == 4
    assert all(0 < counts[VIEWS.index(name)] <= 6 for name in ("four_chamber", "mirrored", "cut_off"))
    frame, least, most = x[:, 0], x[:, 3], x[:, 4]
    assert torch.all(least <= frame + 1e-5) and torch.all(frame <= most + 1e-5)


def test_poses_are_what_they_are_called():
    # A bright mark on the upper right of every frame tells where each pose puts it.
    marks = {}
    for name in ("four_chamber", "mirrored"):
        places = []
        for seed in range(12):
            picture = torch.zeros(5, 112, 112)
            picture[:, 20:30, 80:90] = 1.0
            ones = torch.ones(1, 112, 112)
            image, left = _posed(np.random.default_rng(seed), name, picture, ones, ones, False)
            rows, columns = np.nonzero(image[0].numpy() > 0.5)
            places.append((rows.mean(), columns.mean()))
            assert left > 0
        marks[name] = np.array(places)
    assert (marks["four_chamber"] < 56)[:, 0].all() and (marks["four_chamber"] > 56)[:, 1].all()
    assert (marks["mirrored"] < 56)[:, 0].all() and (marks["mirrored"] < 56)[:, 1].all()
