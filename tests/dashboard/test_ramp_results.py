"""What is kept of ramps, and what it is kept for."""

import pytest
from streamlit.testing.v1 import AppTest

from dashboard.reading import Patient


@pytest.fixture
def patient(twin):
    drawn = twin.model_copy(update={"posterior_draws": {"systemic_resistance": [0.9 + 0.01 * i for i in range(20)]}})
    return Patient(twin=drawn, beat=drawn.simulate(), preview=None, origin="twin file")


def session(script, **given):
    app = AppTest.from_function(script, kwargs=given, default_timeout=240).run()
    assert not app.exception
    return app.session_state["found"]


def page_report_page(patient):
    import streamlit as st

    from dashboard import ramp_results
    from twin_core.circuit import pumps

    def page():
        return ramp_results.solved(patient, pumps.get("heartmate3"), "five_state", [5000.0], with_draws=True)

    first = page()
    reports = [ramp_results.of_report(patient, pumps.get("heartmate2")).steps for _ in range(2)]
    st.session_state["found"] = first, reports, page()


def test_the_ramp_of_the_page_outlives_a_report_on_another_pump(patient):
    page, (report, again), later = session(page_report_page, patient=patient)
    assert later is page, "what took long is not solved again"
    assert all(one is other for one, other in zip(report, again, strict=True)), "nor is the report's"


def two_patients(patient, other):
    import streamlit as st

    from dashboard import ramp_results
    from twin_core.circuit import pumps

    settings = pumps.get("heartmate3"), "five_state", [5000.0]
    st.session_state["found"] = [
        [ramp_results.solved(one, *settings, with_draws=with_draws) for one in (patient, other)]
        for with_draws in (True, False)
    ]


def test_a_ramp_judged_on_draws_is_kept_for_those_draws(patient):
    draws = {"systemic_resistance": [0.5] * 20}
    other = Patient(
        twin=patient.twin.model_copy(update={"posterior_draws": draws}),
        beat=patient.beat,
        preview=None,
        origin="twin file",
    )
    (judged, judged_other), (alone, alone_other) = session(two_patients, patient=patient, other=other)
    assert judged[0].share_met is not None
    assert judged_other is not judged
    assert alone_other is alone, "without draws it is the same patient's"
