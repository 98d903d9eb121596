import numpy as np
import pydicom.examples
import pytest
import torch

from twin_core.echo.clip import read_clip
from twin_core.echo.phantom import Phantom, render_clip
from twin_core.echo.volumes import measure
from twin_core.learning.segmenter import (
    SIZE,
    WINDOW_FRAMES,
    Crop,
    Networks,
    Segmenter,
    UNet,
    clean,
    frames_to_read,
    network_input,
    normalise,
    prepared,
    projections,
)
from twin_core.learning.weights import ASSETS, Weights, WeightsError, save_weights


@pytest.fixture(scope="module")
def segmenter():
    return Segmenter.load(device="cpu")


def rendered(seed, beats=1):
    time = np.arange(beats * 20) / 25
    volume = 95 + 40 * np.cos(2 * np.pi * time / 0.8)
    phantom = Phantom.sample(np.random.default_rng(seed), edv_ml=135.0, esv_ml=55.0)
    return render_clip(volume, time, phantom)


def dice(a, b):
    return 2 * np.sum((a != 0) & (b != 0)) / max(np.sum(a != 0) + np.sum(b != 0), 1)


def test_network_is_small_and_keeps_the_image_size():
    network = UNet()
    assert network(torch.zeros(2, 5, SIZE, SIZE)).shape == (2, 1, SIZE, SIZE)
    assert sum(p.numel() for p in network.parameters()) < 1.2e6


def test_networks_answer_with_the_mean_of_their_logits():
    torch.manual_seed(0)
    parts = [UNet().eval() for _ in range(3)]
    x = torch.rand(2, 5, 32, 32)
    with torch.inference_mode():
        mean = (parts[0](x) + parts[1](x) + parts[2](x)) / 3
        assert torch.allclose(Networks(parts).eval()(x), mean, atol=1e-5)


@pytest.mark.parametrize(
    ("count", "step_s", "read"),
    [(7, 1 / 50, [0, 2, 4, 6]), (6, 1 / 80, [0, 3, 5]), (4, 1 / 30, [0, 1, 2, 3]), (1, 1 / 50, [0]), (2, 1.0, [0, 1])],
)
def test_of_a_fast_clip_not_every_frame_is_read_but_both_ends_are(count, step_s, read):
    assert frames_to_read(np.arange(count) * step_s) == read


def test_of_a_clip_that_slows_down_the_slow_part_is_read_whole():
    time = np.concatenate([np.arange(6) / 60, 0.1 + np.arange(4) / 15])
    assert frames_to_read(time) == [0, 2, 4, 6, 7, 8, 9]


def test_frames_between_those_that_are_read_get_what_lies_between(segmenter):
    clip = rendered(900_003, beats=2)
    slow, _ = segmenter.probabilities(clip.frames, clip.sector, clip.time_s)
    fast, _ = segmenter.probabilities(clip.frames, clip.sector, clip.time_s / 2)  # they are said to be twice as fast
    assert fast.shape == slow.shape and fast.dtype == slow.dtype
    assert dice(fast > 0.5, slow > 0.5) > 0.93


def test_shipped_weights_describe_themselves(segmenter):
    assert segmenter.weights.kind == "segmenter"
    assert segmenter.weights.training["data"] == "rendered clips only"
    assert {"seed", "steps", "patients", "test_dice"} <= set(segmenter.weights.training)
    assert len(segmenter.weights.training["seed_of_each"]) == segmenter.weights.config["networks"] > 1
    assert sum(path.stat().st_size for path in ASSETS.glob("*.safetensors")) <= 20e6  # what the project allows itself


def test_finds_the_cavity_of_rendered_clips_it_never_saw(segmenter):
    scores = []
    for seed in range(900_000, 900_008):
        clip = rendered(seed)
        scores.append(dice(segmenter.segment(clip.frames, clip.sector, clip.time_s), clip.masks))
    assert np.mean(scores) > 0.85


def test_same_input_same_contour_and_result_in_own_pixels(segmenter):
    clip = rendered(900_001)
    big = np.stack([np.kron(f, np.ones((3, 3), np.uint8)) for f in clip.frames[:16]])
    wide = np.pad(big, ((0, 0), (10, 0), (50, 90)))
    sector = np.pad(np.kron(clip.sector, np.ones((3, 3), bool)), ((10, 0), (50, 90)))
    found = segmenter.segment(wide, sector, clip.time_s[:16])
    assert found.shape == wide.shape and found.dtype == np.uint8 and set(np.unique(found)) <= {0, 1}
    assert not found[:, ~sector].any()
    small = segmenter.segment(clip.frames[:16], clip.sector, clip.time_s[:16])
    assert dice(found[:, 11::3, 51:387:3], small) > 0.93
    assert np.array_equal(found, segmenter.segment(wide, sector, clip.time_s[:16]))


def test_sample_clip_gives_ef_and_heart_rate(segmenter):
    clip = read_clip(pydicom.examples.get_path("ybr_color"))
    masks = segmenter.segment(clip.frames, clip.sector, clip.time_s)
    m = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    assert m.usable, m.reasons
    assert len(m.beats) == 1 and not m.rejected.any()  # the clip holds one whole beat
    assert 40 < m.ef_pct < 85 and 60 < m.edv_ml < 250
    assert 45 < m.heart_rate_bpm < 100
    assert not m.cautions


