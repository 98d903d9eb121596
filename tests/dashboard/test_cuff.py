"""A cuff pressure typed on the Patient page."""

import pytest

from tests.dashboard.session import enter, go, html, on_screen, open_app, pin


def test_a_cuff_pressure_recalibrates_the_twin_everywhere_and_can_be_undone():
    app = open_app("Patient")
    found = on_screen(app).twin
    enter(app, 112, 74, 80)
    moved = on_screen(app)
    assert moved.beat.systolic_pressure_mmhg == pytest.approx(112, abs=6)
    assert moved.beat.diastolic_pressure_mmhg == pytest.approx(74, abs=6)
    assert moved.beat.heart_rate_bpm == pytest.approx(80)
    assert "Recalibrated" in html(app, "<h1>")
    assert "Systemic resistance" in html(app, "twin-table moves")
    assert "112" in html(app, "twin-table comparison")
    assert moved.twin.measured.systolic_pressure_mmhg == 112
    assert moved.twin.posterior_draws != found.posterior_draws, "the intervals know the cuff"
    assert not any("set that by the cuff" in caution for caution in moved.twin.quality.reasons)

    go(app, "What-if")
    assert app.session_state["resting"].mean_arterial_pressure_mmhg == moved.beat.mean_arterial_pressure_mmhg
    go(app, "Patient")
    assert app.number_input(key="systolic_mmhg").value == 112, "what was entered is still there"
    app.button(key="cuff_undo").click().run()
    assert on_screen(app).twin == found
    assert on_screen(app).recalibration is None
    assert "Recalibrated" not in html(app, "<h1>")


def test_another_depth_keeps_cuff_pressure_and_pins():
    app = open_app()
    pin(app, "Before")
    go(app, "Patient")
    enter(app, 112, 74)
    before = on_screen(app).twin.measured.edv_ml
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert not app.exception
    after = on_screen(app)
    assert after.twin.measured.edv_ml != before
    assert after.recalibration.readings == {"systolic_pressure_mmhg": 112, "diastolic_pressure_mmhg": 74}
    assert after.recalibration.wanted["edv_ml"] == after.twin.measured.edv_ml
    assert [one.scenario.name for one in app.session_state["pinned"]] == ["Before"]


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ((90, 110, None), "not under the systolic"),
        ((700, None, None), "not between 40 and 300"),
        ((None, None, 900), "not between 35 and 150"),
        ((None, None, None), "nothing was entered"),
    ],
)
def test_bad_entries_are_refused_in_words_and_lose_nothing(entries, says):
    app = open_app("Patient")
    enter(app, 118, 76)
    before = on_screen(app)
    enter(app, *entries)
    (error,) = app.error
    assert says in error.value.replace("\\", "")
    assert "The twin is unchanged" in error.value
    assert on_screen(app) is before
    assert [app.number_input(key=key).value for key in ("systolic_mmhg", "diastolic_mmhg", "pulse_bpm")] == list(
        entries
    )
    enter(app, 118, 76)
    assert not app.error
