import numpy as np
import pytest

from dashboard.panels import Line, Scale


@pytest.mark.parametrize("span", [(0.0, 260.0), (-200.0, 1200.0), (0.0, 1.5), (0.0, 0.4), (-20.0, 140.0)])
def test_ticks_are_few_evenly_spaced_and_on_the_axis(span):
    ticks = Scale(title="x", unit="s", span=span).ticks()
    assert 3 <= len(ticks) <= 7
    assert span[0] <= ticks[0] < ticks[-1] <= span[1]
    assert np.diff(ticks) == pytest.approx(ticks[1] - ticks[0])
    assert 0.0 in ticks


def test_an_axis_without_extent_has_no_ticks():
    assert Scale(title="x", unit="s", span=(0.0, 0.0)).ticks() == []


def test_ticks_are_written_as_people_do_and_may_be_names():
    assert Scale(title="x", unit="s", span=(0.0, 0.4)).to_json()["ticks"][1] == [0.1, "0.1"]
    named = Scale(title="x", unit="", span=(0.0, 1.0), names={0.0: "Aortic"}).to_json()
    assert named["ticks"] == [[0.0, "Aortic"]]
    assert named["named"]


def test_numbers_are_rounded_to_a_fraction_of_a_pixel_and_gaps_are_null():
    line = Line(label="a", beat="b", tone="patient", x=0.01, y=np.array([100.04, np.nan]), dash="solid", width=1.0)
    assert line.to_json(False)["y"] == [100.0, None]
    small = Line(label="a", beat="b", tone="patient", x=0.01, y=np.array([4.0404]), dash="solid", width=1.0)
    assert small.to_json(False)["y"] == [4.04]
