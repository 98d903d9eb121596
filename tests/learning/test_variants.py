import numpy as np
import pytest
import torch

from twin_core.learning.surrogate import Surrogate
from twin_core.learning.variants import reachable_values, shown_values, vary


@pytest.fixture(scope="module")
def reachable():
    return reachable_values(Surrogate.load(device="cpu"), np.random.default_rng(0))


def test_variants_keep_a_clip_consistent_with_its_values(reachable):
    seen = torch.tensor(
        [[120.0, 50.0, 75.0], [200.0, 150.0, 90.0], [80.0, 24.0, 60.0], [90.0, 40.0, 50.0], [300.0, 240.0, 99.0]]
    )
    ef = 1.0 - seen[:, 1:2] / seen[:, :1]
    curve = 1.0 - ef * torch.sin(torch.pi * torch.arange(32) / 32) ** 2
    new = shown_values(np.random.default_rng(1), 5, reachable)
    new_curve, new_seen, wanted = vary(curve, seen, 1.1 * seen[:, :2], new)
    assert new_seen[:, :2] == pytest.approx(wanted.numpy() / 1.1, rel=1e-5)
    assert new_curve.min(1).values.numpy() == pytest.approx((new_seen[:, 1] / new_seen[:, 0]).numpy(), abs=1e-4)
    assert ((new_seen[:, 0] >= 39.9) & (new_seen[:, 0] <= 381)).all()
    assert not torch.allclose(new_seen, seen)


def test_variants_are_mostly_what_the_circuit_can_do(reachable):
    assert len(reachable) > 10_000
    drawn = shown_values(np.random.default_rng(1), 2000, reachable)
    edv, esv, rate = drawn.unbind(-1)
    assert (edv > esv).all() and (esv > 0).all()
    assert ((edv >= 39.9) & (edv <= 380.1) & (rate > 35) & (rate <= 150)).all()
    known = {tuple(row) for row in reachable.tolist()}
    assert np.mean([tuple(row) in known for row in drawn.tolist()]) == pytest.approx(0.75, abs=0.04)
