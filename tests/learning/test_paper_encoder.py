import dataclasses

import numpy as np
import pytest
import torch

from twin_core.circuit import LEARNED, CircuitParameters
from twin_core.echo.clip import Clip
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.paper_encoder import (
    FRAMES,
    KIND,
    SIDE,
    STEP_S,
    PaperEncoder,
    TrainedPaperEncoder,
    clip_frames,
    describe,
)
from twin_core.learning.weights import Weights, WeightsError, load_weights, save_weights

RATE = LEARNED.index("heart_rate_bpm")


def numbered_clip(count, rate_hz=50.0, shape=(112, 112)):
    """Frame k has grey level k everywhere."""
    frames = np.repeat(np.arange(count, dtype=np.uint8), shape[0] * shape[1]).reshape(count, *shape)
    return Clip(
        frames=frames,
        time_s=np.arange(count) / rate_hz,
        cm_per_px=None,
        cm_per_px_source="unknown",
        sector=np.ones(shape, bool),
        format="rendered",
        sha256="",
    )


def saved(path, **changes):
    network = PaperEncoder(40.0, 50.0)
    config = {**describe(network), **changes}
    save_weights(path, Weights(kind=KIND, config=config, training={}, tensors=network.state_dict()))
    return network


def test_the_network_is_the_published_one():
    network = PaperEncoder()
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv3d)]
    assert [c.out_channels for c in convolutions] == [8, 16, 32, 64, 128]
    assert [c.kernel_size for c in convolutions] == [(3, 3, 3)] * 5
    assert sum(isinstance(m, torch.nn.BatchNorm3d) for m in network.modules()) == 5
    assert [m.out_features for m in network.head if isinstance(m, torch.nn.Linear)] == [512, 7]


def test_outputs_stay_in_bounds_whatever_comes_in():
    torch.manual_seed(0)
    network = PaperEncoder(30.0, 40.0).eval()
    with torch.no_grad():
        for weight in network.head.parameters():
            weight.mul_(300.0)
        values = network(torch.randint(0, 256, (3, FRAMES, SIDE, SIDE), dtype=torch.uint8)).double().numpy()
    slack = 1e-5 * (UPPER - LOWER)
    assert ((values >= LOWER - slack) & (values <= UPPER + slack)).all()
    assert values.std(0).max() > 0  # not one constant


def test_the_beats_length_is_an_output_scaled_between_its_own_bounds():
    network = PaperEncoder().eval()
    with torch.no_grad():
        for weight in network.head[-1].parameters():
            weight.zero_()  # every sigmoid at one half
        values = network(torch.zeros(1, FRAMES, SIDE, SIDE))[0].numpy()
    assert values[RATE] == pytest.approx(60.0 / ((60.0 / LOWER[RATE] + 60.0 / UPPER[RATE]) / 2), rel=1e-5)
    others = np.delete(values, RATE)
    assert others == pytest.approx(np.delete((LOWER + UPPER) / 2, RATE), rel=1e-5)


def test_frames_are_taken_at_a_fixed_step_whatever_the_frame_rate():
    for rate in (20.0, 50.0, 80.0):
        seen = clip_frames(numbered_clip(200, rate))[:, 5, 5]
        assert seen.shape == (FRAMES,)
        assert seen == pytest.approx(np.arange(FRAMES) * STEP_S * rate, abs=0.51)
    longer = clip_frames(numbered_clip(200, 20.0), 45)[:, 5, 5]
    assert longer == pytest.approx(np.arange(45), abs=0.51)


def test_a_short_clip_is_played_back_and_forth():
    seen = clip_frames(numbered_clip(11, 20.0))[:, 5, 5].astype(int)
    assert seen[:11].tolist() == list(range(11))
    assert seen[10:21].tolist() == list(range(10, -1, -1))
    assert np.abs(np.diff(seen)).max() == 1


def test_other_picture_sizes_are_brought_to_the_networks():
    assert clip_frames(numbered_clip(40, shape=(300, 400))).shape == (FRAMES, SIDE, SIDE)


def test_a_trained_network_gives_a_circuit_by_name(tmp_path):
    saved(tmp_path / "paper.safetensors")
    encoder = TrainedPaperEncoder.load(tmp_path / "paper.safetensors", "cpu")
    assert not encoder.network.training
    assert float(encoder.network.grey_mean) == 40.0
    values = encoder.encode(numbered_clip(60))
    assert tuple(values) == LEARNED
    CircuitParameters(**values)  # refuses what is out of bounds
    assert encoder.encode(numbered_clip(60)) == values
    moved = dataclasses.replace(numbered_clip(60), frames=255 - numbered_clip(60).frames)
    assert encoder.encode(moved) != values


def test_weights_for_another_input_or_bounds_are_refused(tmp_path):
    path = tmp_path / "paper.safetensors"
    saved(path, input={"frames": [16, 112, 112]})
    with pytest.raises(WeightsError, match=r"16.*30.*--architecture paper"):
        TrainedPaperEncoder.load(path, "cpu")
    saved(path)
    bounds = [list(row) for row in load_weights(path, KIND).config["bounds"]]
    bounds[2] = ["emax_mmhg_per_ml", 0.5, 30.0]
    saved(path, bounds=bounds)
    with pytest.raises(WeightsError, match=r"emax_mmhg_per_ml.*30\.0.*3\.5"):
        TrainedPaperEncoder.load(path, "cpu")
