import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from twin_core.cli import main
from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.datasets import DatasetError, open_dataset
from twin_core.learning.distributed import Group
from twin_core.learning.outlining import traced_dice, traced_volume_error
from twin_core.learning.rendered_frames import render_patients
from twin_core.learning.seeds import TEST_SEED
from twin_core.learning.segmenter import Networks, Segmenter, UNet
from twin_core.learning.segmenter_settings import Settings
from twin_core.learning.traced_frames import load
from twin_core.learning.train_segmenter import Batches, Objective, train
from twin_core.learning.train_segmenters import each_network, train_networks
from twin_core.learning.weights import load_weights

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def patients():
    return render_patients(seed=5, count=4, workers=1)


def test_training_learns_repeats_and_describes_itself(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=5, patients_a_step=4)
    lines = []
    first = train(tmp_path / "a.safetensors", settings, device="cpu", patients=patients, report=lines.append)
    second = train(tmp_path / "b.safetensors", settings, device="cpu", report=lines.append)
    assert first["final_loss"] == second["final_loss"]
    a, b = (load_weights(tmp_path / f"{n}.safetensors", "segmenter") for n in "ab")
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
    assert a.training["seed"] == 5 and a.training["steps"] == 5 and a.training["data"] == "rendered clips only"
    assert len(Networks.of(a).networks) == 1
    assert "test_dice" in lines[-1]


def test_volumes_are_trained_after_contours_and_resumed_within(tmp_path, patients, monkeypatch):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=3, patients_a_step=4, volume_kept_share=0.5)
    contours, volumes = settings.stages
    assert (contours.steps, contours.volume_weight, contours.contrasted_share) == (3, 0.0, 0.0)
    assert volumes.steps == 3 and volumes.volume_weight > 0 and volumes.contrasted_share > 0
    assert volumes.patients == 4 and volumes.seed not in (5, 5 + TEST_SEED)  # patients it has not seen
    assert Settings(steps=1500).stages[1].steps == 700 and len(Settings(volume_steps=0).stages) == 1

    def trained(name, settings, **how):
        train(tmp_path / name, settings, device="cpu", patients=patients, report=lambda line: None, **how)
        return load_weights(tmp_path / name, "segmenter").tensors

    whole = trained("a.safetensors", settings)
    first = trained("b.safetensors", replace(settings, volume_steps=0))
    assert not all(torch.equal(whole[k], first[k]) for k in whole)
    draw, left = Batches.batch, iter([True] * 4)

    def stopped(batches):
        next(left)
        return draw(batches)

    with monkeypatch.context() as patch, pytest.raises(StopIteration):
        patch.setattr(Batches, "batch", stopped)
        trained("c.safetensors", settings, checkpoint_every=1)
    assert len(list(tmp_path.glob("c*.checkpoint.pt"))) == 2
    resumed = trained("c.safetensors", settings, checkpoint_every=1, resume=True)
    assert all(torch.equal(whole[k], resumed[k]) for k in whole) and not list(tmp_path.glob("*.checkpoint.pt"))


def test_a_part_of_what_the_second_stage_changes_is_kept(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=3, patients_a_step=4)

    def trained(**other):
        train(tmp_path / "a.safetensors", replace(settings, **other), device="cpu", patients=patients, report=print)
        return load_weights(tmp_path / "a.safetensors", "segmenter").tensors

    before, after, kept = trained(volume_steps=0), trained(), trained(volume_kept_share=0.25)
    floating = [name for name in kept if kept[name].is_floating_point()]
    assert all(torch.allclose(kept[n], 0.75 * before[n] + 0.25 * after[n], atol=1e-6) for n in floating)
    assert not all(torch.equal(kept[n], before[n]) for n in floating)


def test_training_minds_the_volumes_as_much_as_it_is_told(patients):
    network, stage = UNet().eval(), Settings().stages[1]
    batch = Batches(Settings(patients_a_step=4), patients, [], Group(device=torch.device("cpu"))).batch()
    none, one, two = (Objective(network, replace(stage, volume_weight=weight))(*batch).item() for weight in (0, 1, 2))
    assert none < one and two - one == pytest.approx(one - none, rel=1e-4)


def test_several_networks_are_those_of_their_seeds_in_one_file(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=3, patients_a_step=4)
    alone = [tmp_path / "5.safetensors", tmp_path / "6.safetensors"]
    for seed, path in zip((5, 6), alone, strict=True):
        train(path, replace(settings, seed=seed), device="cpu", report=lambda line: None)
    lines = []
    each = [settings, replace(settings, seed=6)]
    metrics = train_networks(tmp_path / "s.safetensors", each, device="cpu", report=lines.append)
    both = load_weights(tmp_path / "s.safetensors", "segmenter")
    for k, path in enumerate(alone):
        for name, tensor in load_weights(path, "segmenter").tensors.items():
            assert torch.equal(both.tensors[name.replace("networks.0.", f"networks.{k}.", 1)], tensor)
    assert both.config["networks"] == 2 and both.training["seed_of_each"] == [5, 6]
    assert 0 <= metrics["test_dice"] == both.training["test_dice"] <= 1 and "test_dice" in lines[-1]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["5.safetensors", "6.safetensors", "s.safetensors"]
    with pytest.raises(ValueError, match="no settings"):
        train_networks(tmp_path / "s.safetensors", [])


