"""Training of a network that was killed goes on from its checkpoint to the same weights, whichever network it is."""

import re
from dataclasses import replace

import pytest
import torch

from twin_core.learning import train_posterior, train_surrogate, train_view
from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.datasets import open_dataset
from twin_core.learning.segmenter_settings import Settings
from twin_core.learning.train_segmenter import train as train_segmenter
from twin_core.learning.train_segmenters import train_networks
from twin_core.learning.weights import load_weights


def view(folder, **run):
    settings = train_view.Settings(patients=4, others=4, test_patients=3, steps=6, patients_a_step=2, others_a_step=2)
    train_view.train(folder / "view.safetensors", settings, device="cpu", **run)
    return folder / "view.safetensors"


def surrogate(folder, **run):
    settings = train_surrogate.Settings(samples=32, test_samples=16, steps=6, batch=16, width=16, depth=1)
    train_surrogate.train(folder, settings, device="cpu", **run)
    return folder / train_surrogate.FILE_NAME


def posterior(folder, **run):
    settings = train_posterior.Settings(
        samples=128, test_samples=16, steps=6, batch=32, transforms=1, hidden=(16,), narrowing_patients=3,
        narrowing_draws=10,
    )  # fmt: skip
    train_posterior.train(folder, settings, **run)
    return folder / train_posterior.FILE_NAME


def killed_at_the_end(line):
    if line.startswith("step 6/6"):  # two steps after the last checkpoint
        raise RuntimeError("killed")


@pytest.mark.parametrize("train", [view, surrogate, posterior])
def test_a_killed_run_resumes_to_the_same_weights(train, tmp_path):
    for name in "ab":
        (tmp_path / name).mkdir()
    whole = load_weights(train(tmp_path / "a", report=lambda line: None), train.__name__)
    with pytest.raises(RuntimeError, match="killed"):
        train(tmp_path / "b", checkpoint_every=4, report=killed_at_the_end)
    told = []
    resumed = load_weights(
        train(tmp_path / "b", checkpoint_every=4, resume=True, log_dir=tmp_path / "log", report=told.append),
        train.__name__,
    )
    assert any("resumed at step 4/6" in line for line in told)
    assert all(torch.equal(resumed.tensors[name], tensor) for name, tensor in whole.tensors.items())
    assert not list((tmp_path / "b").glob("*.checkpoint.pt")), "of no use any more"
    assert list((tmp_path / "log").iterdir())


def test_a_run_from_the_start_leaves_nothing_of_an_earlier_one_to_go_on_with(tmp_path):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=2, patients_a_step=4)
    for name in ("s-5.checkpoint.pt", "s-5.volumes.checkpoint.pt", "s-6.safetensors"):
        (tmp_path / name).write_bytes(b"of an earlier run")
    told = []

    def stop(line):
        told.append(line)
        if "step 2/2" in line:
            raise RuntimeError("killed")

    each = [settings, replace(settings, seed=6)]
    with pytest.raises(RuntimeError, match="killed"):
        train_networks(tmp_path / "s.safetensors", each, device="cpu", checkpoint_every=1, report=stop)
    assert [p.name for p in tmp_path.iterdir()] == ["s-5.checkpoint.pt"], "the first stage's, of its first step"
    train_networks(tmp_path / "s.safetensors", each, device="cpu", checkpoint_every=1, resume=True, report=told.append)
    assert any("resumed at step 1/2" in line for line in told)
    assert load_weights(tmp_path / "s.safetensors", "segmenter").training["seed_of_each"] == [5, 6]


def test_a_run_on_other_records_is_not_gone_on_with(tmp_path, dataset_copy):
    folder = dataset_copy("echonet")
    settings = Settings(steps=2, patients_a_step=2, rendered_share=0.0)
    how = {"device": "cpu", "checkpoint_every": 1}

    def stop(line):
        if "step 2/2" in line:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        train_segmenter(
            tmp_path / "s.safetensors", settings, dataset=open_dataset("echonet", folder), report=stop, **how
        )
    table = folder / "FileList.csv"
    table.write_text(re.sub(r"(?m)^(0XABC000),[^,]+", r"\1,50.5", table.read_text()))  # another EF
    with pytest.raises(CheckpointError, match="is of a run with records"):
        train_segmenter(
            tmp_path / "s.safetensors",
            settings,
            dataset=open_dataset("echonet", folder),
            resume=True,
            report=lambda line: None,
            **how,
        )


@pytest.mark.parametrize(
    ("source", "told"),
    [
        (lambda g: train_surrogate.Circuits(None, train_surrogate.Settings(batch=16), g), "a batch of 16 circuits"),
        (lambda g: train_posterior.Measured(None, train_posterior.Settings(batch=16), g), "a batch of 16 patients"),
        (lambda g: train_view.Pictures(train_view.Settings(patients_a_step=15), [], [], g), "others_a_step = 16"),
    ],
)
def test_processes_that_cannot_share_a_step_are_refused(source, told):
    group = train_view.Group(device=torch.device("cpu"), size=3)
    with pytest.raises(ValueError, match=told):
        source(group)
