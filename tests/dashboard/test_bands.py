"""Which band belongs to which what-if, and how it is made."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import Patient
from tests.dashboard.session import on_screen, put, say, told, upload
from twin_core.scenario import Scenario


def stamps(patients, what_ifs):
    import streamlit as st

    from dashboard import bands

    st.session_state["found"] = [[bands.stamp(one, what_if) for what_if in what_ifs] for one in patients]


def test_a_band_is_named_after_patient_draws_and_what_if(twin):
    def patient(draws):
        one = twin.model_copy(update={"posterior_draws": draws})
        return Patient(twin=one, beat=beat, preview=None, origin="twin file")

    beat = twin.simulate()
    patients = [patient({"systemic_resistance": [value] * 20}) for value in (0.9, 1.1)] + [patient({})]
    what_ifs = [Scenario(name="What-if"), Scenario(name="What-if", changes={"systemic_resistance": 1.4})]
    app = AppTest.from_function(stamps, args=(patients, what_ifs), default_timeout=240).run()
    assert not app.exception
    first, other, without = app.session_state["found"]
    assert len({*first, *other}) == 4, "no two of them share a band"
    assert all(len(one) == 16 for one in first)
    assert without == ["", ""], "without draws there is none"


def ask_until_done(page):
    """What a browser does while the sliders rest; how many slices it took."""
    for slices in range(1, 2000):
        band = told(page, "band")
        if band["done"]:
            return slices - 1
        say(page, "band", {"asked": [band["stamp"], band["slice"] + 1]})
    raise AssertionError("the band is never done")


def test_the_band_is_made_in_slices_and_belongs_to_what_is_drawn(page):
    first = told(page, "band")
    assert (first["done"], first["band"], first["slice"]) == (False, None, 0), "nothing of it holds up the page"
    assert first["stamp"] == told(page, "results")["stamp"] != ""
    say(page, "band", {"asked": ["something else", 1]})
    assert told(page, "band")["slice"] == 0, "an answer to an older question makes nothing"
    assert ask_until_done(page) >= 1
    band = told(page, "band")["band"]
    (lv,) = [one for one in band["bands"]["pressures"] if one["label"] == "LV"]
    assert len(lv["low"]) == len(lv["high"]) == 101
    assert all(low <= high for low, high in zip(lv["low"], lv["high"], strict=True))
    beat = on_screen(page).beat
    assert lv["step"] * 100 == pytest.approx(60 / beat.heart_rate_bpm)
    assert min(lv["high"]) < beat.lv_peak_pressure_mmhg < 1.5 * max(lv["high"])
    assert "draws:</b> EDV" in band["words"]
    assert "pump flow" not in band["words"]

    put(page, slider_systemic_resistance=1.5)
    again = told(page, "band")
    assert again["stamp"] == told(page, "results")["stamp"] != first["stamp"]
    assert (again["done"], again["band"]) == (False, None), "another what-if, another band"


def test_a_twin_without_draws_has_no_band(page):
    assert 'class="note live-intervals"' in told(page, "results")["table"]
    twin = on_screen(page).twin.model_copy(update={"posterior_draws": {}})
    upload(page, "twin.json", twin.to_json().encode())
    assert told(page, "results")["stamp"] == ""
    assert "live-intervals" not in told(page, "results")["table"], "a twin without draws promises no intervals"
    assert not [one for one in page.get("bidi_component") if one.proto.id.endswith("-band")]
