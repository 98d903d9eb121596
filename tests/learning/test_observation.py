import numpy as np
import pytest

from twin_core.learning import observation
from twin_core.learning.observation import OBSERVED, SETS, as_row, hide, observe, only
from twin_core.learning.prior import INDEX_NAMES, UNKNOWN, Patients

EDV, ESV, EF, RATE, SYSTOLIC, DIASTOLIC = range(6)
INDICES = dict(zip(INDEX_NAMES, (150.0, 90.0, 40.0, 120.0, 75.0, 92.0, 12.0, 4.5, 5000.0), strict=True))


@pytest.fixture(scope="module")
def measured():
    """One patient, EDV 150 mL and ESV 90 mL at 75 bpm, measured many times."""
    parameters = np.zeros((1, len(UNKNOWN)))
    parameters[0, 0] = 75.0
    indices = np.array([list(INDICES.values())])
    one = Patients(parameters=parameters, indices=indices, drawn=1, not_periodic=0, implausible=0)
    return observe(one, np.zeros(20_000, int), np.random.default_rng(0))


def test_errors_have_the_sizes_that_are_stated(measured):
    edv, esv = np.log(measured[:, EDV] / 150.0), np.log(measured[:, ESV] / 90.0)
    both = np.hypot(observation.SCALE_ERROR, observation.VOLUME_ERROR)
    assert edv.mean() == pytest.approx(0, abs=0.005)
    assert edv.std() == pytest.approx(both, rel=0.03)
    assert (edv - esv).std() == pytest.approx(np.sqrt(2) * observation.VOLUME_ERROR, rel=0.03)
    assert (measured[:, RATE] - 75).std() == pytest.approx(observation.RATE_ERROR_BPM, rel=0.03)
    assert (measured[:, SYSTOLIC] - 120).std() == pytest.approx(observation.CUFF_ERROR_MMHG, rel=0.03)
    assert np.corrcoef(measured[:, SYSTOLIC], measured[:, DIASTOLIC])[0, 1] == pytest.approx(0, abs=0.03)


def test_ef_is_that_of_the_measured_volumes_and_always_readable(measured):
    assert measured[:, EF] == pytest.approx(100 * (1 - measured[:, ESV] / measured[:, EDV]))
    low, high = observation.READABLE_EF_PCT
    assert low <= measured[:, EF].min() and measured[:, EF].max() <= high


def test_every_measurement_is_sometimes_absent_and_two_volumes_are_three(measured):
    present = np.isfinite(hide(measured, np.random.default_rng(1)))
    assert np.all((present.mean(axis=0) > 0.2) & (present.mean(axis=0) < 0.95))
    assert set(present[:, :RATE].sum(axis=1)) <= {0, 1, 3}
    for names in SETS.values():
        shown = [name in names for name in OBSERVED]
        assert (present == shown).all(axis=1).mean() > 0.1
    assert not present.all(axis=1).all()


def test_only_the_named_are_left(measured):
    left = only(measured, SETS["EF, HR"])
    assert np.isfinite(left[:, [EF, RATE]]).all()
    assert np.isnan(left[:, [EDV, ESV, SYSTOLIC, DIASTOLIC]]).all()


@pytest.mark.parametrize(
    "given",
    [
        {"edv_ml": 150, "esv_ml": 90},
        {"edv_ml": 150, "ejection_fraction_pct": 40},
        {"esv_ml": 90, "ejection_fraction_pct": 40},
    ],
)
def test_two_of_edv_esv_and_ef_give_the_third(given):
    assert as_row(given)[:RATE] == pytest.approx([150, 90, 40])
    assert np.isnan(as_row(given)[RATE:]).all()


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"edv": 100}, "edv is not something the posterior knows; give any of edv_ml"),
        ({"edv_ml": float("nan")}, "edv_ml = nan is not a finite"),
        ({"heart_rate_bpm": -1}, "heart_rate_bpm = -1"),
        ({"edv_ml": 90, "esv_ml": 150}, "esv_ml = 150 is not under edv_ml = 90"),
        ({"systolic_pressure_mmhg": 70, "diastolic_pressure_mmhg": 80}, "80 mmHg is not under the systolic of 70"),
    ],
)
def test_what_cannot_be_measured_is_refused(given, message):
    with pytest.raises(ValueError, match=message):
        as_row(given)
