import dataclasses
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from twin_core.circuit import LEARNED
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.checkpoints import CheckpointError
from twin_core.learning.clip_batches import ClipBatches, Strips, grey_levels
from twin_core.learning.clip_samples import render_patients
from twin_core.learning.datasets import DatasetError
from twin_core.learning.distributed import Group
from twin_core.learning.labelled_clips import LabelledClip, rendered
from twin_core.learning.paper_encoder import KIND, PaperEncoder, clip_frames
from twin_core.learning.surrogate import Surrogate
from twin_core.learning.train_paper_encoder import (
    FILE_NAME,
    Objective,
    Settings,
    evaluate,
    loss_of,
    train,
)
from twin_core.learning.weights import load_weights

TINY = Settings(epochs=2, batch=4, patience=5)
RATE = LEARNED.index("heart_rate_bpm")


@pytest.fixture(scope="module")
def physics():
    return Surrogate.load(device="cpu")


@pytest.fixture(scope="module")
def pool():
    with ThreadPoolExecutor(2) as threads:
        yield threads


@pytest.fixture(scope="module")
def clips():
    """Eight rendered patients to train on, two each to validate and to test."""
    return rendered(21, 8, 2)


@pytest.fixture(scope="module")
def trained(clips, tmp_path_factory):
    folder = tmp_path_factory.mktemp("paper")
    return folder, train(folder, clips, TINY, device="cpu", report=lambda line: None)


def batches(clips, pool):
    return ClipBatches(Strips(clips, pool), TINY.batch, TINY.seed, Group(device=torch.device("cpu")))


def unreadable():
    raise DatasetError("FileList.csv row 3: damaged")


def middle(count=1):
    return torch.tensor(np.tile((LOWER + UPPER) / 2, (count, 1)), dtype=torch.float32)


def labels_of(physics, parameters, **off):
    edv, esv = physics(parameters)
    true = {"ef": 100 * (edv - esv) / edv, "edv": edv, "esv": esv, "rate": parameters[:, RATE]}
    return torch.stack([value + off.get(name, 0.0) for name, value in true.items()], dim=-1)


def test_splits_are_labelled_with_their_own_patients(clips):
    assert (len(clips.train), len(clips.validation), len(clips.test)) == (8, 2, 2)
    first = next(iter(render_patients(21, 1)))
    label = clips.train[0]
    assert (label.read().frames == first.clip.frames).all()
    assert label.labels() == [100 * (1 - first.esv_ml / first.edv_ml), first.edv_ml, first.esv_ml, first.heart_rate_bpm]
    volumes = [clip.edv_ml for split in (clips.train, clips.validation, clips.test) for clip in split]
    assert len(set(volumes)) == 12


def test_the_loss_is_that_of_the_target(physics):
    at = middle()
    volumes, ef = Settings(target="volumes"), Settings(target="ef")
    assert float(loss_of(at, labels_of(physics, at), physics, volumes)) == pytest.approx(0.0, abs=1e-6)
    assert float(loss_of(at, labels_of(physics, at, edv=3.0, esv=4.0), physics, volumes)) == pytest.approx(
        25.0, rel=1e-3
    )
    assert float(loss_of(at, labels_of(physics, at, rate=2.0), physics, volumes)) == pytest.approx(4.0, rel=1e-3)
    published = Settings(target="volumes", period_weight=0.0)
    assert float(loss_of(at, labels_of(physics, at, rate=2.0), physics, published)) == pytest.approx(0.0, abs=1e-6)
    unknown = labels_of(physics, at, rate=float("nan"))
    assert float(loss_of(at, unknown, physics, volumes)) == pytest.approx(0.0, abs=1e-6)
    nothing_but_ef = labels_of(physics, at, ef=2.0, edv=float("nan"), esv=float("nan"), rate=float("nan"))
    assert float(loss_of(at, nothing_but_ef, physics, ef)) == pytest.approx(4.0, rel=1e-3)


def test_an_unknown_rate_leaves_the_gradient_finite(physics):
    at = middle().requires_grad_()
    labels = labels_of(physics, at.detach(), edv=3.0, rate=float("nan"))
    loss_of(at, labels, physics, Settings()).backward()
    assert torch.isfinite(at.grad).all()


def test_all_seven_outputs_are_trained_and_the_surrogate_is_not(clips, physics, pool):
    objective = Objective(PaperEncoder(), physics, TINY).train()
    objective(*batches(clips.train, pool).batch()).backward()
    last = objective.network.head[-1]
    assert (last.weight.grad.abs().sum(1) > 0).all()
    assert not physics.training
    assert all(p.grad is None for p in physics.parameters())
    assert not any("physics" in name for name in objective.state_dict())


def test_batches_start_at_other_moments_and_a_resumed_source_goes_on(clips, pool):
    source = batches(clips.train, pool)
    state = source.state_dict()
    first, second = source.batch(), source.batch()
    assert first[0].shape == (4, 30, 112, 112)
    assert first[1].shape == (4, 4)
    again = batches(clips.train, pool)
    again.load_state_dict(state)
    assert all(torch.equal(a, b) for a, b in zip((*first, *second), (*again.batch(), *again.batch()), strict=True))
    both = torch.cat([first[1][:, 1], second[1][:, 1]]).tolist()
    assert sorted(both) == pytest.approx(sorted(clip.edv_ml for clip in clips.train))  # each once an epoch


