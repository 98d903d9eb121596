import numpy as np
import pytest

from twin_core.learning.clip_samples import EF_PCT, measured, plausible_beat, render_patient, render_patients
from twin_core.learning.segmenter import Segmenter


@pytest.fixture(scope="module")
def patient():
    return render_patient((3, 2))


def test_circuits_are_drawn_until_they_are_adults():
    beats = [plausible_beat(np.random.default_rng(i)) for i in range(8)]
    assert all(b.status == "periodic" for b in beats)
    assert all(50 <= b.edv_ml <= 350 and EF_PCT[0] <= b.ejection_fraction_pct <= EF_PCT[1] for b in beats)
    assert len({b.edv_ml for b in beats}) == 8


def test_a_patient_is_a_calibrated_clip_of_more_than_a_beat(patient):
    clip = patient.clip
    assert clip.frames.shape == (len(clip.time_s), 112, 112)
    assert clip.frames.std(0)[clip.sector].mean() > 3  # it moves
    assert clip.cm_per_px is not None
    assert patient.edv_ml > patient.esv_ml > 0
    assert 15 <= clip.frame_rate_hz <= 80


def test_the_same_number_gives_the_same_patient(patient):
    again = next(iter(list(render_patients(3, 3))[2:]))
    assert (again.clip.frames == patient.clip.frames).all()
    assert (again.edv_ml, again.esv_ml) == (patient.edv_ml, patient.esv_ml)


def test_the_pipeline_measures_rendered_patients_near_their_truth():
    segmenter = Segmenter.load(device="cpu")
    found = [measured(p, segmenter) for p in render_patients(11, 4)]
    usable = [p for p in found if p is not None]
    assert len(usable) >= 3
    for p in usable:
        assert p.beat.edv_ml == pytest.approx(p.true_edv_ml, rel=0.4)
    ef = [100 * (1 - p.beat.esv_ml / p.beat.edv_ml) for p in usable]
    true_ef = [100 * (1 - p.true_esv_ml / p.true_edv_ml) for p in usable]
    assert np.mean(np.abs(np.subtract(ef, true_ef))) < 15


def test_long_clips_hold_irregular_rhythms_too():
    patients = [render_patient((11, i), long=True) for i in range(6)]
    assert max(len(p.clip.frames) for p in patients) > 64
    assert all(p.edv_ml > p.esv_ml > 0 for p in patients)
    again = render_patient((11, 3), long=True)
    assert np.array_equal(again.clip.frames, patients[3].clip.frames)
