import numpy as np
import pytest

from twin_core.learning.agreement import agreement, mean_with_interval


def test_known_answers():
    found = agreement([1, 2, 4], [1, 3, 3], "points")
    assert found["clips"] == 3 and found["bias_points"] == 0
    assert found["mae_points"] == pytest.approx(2 / 3) and found["rmse_points"] == pytest.approx((2 / 3) ** 0.5)
    assert found["r2"] == pytest.approx(1 - 2 / (8 / 3))


def test_intervals_are_as_wide_as_theory_says_and_repeat():
    rng = np.random.default_rng(1)
    reference = rng.normal(50, 12, 400)
    found = reference + rng.normal(2, 5, 400)
    first = agreement(found, reference, "points", seed=3)
    assert first == agreement(found, reference, "points", seed=3) != agreement(found, reference, "points", seed=4)
    low, high = first["bias_points_ci95"]
    assert low < first["bias_points"] < high
    assert high - low == pytest.approx(2 * 1.96 * np.std(found - reference) / 20, rel=0.1)
    for key in ("mae_points", "rmse_points", "r2"):
        assert first[f"{key}_ci95"][0] < first[key] < first[f"{key}_ci95"][1]


def test_what_is_not_defined_is_none():
    assert agreement([], [], "ml") is None
    one = agreement([3.0], [1.0], "ml")
    assert (one["mae_ml"], one["mae_ml_ci95"], one["r2"]) == (2.0, None, None)
    same = agreement([3.0, 5.0], [1.0, 1.0], "ml")
    assert same["r2"] is None and same["r2_ci95"] is None and same["mae_ml_ci95"] == [2.0, 4.0]
    assert mean_with_interval([]) is None and mean_with_interval([0.9])["mean_ci95"] is None
    assert mean_with_interval([0.8, 0.9])["worst"] == 0.8


@pytest.mark.parametrize(("found", "reference"), [([1, 2], [1]), ([float("nan")], [1]), ([1], [float("inf")])])
def test_unpaired_or_missing_values_are_refused(found, reference):
    with pytest.raises(ValueError, match="must be finite and of one length"):
        agreement(found, reference, "ml")
