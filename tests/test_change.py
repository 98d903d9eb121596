import numpy as np
import pytest

from twin_core.change import check_comparable, compare
from twin_core.circuit import presets
from twin_core.twin import MeasuredValues, Twin, TwinError

WHOLE = presets.load("heart_failure").to_dict()


def twin_with(emax, calibrated=True, draws=40, seed=0):
    """A twin whose contractility is known to 3 % and nothing else is unknown."""
    rng = np.random.default_rng(seed)
    return Twin(
        pseudonym="Case 7",
        measured=MeasuredValues(
            ejection_fraction_pct=34.0, heart_rate_bpm=75.0, edv_ml=170.0, esv_ml=112.0, calibrated=calibrated, beats=2
        ),
        parameters={**WHOLE, "emax_mmhg_per_ml": emax},
        posterior_draws={
            "emax_mmhg_per_ml": (emax * np.exp(0.03 * rng.standard_normal(draws))).tolist(),
            "emin_mmhg_per_ml": [0.06] * draws,
        },
    )


def test_a_stronger_heart_is_told_with_its_interval():
    found = compare(twin_with(1.0), twin_with(1.5, seed=1))
    emax = found["emax_mmhg_per_ml"]
    assert emax.change == pytest.approx(0.5, abs=0.03)
    assert emax.low < emax.change < emax.high
    spread = 1.645 * 0.03 * np.hypot(1.0, 1.5)  # two independent errors
    assert emax.high - emax.low == pytest.approx(2 * spread, rel=0.3)
    assert emax.probability_of_increase == 1.0
    assert found["ejection_fraction_pct"].change > 5
    assert found["esv_ml"].high < 0
    assert found["esv_ml"].probability_of_increase == 0.0


def test_no_change_is_no_finding():
    found = compare(twin_with(1.2), twin_with(1.2))
    assert found["emax_mmhg_per_ml"].change == pytest.approx(0, abs=1e-12)
    assert found["emax_mmhg_per_ml"].probability_of_increase == pytest.approx(0.5)
    assert found["emin_mmhg_per_ml"].probability_of_increase == 0.5  # all equal
    assert found["emax_mmhg_per_ml"].low < 0 < found["emax_mmhg_per_ml"].high


def test_volumes_without_a_scale_are_not_compared():
    found = compare(twin_with(1.0, calibrated=False), twin_with(1.5, calibrated=False))
    assert "ejection_fraction_pct" in found
    assert not {"edv_ml", "esv_ml"} & found.keys()


def test_a_scale_on_one_side_only_is_refused():
    with pytest.raises(TwinError, match=r"earlier clip has a scale and the later has none.*--depth-cm"):
        compare(twin_with(1.0), twin_with(1.5, calibrated=False))
    with pytest.raises(TwinError, match="later clip has a scale and the earlier has none"):
        check_comparable(twin_with(1.0, calibrated=False), True)


def test_a_twin_without_draws_is_refused(twin):
    with pytest.raises(TwinError, match=r"'Case 7' has no posterior draws.*run infer on the earlier clip again"):
        compare(twin, twin_with(1.0))
