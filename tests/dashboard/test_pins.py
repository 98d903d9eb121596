"""Pinned what-ifs on the What-if page."""

import pytest

from tests.dashboard.session import on_screen, panel, pin, put
from twin_core.scenario import Scenario


def test_a_pinned_what_if_is_drawn_under_its_name_and_others_move_on(page):
    page.toggle(key="pump_on").set_value(True).run()
    pin(page, "Axial, middle speed")
    page.toggle(key="pump_on").set_value(False).run()
    loops = {line["beat"]: line for line in panel(page, "loop")["lines"] if not line["layer"]}
    assert list(loops) == ["Patient", "Axial, middle speed", "What-if"]
    twin = on_screen(page).twin
    expected = Scenario(name="x", pump="axial", speed_rpm=10_000.0).simulate(twin.circuit)
    assert max(loops["Axial, middle speed"]["x"]) == pytest.approx(expected.edv_ml, rel=2e-3)
    assert max(loops["What-if"]["x"]) == pytest.approx(max(loops["Patient"]["x"]), rel=1e-3)


def test_a_pin_of_the_other_circuit_says_so(page):
    pin(page, "As found")
    page.segmented_control(key="circuit").set_value("closed_loop").run()
    assert not page.exception
    assert [line["legend"] for line in panel(page, "loop")["lines"] if not line["layer"]][1] == "As found (left heart)"


def test_axes_hold_what_is_pinned(page):
    put(page, slider_initial_volume_ml=270.0)
    pin(page, "Full")
    page.button(key="reset").click().run()
    loop = panel(page, "loop")
    (full,) = [line for line in loop["lines"] if line["label"] == "Full"]
    assert max(full["x"]) < loop["x"]["span"][1]
    assert max(full["y"]) < loop["y"]["span"][1]
