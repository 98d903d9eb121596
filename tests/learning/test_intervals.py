import numpy as np
import pytest

from twin_core.learning.intervals import interval
from twin_core.learning.posterior import Posterior
from twin_core.report import words


def test_ends_of_few_draws_are_their_expected_percentiles():
    # Of n draws the k-th lies on average at k / (n + 1): of 19, the outermost are the 5th and the 95th.
    assert interval(np.arange(1.0, 20.0)).tolist() == [1.0, 19.0]
    assert interval(np.arange(38.0).reshape(19, 2)).T.tolist() == [[0.0, 36.0], [1.0, 37.0]]


def test_a_report_gives_the_intervals_that_the_posterior_gives():
    measured = {"ejection_fraction_pct": 35.0, "heart_rate_bpm": 80.0}
    posterior = Posterior.load()
    draws = posterior.draw(measured, 30)

    class Drawn:
        posterior = draws

    told = words.intervals(Drawn)
    for name, expected in posterior.intervals(draws).items():
        low, high = (float(end) for end in told[name].split(" to "))
        assert (low, high) == pytest.approx((expected.percentile_5, expected.percentile_95), rel=5e-3)
