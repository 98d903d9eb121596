import numpy as np
import pytest
import torch

from twin_core.learning.train_view import Settings, train
from twin_core.learning.view import VIEWS, ViewReader
from twin_core.learning.weights import load_weights


def test_training_learns_repeats_and_describes_itself(tmp_path):
    settings = Settings(seed=5, patients=6, others=4, test_patients=5, steps=30, patients_a_step=3, others_a_step=3)
    lines = []
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        first = train(tmp_path / "a.safetensors", settings, device="cpu", report=lines.append)
        second = train(tmp_path / "b.safetensors", settings, device="cpu", report=lines.append)
    finally:
        torch.set_num_threads(threads)
    assert first["final_loss"] == second["final_loss"]
    a, b = (load_weights(tmp_path / f"{name}.safetensors", "view") for name in "ab")
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
    assert a.training["seed"] == 5 and a.training["steps"] == 30 and a.config["views"] == list(VIEWS)
    assert first["final_loss"] < np.log(len(VIEWS))  # mean of all thirty steps: a guess has the logarithm of five
    assert set(first) >= {f"test_{name}" for name in ("four_chamber", "turned", "mirrored", "other")}
    assert all(0 <= first[name] <= 1 for name in first if name.startswith("test_"))
    assert "saved" in lines[-1]
    assert ViewReader.load(tmp_path / "a.safetensors", "cpu").weights.training["patients"] == 6


def test_a_device_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ValueError, match="choose auto, cpu or cuda"):
        train(tmp_path / "x.safetensors", Settings(), device="tpu")
