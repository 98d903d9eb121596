import numpy as np
import pytest
import torch

from twin_core.echo.phantom import Phantom, render_clip
from twin_core.learning import rendered_frames
from twin_core.learning.distributed import Group
from twin_core.learning.plausible_beat import plausible_beat
from twin_core.learning.rendered_frames import (
    EXTREMES,
    FRAMES_A_PATIENT,
    batch_of,
    render_patient,
    render_patients,
    shown_frames,
    volume_curve,
)


@pytest.fixture(scope="module")
def patients():
    return render_patients(seed=5, count=4, workers=1)


def test_rendering_does_not_depend_on_workers(patients):
    for one, other in zip(patients[:2], render_patients(5, 2, workers=2), strict=True):
        assert np.array_equal(one.frames, other.frames) and np.array_equal(one.packed, other.packed)
    assert not np.array_equal(patients[0].frames, render_patient((6, 0)).frames)


def test_patient_beats(patients):
    sizes = [sum(p.mask(i).sum() for i in range(1)) for p in patients]
    assert min(sizes) > 100
    for p in patients:
        areas = [int(p.mask(i).sum()) for i in range(len(p.frames))]
        assert max(areas) > 1.05 * min(areas)


def test_a_share_of_patients_follows_circuits_beats(monkeypatch):
    seen = []

    def recorded(volume, time, phantom):
        seen.append((volume, time, phantom.anatomy))
        return render_clip(volume, time, phantom)

    monkeypatch.setattr(rendered_frames, "render_clip", recorded)
    for i in range(3):
        render_patient((5, i), circuits_share=1.0)
    for i, (volume, time, anatomy) in enumerate(seen):
        rng = np.random.default_rng((5, i))
        rng.random()  # whether it is a circuit's
        beat = plausible_beat(rng)
        assert (anatomy.edv_ml, anatomy.esv_ml) == pytest.approx((beat.edv_ml, beat.esv_ml))
        expected = np.interp(time % (60.0 / beat.heart_rate_bpm), beat.time_s, beat.lv_volume_ml)
        assert volume == pytest.approx(expected, abs=1e-6)
    seen.clear()
    render_patients(5, 12, workers=1, circuits_share=0.5)
    drawn = [anatomy for _, _, anatomy in seen]
    alone = [Phantom.sample(rng_after_the_choice(i), size=112).anatomy for i in range(12)]
    assert 0 < sum(a == b for a, b in zip(drawn, alone, strict=True)) < 12


def rng_after_the_choice(number):
    rng = np.random.default_rng((5, number))
    rng.random()
    return rng


def test_volume_curve_goes_from_edv_to_esv_and_back():
    rng = np.random.default_rng(0)
    curve = volume_curve(rng, np.linspace(0, 2, 400), 140.0, 60.0)
    assert curve[0] == pytest.approx(140) and curve.min() == pytest.approx(60, abs=0.5)
    assert curve.max() <= 140.0 and 55 < np.argmin(curve[:200]) < 100


def test_batch_shows_frame_and_projections(patients):
    x, y, whose = batch_of(np.random.default_rng(0), patients, 0.0, 0.0, augment=False)
    assert x.shape == (4 * FRAMES_A_PATIENT, 5, 112, 112) and y.shape == (4 * FRAMES_A_PATIENT, 1, 112, 112)
    assert whose.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    frame, least, most = x[:, 0], x[:, 3], x[:, 4]
    assert torch.all(least <= frame) and torch.all(frame <= most)
    still, _, _ = batch_of(np.random.default_rng(0), patients, 1.0, 0.0, augment=False)
    assert torch.equal(still[:, 0], still[:, 4]) and still[:, 2].max() == 0


def test_contrasted_frames_are_nearly_empty_and_nearly_full(patients):
    for patient in patients:
        areas = np.array([patient.mask(i).sum() for i in range(len(patient.frames))])
        assert np.all(np.diff(areas[patient.by_area()]) >= 0)
        ranks = np.argsort(patient.by_area())
        for seed in range(8):
            empty, full = ranks[shown_frames(np.random.default_rng(seed), patient, 1.0)]
            assert empty < EXTREMES and full >= len(areas) - EXTREMES
    pairs = [shown_frames(np.random.default_rng(seed), patients[0], 0.0).tolist() for seed in range(40)]
    assert all(a != b for a, b in pairs) and len({i for pair in pairs for i in pair}) > 2 * EXTREMES


def test_processes_share_the_patients_among_them(patients):
    shares = [render_patients(5, 4, 1, Group(device=torch.device("cpu"), rank=rank, size=2)) for rank in (0, 1)]
    for share, own in zip(shares, (patients[::2], patients[1::2]), strict=True):
        assert all(np.array_equal(a.frames, b.frames) for a, b in zip(share, own, strict=True))
