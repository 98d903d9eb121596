import dataclasses
from pathlib import Path

import numpy as np
import pytest
import torch

from twin_core.circuit import LEARNED, CircuitParameters, solve_periodic
from twin_core.echo.clip import Clip, read_clip
from twin_core.echo.volumes import measure
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.encoder import DEFAULT_WEIGHTS, Encoder, EncoderNetwork
from twin_core.learning.one_beat import CURVE, PICTURES, SIDE
from twin_core.learning.segmenter import Segmenter
from twin_core.learning.weights import Weights, WeightsError, load_weights, save_weights

REAL = Path(__file__).parents[3] / "shared" / "real_echo"
VOLUMES = [(120, 45), (95, 35), (200, 150), (75, 30), (260, 215)]


@pytest.fixture(scope="module")
def encoder():
    return Encoder.load(device="cpu")


@pytest.fixture(scope="module")
def beating():
    """A clip with an ellipse that beats at 75 bpm, its masks and their measurement."""
    time = np.arange(80) / 40.0
    rows, columns = np.mgrid[:112, :112]
    size = 1.0 + 0.12 * np.cos(2 * np.pi * time / 0.8)
    inside = ((rows - 50) / 36.0) ** 2 + ((columns - 56) / 20.0) ** 2 < size[:, None, None] ** 2
    clip = Clip(
        frames=np.where(inside, 30, 160).astype(np.uint8),
        time_s=time,
        cm_per_px=(0.13, 0.13),
        cm_per_px_source="depth_given",
        sector=np.ones((112, 112), bool),
        format="rendered",
        sha256="",
    )
    masks = inside.astype(np.uint8)
    return clip, masks, measure(masks, time, clip.cm_per_px, clip.sector)


def simulated(values):
    return solve_periodic(CircuitParameters(**values))


@pytest.mark.parametrize(("edv", "esv"), VOLUMES)
def test_the_twins_circuit_beats_as_measured(encoder, beating, edv, esv):
    clip, masks, measurement = beating
    values = encoder.encode(clip, masks, dataclasses.replace(measurement, edv_ml=float(edv), esv_ml=float(esv)))
    beat = simulated(values)
    assert beat.status == "periodic"
    assert beat.edv_ml == pytest.approx(edv, rel=0.05)
    assert beat.ejection_fraction_pct == pytest.approx(100 * (edv - esv) / edv, abs=3.0)
    assert beat.heart_rate_bpm == measurement.heart_rate_bpm


def test_names_order_and_repeatability(encoder, beating):
    first, again = encoder.encode(*beating), encoder.encode(*beating)
    assert tuple(first) == LEARNED
    assert first == again


def test_heart_rate_is_the_measured_one_to_the_last_digit_and_clipped_to_its_bounds(encoder, beating):
    clip, masks, measurement = beating
    rates = [
        encoder.encode(clip, masks, dataclasses.replace(measurement, heart_rate_bpm=rate))["heart_rate_bpm"]
        for rate in (88.14795713305432, 400.0, 1.0)
    ]
    assert rates == [88.14795713305432, UPPER[0], LOWER[0]]


@pytest.mark.parametrize(
    "odd",
    [
        {"edv_ml": 1e6, "esv_ml": 1.0},
        {"edv_ml": 2.0, "esv_ml": 1.9},
        {"edv_ml": 900.0, "esv_ml": 890.0},
        {"heart_rate_bpm": 400.0},
        {"heart_rate_bpm": 1.0},
    ],
)
def test_bounds_hold_and_the_circuit_runs_for_volumes_no_heart_has(encoder, beating, odd):
    clip, masks, measurement = beating
    values = encoder.encode(clip, masks, dataclasses.replace(measurement, **odd))
    assert simulated(values).status == "periodic"  # CircuitParameters refuses what is out of bounds


def test_bounds_hold_for_garbage_pictures_and_any_weights():
    torch.manual_seed(0)
    network = EncoderNetwork()
    with torch.no_grad():
        for weight in network.parameters():
            weight.mul_(50.0)
    pictures = torch.randint(0, 256, (8, 2, PICTURES, SIDE, SIDE), dtype=torch.uint8)
    measured = torch.tensor([[1e-3, 1e-4, 1e5]] * 4 + [[1e7, 1.0, 1e-3]] * 4)
    values = network(network.look(pictures), 100 * torch.randn(8, CURVE), measured).detach().double().numpy()
    slack = 1e-6 * (UPPER - LOWER)  # encode clips off what single precision rounds past a bound
    assert ((values >= LOWER - slack) & (values <= UPPER + slack)).all()


def test_before_training_the_network_gives_the_reference_values():
    network = EncoderNetwork()
    measured = torch.tensor([[120.0, 50.0, 75.0]])
    found = network(torch.zeros(1, 64), torch.ones(1, CURVE), measured)[0].detach().numpy()
    reference = np.array([getattr(CircuitParameters(), name) for name in LEARNED])
    assert found == pytest.approx(reference, abs=0.06 * (UPPER - LOWER).max(), rel=0.6)
    assert (np.abs(found - reference) < 0.1 * (UPPER - LOWER)).all()


def test_a_measurement_without_a_rate_is_refused(encoder, beating):
    clip, masks, measurement = beating
    with pytest.raises(ValueError, match="no heart rate"):
        encoder.encode(clip, masks, dataclasses.replace(measurement, heart_rate_bpm=None, heart_rate_reason="short"))


def test_weights_for_other_bounds_or_input_are_refused(tmp_path):
    good = load_weights(DEFAULT_WEIGHTS, "encoder")
    bounds = [list(row) for row in good.config["bounds"]]
    bounds[6] = ["unstressed_volume_ml", 4.0, 16.0]
    for changed, message in (
        ({"bounds": bounds}, r"unstressed_volume_ml.*16\.0.*24\.0.*train encoder"),
        ({"input": {"curve": 8}}, r"'curve': 8.*'curve': 32.*train encoder"),
    ):
        path = tmp_path / "other.safetensors"
        save_weights(
            path, Weights(kind="encoder", config={**good.config, **changed}, training={}, tensors=good.tensors)
        )
        with pytest.raises(WeightsError, match=message):
            Encoder.load(path, "cpu")


def test_the_shipped_network_is_small_and_frozen(encoder):
    assert sum(p.numel() for p in encoder.network.parameters()) < 1_000_000
    assert not encoder.network.training
    assert not any(p.requires_grad for p in encoder.network.parameters())


@pytest.mark.skipif(not REAL.is_dir(), reason="the real clips are not beside this checkout (../shared/real_echo)")
@pytest.mark.parametrize("name", ["normal.avi", "low_ef.avi", "arrhythmia.avi"])
def test_twins_of_real_clips_beat_as_measured(encoder, name):
    clip = read_clip(REAL / name)
    masks = Segmenter.load(device="cpu").segment(clip.frames[:120], clip.sector, clip.time_s[:120])
    clip = dataclasses.replace(clip, frames=clip.frames[:120], time_s=clip.time_s[:120])
    measurement = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
    beat = simulated(encoder.encode(clip, masks, measurement))
    assert beat.ejection_fraction_pct == pytest.approx(100 * (1 - measurement.esv_ml / measurement.edv_ml), abs=4.0)
    assert beat.edv_ml == pytest.approx(measurement.edv_ml, rel=0.05)
