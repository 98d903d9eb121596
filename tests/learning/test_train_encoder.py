import dataclasses

import numpy as np
import pytest
import torch

from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.clip_samples import MeasuredPatient
from twin_core.learning.encoder import Encoder, EncoderNetwork
from twin_core.learning.one_beat import CURVE, PICTURES, SIDE, OneBeat
from twin_core.learning.surrogate import Surrogate
from twin_core.learning.train_encoder import (
    FILE_NAME,
    Objective,
    PatientBatches,
    Settings,
    evaluate,
    train,
)
from twin_core.learning.weights import ASSETS, WeightsError, load_weights, save_weights

TINY = Settings(patients=6, test_patients=6, steps=6, batch=2, variants=4, channels=(4, 8), width=32)


def made_up_patients(count, seed):
    rng = np.random.default_rng(seed)
    patients = []
    for _ in range(count):
        edv, ef = float(rng.uniform(80, 200)), float(rng.uniform(0.2, 0.6))
        phase = np.arange(CURVE) / CURVE
        beat = OneBeat(
            pictures=rng.integers(0, 256, (2, PICTURES, SIDE, SIDE), dtype=np.uint8),
            curve=(1 - ef * np.sin(np.pi * phase) ** 2).astype(np.float32),
            edv_ml=edv,
            esv_ml=edv * (1 - ef),
            heart_rate_bpm=float(rng.uniform(50, 110)),
        )
        patients.append(MeasuredPatient(beat=beat, true_edv_ml=1.1 * edv, true_esv_ml=0.9 * edv * (1 - ef)))
    return patients


def tiny_training(folder, checkpoint_every=None, resume=False, report=lambda line: None, **changes):
    settings = dataclasses.replace(TINY, **changes)
    run = {"checkpoint_every": checkpoint_every, "resume": resume, "report": report}
    people = {"patients": made_up_patients(6, 0), "test": made_up_patients(6, 1)}
    return train(folder, settings, device="cpu", **run, **people)


def test_the_same_seed_gives_the_same_network(tmp_path):
    first, again = tiny_training(tmp_path / "a"), tiny_training(tmp_path / "b")
    other = tiny_training(tmp_path / "c", seed=1)
    assert first["final_loss"] == again["final_loss"] != other["final_loss"]
    a, b = (load_weights(tmp_path / x / FILE_NAME, "encoder").tensors for x in "ab")
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_training_brings_the_twins_volumes_to_the_clips(tmp_path):
    untrained = tiny_training(tmp_path / "a", steps=1, variants=16)
    trained = tiny_training(tmp_path / "b", steps=100, variants=16, learning_rate=8e-3)
    assert trained["final_loss"] < 0.6 * untrained["final_loss"]  # the mean of all hundred steps
    assert trained["ef_mae_points"] < 0.5 * untrained["ef_mae_points"]
    assert trained["edv_mae_ml"] < 0.5 * untrained["edv_mae_ml"]


def test_the_surrogate_passes_gradients_on_and_is_neither_trained_nor_saved():
    physics = Surrogate.load(device="cpu")
    before = {name: value.clone() for name, value in physics.state_dict().items()}
    network = EncoderNetwork(TINY.channels, TINY.width)
    objective = Objective(network, physics, dataclasses.replace(TINY, curve_weight=1.0)).train()
    objective(*PatientBatches(made_up_patients(4, 0), physics, TINY).batch()).backward()
    assert not physics.training
    assert all(p.grad is None for p in physics.parameters())
    assert all(torch.equal(before[name], value) for name, value in physics.state_dict().items())
    assert all(name.startswith("network.") for name in objective.state_dict())
    assert all((p.grad != 0).any() for p in network.parameters())


def test_half_precision_stops_before_the_volumes():
    physics = Surrogate.load(device="cpu")
    torch.manual_seed(0)
    objective = Objective(EncoderNetwork(TINY.channels, TINY.width), physics, TINY)
    batch = PatientBatches(made_up_patients(4, 0), physics, TINY).batch()
    whole = objective(*batch)
    with torch.autocast("cpu", torch.bfloat16):
        half = objective(*batch)
    assert half.dtype == torch.float32
    assert float(half) == pytest.approx(float(whole), rel=1e-3)


def test_a_run_resumed_from_its_checkpoint_gives_the_same_network(tmp_path):
    def crash(line):
        raise RuntimeError("killed")

    for name in "ab":
        (tmp_path / name).mkdir()
    whole = tiny_training(tmp_path / "a")
    with pytest.raises(RuntimeError, match="killed"):  # at the last step's report, two steps after the checkpoint
        tiny_training(tmp_path / "b", checkpoint_every=4, report=crash)
    lines = []
    resumed = tiny_training(tmp_path / "b", checkpoint_every=4, resume=True, report=lines.append)
    assert "resumed at step 4/6" in lines[0]
    assert resumed["final_loss"] == whole["final_loss"]
    a, b = (load_weights(tmp_path / x / FILE_NAME, "encoder").tensors for x in "ab")
    assert all(torch.equal(a[name], b[name]) for name in a)
    assert not list((tmp_path / "b").glob("*.checkpoint.pt"))  # of no use any more


@pytest.mark.parametrize("network", ["segmenter", "surrogate"])
def test_a_run_through_other_networks_is_not_gone_on_with(tmp_path, network):
    def crash(line):
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        tiny_training(tmp_path, checkpoint_every=4, report=crash)
    shipped = load_weights(ASSETS / f"{network}.safetensors", network)
    other = tmp_path / "other.safetensors"
    save_weights(other, dataclasses.replace(shipped, training={**shipped.training, "seed": 99}))
    people = {"patients": made_up_patients(6, 0), "test": made_up_patients(6, 1)}
    with pytest.raises(CheckpointError, match=f"is of a run with {network}"):
        train(tmp_path, TINY, device="cpu", checkpoint_every=4, resume=True, **people, **{network: other})
    with pytest.raises(WeightsError, match=r"none\.safetensors"):
        train(tmp_path, TINY, device="cpu", **people, **{network: tmp_path / "none.safetensors"})


def test_contour_targets_train_towards_the_true_volumes(tmp_path):
    tiny_training(tmp_path / "m", steps=60, variants=16, learning_rate=8e-3)
    tiny_training(tmp_path / "c", steps=60, variants=16, learning_rate=8e-3, targets="contour")
    physics, people = Surrogate.load(device="cpu"), made_up_patients(6, 1)
    errors = [
        evaluate(Encoder.load(tmp_path / x / FILE_NAME, "cpu").network, physics, people, "contour")["ef_mae_points"]
        for x in "mc"
    ]
    assert errors[1] < errors[0]
    commands = [load_weights(tmp_path / x / FILE_NAME, "encoder").training["command"] for x in "mc"]
    assert commands[1] == f"{commands[0]} --volumes contour"


def test_the_file_says_how_it_was_made(tmp_path):
    metrics = tiny_training(tmp_path)
    weights = load_weights(tmp_path / FILE_NAME, "encoder")
    assert weights.training["command"] == "python -m twin_core train encoder --out DIR --seed 0"
    assert weights.training["targets"] == "measured"
    assert weights.training["ef_mae_points"] == metrics["ef_mae_points"]
    assert weights.config["input"]["pictures"] == [2, PICTURES, SIDE, SIDE]


def test_no_patient_at_all_is_refused(tmp_path):
    with pytest.raises(ValueError, match="no rendered clip"):
        train(tmp_path, TINY, device="cpu", patients=[], test=[], report=lambda line: None)
