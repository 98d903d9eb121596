"""Which band belongs to which what-if."""

from streamlit.testing.v1 import AppTest

from dashboard.reading import Patient
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