@pytest.mark.parametrize("kind", ["noise", "moving noise", "stripes", "black"])
def test_what_is_no_heart_is_unusable(segmenter, kind):
    rng = np.random.default_rng(0)
    sector = rendered(1).sector
    if kind == "noise":
        frames = np.repeat(rng.integers(0, 255, (1, 112, 112), np.uint8), 40, 0)
    elif kind == "moving noise":
        frames = rng.integers(0, 255, (40, 112, 112)).astype(np.uint8)
    elif kind == "stripes":
        frames = np.stack([np.roll(np.tile(np.arange(112) % 16 * 16, (112, 1)), 3 * i, 1) for i in range(40)])
    else:
        frames = np.zeros((40, 112, 112))
    frames = frames.astype(np.uint8) * sector
    m = measure(segmenter.segment(frames, sector, np.arange(40) / 30), np.arange(40) / 30, None, sector)
    assert not m.usable


def test_crop_goes_and_comes_back():
    sector = np.zeros((200, 320), bool)
    sector[20:180, 40:300] = True
    crop = Crop.around(sector)
    assert crop.row == 20 and crop.side == 221
    image = np.zeros((200, 320), np.uint8)
    image[60:120, 140:200] = 255
    there = crop.cut(image)
    assert there.shape == (SIZE, SIZE)
    back = crop.paste(there.astype(np.float32) / 255, (200, 320)) > 0.5
    assert dice(back, image) > 0.97


def test_dim_clip_is_stretched_and_bright_clip_left_alone():
    sector = np.ones((20, 20), bool)
    ramp = np.tile(np.linspace(0, 100, 20).astype(np.uint8), (3, 20, 1))
    assert normalise(ramp, sector).max() == pytest.approx(255, abs=6)
    bright = np.tile(np.linspace(0, 255, 20).astype(np.uint8), (3, 20, 1))
    assert np.array_equal(normalise(bright, sector), bright)
    assert normalise(np.zeros_like(ramp), sector).max() == 0


def test_a_network_sees_the_square_brightened_and_black_outside_the_sector():
    rng = np.random.default_rng(1)
    frames, sector = rng.integers(0, 90, (3, 150, 130)).astype(np.uint8), np.zeros((150, 130), bool)
    sector[10:140, 20:110] = True
    crop = Crop.around(sector)
    seen = prepared(frames, sector, crop)
    assert np.array_equal(seen, [crop.cut(f) for f in normalise(frames * sector, sector)])
    assert seen[:, 60, 60].max() > 90 and seen[:, :, :8].max() == 0


def test_projections_are_those_of_about_a_beat_averaged_over_the_clip():
    rng = np.random.default_rng(0)
    beat = rng.integers(0, 255, (30, 4, 4)).astype(np.uint8)
    seen = network_input(np.tile(beat, (5, 1, 1)), 1 / 30)
    assert seen.shape == (150, 5, 4, 4)
    assert np.array_equal(seen[:, 0], np.tile(beat, (5, 1, 1)))
    assert np.all(seen[:, 1:] == seen[0, 1:]), "every frame has the same context"
    shorter = beat[:20]
    whole = projections(shorter[np.linspace(0, 19, WINDOW_FRAMES).round().astype(int)])
    assert np.array_equal(network_input(shorter, 1 / 30)[0, 1:], whole), "a clip of a beat is one window"
    assert network_input(beat[:1], 0.03)[0, 2].max() == 0, "one frame has no spread"


def test_a_clip_that_drifts_is_projected_beat_by_beat_not_over_all_of_it():
    dark, bright = np.full((90, 4, 4), 50, np.uint8), np.full((90, 4, 4), 150, np.uint8)
    seen = network_input(np.concatenate([dark, bright]), 1 / 30)[0]
    assert seen[3].min() > 50 and seen[4].max() < 150, "minimum and maximum of a window, not of the clip"
    assert seen[1] == pytest.approx(np.full((4, 4), 100), abs=2)
    assert seen[2].max() < 100, "most windows saw no change"


def test_clean_keeps_the_largest_part_without_holes():
    mask = np.zeros((30, 30), bool)
    mask[5:20, 5:20] = True
    mask[10:12, 10:12] = False
    mask[25:28, 25:28] = True
    cleaned = clean(mask)
    assert cleaned.sum() == 15 * 15 and cleaned[11, 11] == 1 and cleaned[26, 26] == 0
    assert clean(np.zeros((5, 5), bool)).sum() == 0


def test_clean_keeps_to_the_place_where_the_clip_has_the_cavity():
    mask, place = np.zeros((2, 30, 30), bool)
    mask[5:20, 3:12] = mask[8:14, 20:26] = True
    place[6:16, 18:27] = True
    cleaned = clean(mask, place)
    assert cleaned.sum() == 6 * 6 and cleaned[10, 22] == 1
    assert clean(mask & ~place, place).sum() == 0


def test_bad_input_is_named(segmenter, tmp_path):
    good, time = np.zeros((3, 20, 20), np.uint8), np.arange(3) / 30
    with pytest.raises(ValueError, match="frames must be uint8"):
        segmenter.segment(good.astype(float), np.ones((20, 20), bool), time)
    with pytest.raises(ValueError, match="sector must be bool"):
        segmenter.segment(good, np.ones((10, 20), bool), time)
    with pytest.raises(ValueError, match="sector is empty"):
        segmenter.segment(good, np.zeros((20, 20), bool), time)
    for wrong in (time[:2], time[::-1], 0 * time):
        with pytest.raises(ValueError, match="time_s must increase"):
            segmenter.segment(good, np.ones((20, 20), bool), wrong)
    with pytest.raises(WeightsError, match="no weight file"):
        Segmenter.load(tmp_path / "no.safetensors")
    config = {"inputs": 5, "channels": [8, 24]}
    save_weights(tmp_path / "old.safetensors", Weights(kind="segmenter", config=config, training={}, tensors={}))
    with pytest.raises(WeightsError, match="holds another network than this software builds"):
        Segmenter.load(tmp_path / "old.safetensors")
