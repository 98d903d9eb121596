import numpy as np
import pytest
import torch

from twin_core.learning.segmenter import UNet
from twin_core.learning.train_segmenter import (
    FRAMES_A_PATIENT,
    Settings,
    batch_of,
    loss_of,
    render_patient,
    render_patients,
    train,
    volume_curve,
)
from twin_core.learning.weights import load_weights


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


def test_volume_curve_goes_from_edv_to_esv_and_back():
    rng = np.random.default_rng(0)
    curve = volume_curve(rng, np.linspace(0, 2, 400), 140.0, 60.0)
    assert curve[0] == pytest.approx(140) and curve.min() == pytest.approx(60, abs=0.5)
    assert curve.max() <= 140.0 and 55 < np.argmin(curve[:200]) < 100


def test_batch_shows_frame_and_projections(patients):
    x, y = batch_of(np.random.default_rng(0), patients, still_share=0.0, augment=False)
    assert x.shape == (4 * FRAMES_A_PATIENT, 5, 112, 112) and y.shape == (4 * FRAMES_A_PATIENT, 1, 112, 112)
    frame, least, most = x[:, 0], x[:, 3], x[:, 4]
    assert torch.all(least <= frame) and torch.all(frame <= most)
    still, _ = batch_of(np.random.default_rng(0), patients, still_share=1.0, augment=False)
    assert torch.equal(still[:, 0], still[:, 4]) and still[:, 2].max() == 0


def test_loss_prefers_the_truth():
    mask = torch.zeros(2, 1, 32, 32)
    mask[:, :, 8:24, 8:24] = 1
    assert loss_of((mask - 0.5) * 20, mask) < 0.01 < loss_of(torch.zeros_like(mask), mask)
    assert loss_of((0.5 - mask) * 20, mask) > 5


def test_training_learns_repeats_and_describes_itself(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=5, patients_a_step=4)
    lines = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first = train(tmp_path / "a.safetensors", settings, device="cpu", patients=patients, report=lines.append)
        second = train(tmp_path / "b.safetensors", settings, device="cpu", report=lines.append)
    finally:
        torch.set_num_threads(threads)
    assert first["final_loss"] == second["final_loss"]
    a, b = (load_weights(tmp_path / f"{n}.safetensors", "segmenter") for n in "ab")
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
    assert a.training["seed"] == 5 and a.training["steps"] == 5
    UNet(a.config["inputs"], tuple(a.config["channels"])).load_state_dict(a.tensors)
    assert "test Dice" in lines[-1]
