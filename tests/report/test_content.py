from twin_core.circuit import pumps
from twin_core.ramp import Targets, missed_targets, ramp_study
from twin_core.report.content import index_rows


def test_the_table_marks_what_the_ramp_judges(twin):
    """Both say where a beat on a pump misses its targets: the ramp in words, the table with a mark."""
    study = ramp_study(twin.circuit_in("closed_loop"), pumps.get("heartmate3"))
    patient = study.steps[0].beat
    stricter = Targets(mean_pressure_low_mmhg=90.0, mean_pressure_high_mmhg=95.0, wedge_pressure_mmhg=5.0)
    verdicts = []
    for aims in (Targets(), stricter):
        for step in study.steps:
            rows = index_rows({"Patient": patient, "A": step.beat}, aims)
            marked = [row["label"] for row in rows if row["cells"][0]["missed"]]
            reasons = [one for one in missed_targets(step.beat, aims) if not one.startswith("suction")]
            assert len(marked) == len(reasons), (step.speed_rpm, marked, reasons)
            verdicts.append(bool(marked))
    assert any(verdicts) and not all(verdicts)
