from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.as_it_stands import AsItStands
from twin_core.scenario import Scenario

FAST = Scenario(name="What-if", pump="axial", speed_rpm=12_000.0)


def test_a_file_asked_for_while_a_slider_moves_is_of_where_it_comes_to_rest():
    now = AsItStands()
    now.stand(Scenario(name="What-if", pump="axial", speed_rpm=9000.0))
    now.move()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(now.scenarios)
        with pytest.raises(TimeoutError):  # it waits for the slider
            asked.result(timeout=1.0)
        now.stand(FAST)
        assert asked.result(timeout=60.0) == [FAST]


def test_a_what_if_that_is_the_patient_or_cannot_be_is_left_out():
    now = AsItStands()
    for nothing in (Scenario(name="What-if"), None):
        now.stand(nothing)
        assert now.scenarios() == []
