import numpy as np
import pytest

from twin_core.circuit.elastance import double_hill, double_hill_curve, time_to_peak_elastance


def test_peak_is_nearly_emax_and_lies_at_the_published_time():
    time = np.linspace(0, 0.8, 8001)
    curve = double_hill_curve(time, 0.8, 2.0, 0.06)
    assert curve.max() == pytest.approx(2.0, rel=0.005)
    assert time[curve.argmax()] == pytest.approx(time_to_peak_elastance(0.8), rel=0.02)
    assert time_to_peak_elastance(0.8) == pytest.approx(0.32)


def test_cycle_starts_and_ends_at_emin():
    assert double_hill(0.0, 0.8, 2.0, 0.06) == 0.06
    assert double_hill(0.8, 0.8, 2.0, 0.06) == pytest.approx(0.06, abs=1e-4)