def test_grey_levels_are_those_of_the_training_clips_alone(clips, pool):
    mean, spread = grey_levels(Strips(clips.train, pool))
    seen = np.stack([clip_frames(clip.read()) for clip in clips.train])
    assert (mean, spread) == pytest.approx((seen.mean(), seen.std()))


def test_evaluation_counts_each_label_where_it_is_known(clips, physics, pool):
    network = PaperEncoder(40.0, 50.0).eval()
    found = evaluate(network, physics, Strips(clips.train, pool))
    assert set(found) == {
        *("ef_mae_points", "edv_mae_ml", "esv_mae_ml", "heart_rate_mae_bpm"),
        *("constant_ef_mae_points", "clips", "unreadable"),
    }
    parameters = network(torch.from_numpy(np.stack([clip_frames(clip.read()) for clip in clips.train]))).detach()
    edv, _ = physics(parameters)
    expected = np.abs(edv.numpy() - [clip.edv_ml for clip in clips.train]).mean()
    assert found["edv_mae_ml"] == pytest.approx(expected, rel=1e-4)
    only_ef = [LabelledClip(read=clip.read, ef_pct=clip.ef_pct) for clip in clips.train]
    assert set(evaluate(network, physics, Strips(only_ef, pool))) == {
        *("ef_mae_points", "constant_ef_mae_points"),
        *("clips", "unreadable"),
    }


def test_the_file_says_how_it_was_made(trained, clips, pool):
    folder, metrics = trained
    weights = load_weights(folder / FILE_NAME, KIND)
    assert weights.training["command"] == (
        "python -m twin_core train encoder --architecture paper --target volumes --out DIR --seed 0"
    )
    assert weights.training["data"] == clips.source
    assert weights.training["ef_mae_points"] == metrics["ef_mae_points"]
    assert metrics["validation_clips"] == metrics["clips"] == 2
    mean, spread = grey_levels(Strips(clips.train, pool))
    assert (weights.config["grey_mean"], weights.config["grey_spread"]) == pytest.approx((mean, spread))
    assert [row[0] for row in weights.config["bounds"]] == list(LEARNED)


def test_the_same_seed_gives_the_same_network_whatever_the_test_split(trained, clips, tmp_path):
    """Selection is validation's alone: the test split is looked at once, afterwards."""
    other = dataclasses.replace(clips, test=clips.train[:1])
    again = train(tmp_path, other, TINY, device="cpu", report=lambda line: None)
    assert again["final_loss"] == trained[1]["final_loss"]
    assert again["ef_mae_points"] != trained[1]["ef_mae_points"]
    a, b = (load_weights(x / FILE_NAME, KIND).tensors for x in (trained[0], tmp_path))
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_on_other_clips_is_not_gone_on_with(clips, tmp_path):
    def stop(line):
        if "step 4/4" in line:
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        train(tmp_path, clips, TINY, device="cpu", checkpoint_every=1, report=stop)
    fewer = dataclasses.replace(clips, train=clips.train[:4])
    with pytest.raises(CheckpointError, match="is of a run with labels"):
        train(tmp_path, fewer, TINY, device="cpu", checkpoint_every=1, resume=True, report=lambda line: None)


def test_what_cannot_be_trained_on_is_refused(clips, tmp_path):
    with pytest.raises(ValueError, match="validation split holds 0 clips"):
        train(tmp_path, dataclasses.replace(clips, validation=[]), TINY, device="cpu")
    unlabelled = [LabelledClip(read=clip.read, ef_pct=clip.ef_pct) for clip in clips.train]
    with pytest.raises(ValueError, match=r"8 training clips have no EDV.*target ef"):
        train(tmp_path, dataclasses.replace(clips, train=unlabelled), TINY, device="cpu")


def test_unreadable_clips_are_passed_over_and_counted(clips, physics, pool):
    broken = LabelledClip(read=unreadable, ef_pct=50.0, edv_ml=100.0, esv_ml=50.0)
    mixed = [clips.train[0], broken, clips.train[1], clips.train[2], broken, clips.train[3]]
    source = batches(mixed, pool)
    for _ in range(3):
        frames, labels = source.batch()
        assert len(frames) == len(labels) == 4
        assert 100.0 not in labels[:, 1]
    assert source.strips.unreadable == 2
    found = evaluate(PaperEncoder(40.0, 50.0).eval(), physics, Strips(mixed, pool))
    assert (found["clips"], found["unreadable"]) == (4, 2)
    assert grey_levels(Strips(mixed, pool)) == pytest.approx(grey_levels(Strips(clips.train[:4], pool)))
    with pytest.raises(ValueError, match="none of the 1 training clips"):
        batches([broken], pool).batch()
    with pytest.raises(ValueError, match="none of 1 clips"):
        evaluate(PaperEncoder().eval(), physics, Strips([broken], pool))