def test_of_several_networks_the_first_keeps_a_part_of_the_second_stage_the_others_are_trained_longer(tmp_path):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=2, patients_a_step=4)
    first, *others = each_network(settings, 3)
    assert first == replace(settings, volume_kept_share=0.25)
    longer = replace(settings, patients=8, steps=6, circuits_share=0.5)
    assert others == [replace(longer, seed=6), replace(longer, seed=7)]
    assert each_network(settings, 1) == [settings]
    with_tracings = replace(settings, rendered_share=0.25)  # on readers' tracings all are trained alike
    assert each_network(with_tracings, 2) == [with_tracings, replace(with_tracings, seed=6)]
    with pytest.raises(ValueError, match="networks must be 1 or more, got 0"):
        each_network(settings, 0)
    train_networks(tmp_path / "s.safetensors", each_network(settings, 2), device="cpu", report=lambda line: None)
    made = load_weights(tmp_path / "s.safetensors", "segmenter").training
    assert made["steps_of_each"] == [2, 6] and made["circuits_share_of_each"] == [0.0, 0.5]
    assert made["volume_kept_share_of_each"] == [0.25, 1.0]


def test_networks_that_were_finished_before_a_stop_are_not_trained_again(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=2, patients_a_step=4)
    train(tmp_path / "s-5.safetensors", settings, device="cpu", patients=patients, report=lambda line: None)
    done = load_weights(tmp_path / "s-5.safetensors", "segmenter")
    lines = []
    each = [settings, replace(settings, seed=6)]
    train_networks(tmp_path / "s.safetensors", each, device="cpu", resume=True, report=lines.append)
    assert lines[0] == f"network 1 of 2: trained, {tmp_path / 's-5.safetensors'}"
    assert all(line.startswith("network 2 of 2: ") for line in lines[1:-1])
    both = load_weights(tmp_path / "s.safetensors", "segmenter")
    assert all(torch.equal(both.tensors[name], tensor) for name, tensor in done.tensors.items())
    train(tmp_path / "s-5.safetensors", settings, device="cpu", patients=patients, report=lambda line: None)
    with pytest.raises(CheckpointError, match=r"s-5\.safetensors was trained with steps 2, this run has 3"):
        longer = [replace(own, steps=3) for own in each]
        train_networks(tmp_path / "s.safetensors", longer, device="cpu", resume=True)


def test_each_of_several_networks_has_its_own_curves(tmp_path, patients):
    settings = Settings(seed=5, patients=4, test_patients=2, steps=2, patients_a_step=4)
    logs = tmp_path / "logs"
    each = [settings, replace(settings, seed=6)]
    train_networks(tmp_path / "s.safetensors", each, device="cpu", log_dir=logs, report=lambda line: None)
    assert sorted(p.name for p in logs.iterdir()) == ["s-5", "s-6"] and all(any(p.iterdir()) for p in logs.iterdir())


@pytest.mark.parametrize(("kind", "name"), [("echonet", "echonet"), ("camus", "nifti")])
def test_an_epoch_on_a_data_set_is_selected_on_its_validation_split(tmp_path, made_datasets, kind, name):
    data = open_dataset(kind, made_datasets[name])
    settings = Settings(steps=4, patients_a_step=2, rendered_share=0.0, validate_every=2)
    lines = []
    metrics = train(tmp_path / "s.safetensors", settings, device="cpu", dataset=data, report=lines.append)
    assert (metrics["train_clips"], metrics["val_clips"], metrics["left_out"]) == (1, 1, 0)
    assert "test_dice" not in metrics  # neither rendered nor the data set's own test split
    found = Segmenter.load(tmp_path / "s.safetensors", "cpu")
    assert found.weights.training["data"] == kind
    held_out, problems = load(data.of("val"))
    assert problems == [] and traced_dice(found.network, held_out) == pytest.approx(metrics["val_dice"], abs=1e-6)
    # First Dice selects, then the volumes for which the second stage is.
    scores = [
        [float(re.search(rf"{name} ([\d.]+)", line)[1]) for line in lines if name in line and "step" in line]
        for name in ("1 - val Dice", "val volume error")
    ]
    assert [len(stage) for stage in scores] == [3, 3]  # what a stage begins with is scored, too
    assert min(scores[1]) == pytest.approx(traced_volume_error(found.network, held_out), abs=1e-3)
    assert not list(tmp_path.glob("*.checkpoint.pt"))


