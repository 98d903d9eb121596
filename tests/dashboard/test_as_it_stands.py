import threading
import time

from dashboard.as_it_stands import AsItStands
from twin_core.scenario import Scenario

FAST = Scenario(name="What-if", pump="axial", speed_rpm=12_000.0)


def test_a_file_asked_for_while_a_slider_moves_is_of_where_it_comes_to_rest():
    now = AsItStands()
    now.stand(Scenario(name="What-if", pump="axial", speed_rpm=9000.0))
    now.move()
    threading.Timer(0.6, now.stand, [FAST]).start()
    started = time.perf_counter()
    assert now.scenarios() == [FAST]
    assert time.perf_counter() - started >= 0.55


def test_a_what_if_that_is_the_patient_or_cannot_be_is_left_out():
    now = AsItStands()
    for nothing in (Scenario(name="What-if"), None):
        now.stand(nothing)
        assert now.scenarios() == []
