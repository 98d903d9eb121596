import numpy as np
import pytest

from twin_core.circuit import solve_periodic
from twin_core.learning.clip_samples import measured, render_patient, render_patients
from twin_core.learning.plausible_beat import EF_PCT, plausible_beat
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


@pytest.mark.parametrize("number", range(6))
@pytest.mark.parametrize("long", [False, True])
def test_what_is_true_of_a_patient_is_kept(number, long):
    p = render_patient((19, number), long=long)
    steady = solve_periodic(p.circuit)
    if not long:
        assert p.heart_rate_bpm == steady.heart_rate_bpm
        assert steady.esv_ml - 1 < p.volume_ml.min() and p.volume_ml.max() < steady.edv_ml + 1
    assert p.masks.shape == p.clip.frames.shape and p.volume_ml.shape == p.clip.time_s.shape
    assert np.corrcoef(p.masks.sum((1, 2)), p.volume_ml)[0, 1] > 0.98
    last, step = p.clip.time_s[-1], p.clip.time_s[1]
    reach = p.volume_ml.max() - p.volume_ml.min()
    for times, sign in ((p.end_diastoles_s, -1), (p.end_systoles_s, 1)):
        assert all(0 <= t <= last + step for t in times)
        for t in times:
            near = np.abs(p.clip.time_s - t)
            at, beside = near <= 1.01 * step, near < 0.15
            assert (sign * p.volume_ml[at]).min() <= (sign * p.volume_ml[beside]).min() + 0.05 * reach
    assert len(p.end_systoles_s) >= 1


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