def test_a_data_set_is_read_once_for_all_networks(tmp_path, made_datasets):
    settings = Settings(steps=2, patients_a_step=2, rendered_share=0.0, validate_every=2)
    lines = []
    train_networks(
        tmp_path / "s.safetensors",
        each_network(settings, 2),
        device="cpu",
        dataset=open_dataset("echonet", made_datasets["echonet"]),
        report=lines.append,
    )
    assert [line for line in lines if "reading" in line] == [
        "reading 1 clips to train on",
        "reading 1 clips to validate with",
    ]
    assert Segmenter.load(tmp_path / "s.safetensors", "cpu").weights.config["networks"] == 2


def test_rendered_patients_and_tracings_share_a_step(made_datasets, patients):
    traced, _ = load(open_dataset("echonet", made_datasets["echonet"]).records)
    alone = Group(device=torch.device("cpu"))
    settings = Settings(patients_a_step=4, rendered_share=0.75)
    images, masks, whose = Batches(settings, patients, traced, alone).batch()
    assert images.shape == (8, 5, 112, 112) and masks.shape == (8, 1, 112, 112)
    assert whose.tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    other, _, _ = Batches(settings, patients, traced[::-1], alone).batch()
    changed = [not torch.equal(a, b) for a, b in zip(images, other, strict=True)]
    assert changed == [False] * 6 + [True] * 2
    with pytest.raises(ValueError, match="4 patients a step do not divide among 3 processes"):
        Batches(settings, patients, traced, Group(device=torch.device("cpu"), size=3))


@pytest.mark.parametrize(("size", "share"), [(1, 0.25), (8, 0.25), (8, 0.75), (16, 0.5), (2, 0.9)])
def test_processes_together_keep_the_rendered_share(size, share):
    parts = [
        Batches(Settings(rendered_share=share), [], [], Group(device=torch.device("cpu"), rank=rank, size=size))
        for rank in range(size)
    ]
    assert {part.rendered + part.real for part in parts} == {16 // size}
    assert sum(part.rendered for part in parts) == round(16 * share)


def test_clips_without_a_tracing_are_left_out_and_none_at_all_is_an_error(tmp_path, dataset_copy):
    folder = dataset_copy("echonet")
    path = folder / "VolumeTracings.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join(line for line in lines if not line.startswith("0XABC000")) + "\n")
    (folder / "Videos" / "0XABC001.avi").write_bytes(b"RIFF nothing")
    frames, problems = load(open_dataset("echonet", folder).records)
    assert len(frames) == 1
    assert problems[0] == "FileList.csv row 2: no frame of the clip is traced (0 tracings)"
    assert problems[1].startswith("FileList.csv row 3: 0XABC001.avi: ")
    with pytest.raises(DatasetError, match="no clip of the train split has a tracing"):
        train(
            tmp_path / "s.safetensors",
            Settings(steps=2, rendered_share=0.0),
            device="cpu",
            dataset=open_dataset("echonet", folder),
            report=lines.append,
        )


def test_the_command_saves_on_a_signal_and_resumes_to_the_same_weights(tmp_path, made_datasets, capsys):
    def arguments(out, *more):
        data = ("--data", "echonet", str(made_datasets["echonet"]), "--rendered-share", "0")
        return ["train", "segmenter", "--out", str(out), "--device", "cpu", *data, "--steps", "8", *more]

    process = subprocess.Popen(
        [sys.executable, "-m", "twin_core", *arguments(tmp_path / "a", "--checkpoint-every", "1")],
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"},
    )
    while not (tmp_path / "a" / "segmenter-0.checkpoint.pt").exists():
        assert process.poll() is None, process.stderr.read()
    process.send_signal(signal.SIGTERM)
    _, errors = process.communicate(timeout=200)
    assert process.returncode == 130
    assert re.search(r"^error: stopped at step \d+ of 8, saved: go on with --resume$", errors, re.M)
    assert not (tmp_path / "a" / "segmenter.safetensors").exists()
    for out, more in (("a", ["--resume", "--json"]), ("b", [])):
        with pytest.raises(SystemExit) as done:
            main(arguments(tmp_path / out, *more))
        output = capsys.readouterr()
        assert done.value.code == 0, output.err
        assert ("resumed at step" in output.err) == (out == "a") and "val_dice" in output.out
    a, b = (load_weights(tmp_path / n / "segmenter.safetensors", "segmenter") for n in "ab")
    assert all(torch.equal(a.tensors[k], b.tensors[k]) for k in a.tensors)
    assert [p.name for p in (tmp_path / "a").iterdir()] == ["segmenter.safetensors"]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--data", "mnist", "."], "no data set 'mnist': choose from echonet, camus"),
        (["--data", "echonet", "none"], "none is no folder"),
        (["--rendered-share", "0.5"], "rendered_share is 0.5 without a data set: give one with --data"),
        (["--data", "camus", ".", "--rendered-share", "0.01"], "give one from 0.0625 to 0.9375"),
        (["--data", "camus", ".", "--patients", "9"], "no rendered patient is used: give --rendered-share"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path, capsys, options, message):
    with pytest.raises(SystemExit) as done:
        main(["train", "segmenter", "--out", str(tmp_path), *options])
    error = capsys.readouterr().err
    assert done.value.code == 1 and error.startswith("error: ") and error.count("\n") == 1 and message in error
