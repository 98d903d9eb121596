import cv2
import numpy as np
import pydicom.examples
import pytest
import torch

from twin_core.echo.clip import read_clip
from twin_core.echo.phantom import Phantom, render_clip
from twin_core.learning.segmenter import SIZE
from twin_core.learning.view import DEFAULT_WEIGHTS, MOMENTS, VIEWS, View, ViewNetwork, ViewReader, moments
from twin_core.learning.weights import WeightsError

STEP = 1 / 25


@pytest.fixture(scope="module")
def reader():
    return ViewReader.load(device="cpu")


@pytest.fixture(scope="module")
def clips():
    """Rendered clips of patients that no training set holds."""
    time = np.arange(24) * STEP
    volume = 95 + 40 * np.cos(2 * np.pi * time / 0.8)
    return [
        render_clip(volume, time, Phantom.sample(np.random.default_rng([910_000, i]), edv_ml=135.0, esv_ml=55.0))
        for i in range(12)
    ]


def share(**given):
    return dict.fromkeys(VIEWS, 0.0) | given


def test_network_is_small():
    network = ViewNetwork().eval()
    assert network(torch.zeros(2, 5, SIZE, SIZE)).shape == (2, len(VIEWS))
    assert sum(p.numel() for p in network.parameters()) < 4e5


def test_shipped_weights_describe_themselves(reader):
    assert reader.weights.kind == "view"
    assert reader.weights.training["data"] == "rendered clips only"
    assert reader.weights.config["views"] == list(VIEWS)
    assert DEFAULT_WEIGHTS.stat().st_size < 2e6


def test_rendered_hearts_upright_are_told_from_turned_ones(reader, clips):
    upright = [reader.read(c.frames, c.sector, STEP).usable for c in clips]
    assert np.mean(upright) >= 0.9
    for quarters in (1, 2, 3):
        turned = [reader.read(np.rot90(c.frames, quarters, (1, 2)), np.rot90(c.sector, quarters), STEP) for c in clips]
        assert np.mean([not view.usable for view in turned]) >= 0.9
        assert np.mean([max(view.share, key=view.share.get) == "turned" for view in turned]) >= 0.75


def test_rendered_hearts_mirrored_are_mostly_told(reader, clips):
    mirrored = [reader.read(c.frames[:, :, ::-1], c.sector[:, ::-1], STEP) for c in clips]
    assert np.mean([not view.usable for view in mirrored]) >= 0.7


def test_the_real_sample_is_usable_and_its_turned_versions_are_not(reader):
    clip = read_clip(pydicom.examples.get_path("ybr_color"))
    frames = clip.sector_frames()
    top, bottom, left, right = clip.crop_box
    sector = clip.sector[top:bottom, left:right]
    assert reader.read(frames, sector, 1 / clip.frame_rate_hz).usable
    for quarters in (1, 2, 3):
        view = reader.read(np.rot90(frames, quarters, (1, 2)), np.rot90(sector, quarters), 1 / clip.frame_rate_hz)
        assert not view.usable


def test_what_is_no_heart_is_refused(reader):
    rng = np.random.default_rng(0)
    whole = np.ones((112, 112), bool)
    moving_disc = np.full((30, 112, 112), 90, np.uint8)
    for i, frame in enumerate(moving_disc):
        cv2.circle(frame, (30 + i, 56), 12, 0, -1)
    for frames in (rng.integers(0, 255, (30, 112, 112)).astype(np.uint8), moving_disc):
        assert not reader.read(frames, whole, STEP).usable


def test_moments_are_frames_with_their_beat(clips):
    clip = clips[0]
    seen = moments(clip.frames, clip.sector, STEP)
    assert seen.shape == (MOMENTS, 5, SIZE, SIZE) and seen.dtype == np.uint8
    assert np.all(seen[:, 3] <= seen[:, 0]) and np.all(seen[:, 0] <= seen[:, 4])
    one = moments(clip.frames[:1], clip.sector, STEP)
    assert one.shape == (1, 5, SIZE, SIZE) and one[0, 2].max() == 0


def test_reasons_say_what_was_seen_the_value_and_the_remedy():
    assert View(share=share(four_chamber=0.97)).reasons == ()
    for name, word in (("turned", "turned"), ("mirrored", "mirrored"), ("cut_off", "cut off"), ("other", "no apical")):
        (reason,) = View(share=share(four_chamber=0.04, **{name: 0.9})).reasons
        assert word in reason and "4%" in reason and "90%" in reason
        assert "give" in reason or "flip" in reason


def test_same_clip_same_view(reader, clips):
    first, again = (reader.read(clips[1].frames, clips[1].sector, STEP) for _ in range(2))
    assert first == again


def test_bad_input_is_named(reader, tmp_path):
    with pytest.raises(ValueError, match="sector is empty"):
        reader.read(np.zeros((3, 20, 20), np.uint8), np.zeros((20, 20), bool), STEP)
    with pytest.raises(WeightsError, match="train view"):
        ViewReader.load(tmp_path / "no.safetensors")
