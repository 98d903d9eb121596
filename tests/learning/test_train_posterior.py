import numpy as np
import pytest

from twin_core.learning import identifiability, prior
from twin_core.learning.observation import SETS
from twin_core.learning.posterior import KIND, Posterior
from twin_core.learning.train_posterior import FILE_NAME, TEST_SEED, Settings, train
from twin_core.learning.weights import load_weights

TINY = Settings(
    samples=256,
    test_samples=32,
    steps=40,
    batch=64,
    transforms=1,
    hidden=(16,),
    narrowing_patients=5,
    narrowing_draws=20,
)


@pytest.fixture(scope="module")
def patients():
    return prior.draw_patients(TINY.samples, TINY.seed)


@pytest.fixture(scope="module")
def held_out():
    return prior.draw_patients(TINY.test_samples, TINY.seed + TEST_SEED)


@pytest.fixture(scope="module")
def trained(patients, held_out, tmp_path_factory):
    folder, told = tmp_path_factory.mktemp("posterior"), []
    metrics = train(folder, TINY, patients=patients, test=held_out, report=told.append)
    return folder, metrics, told


def test_training_lowers_the_loss(patients, held_out, trained, tmp_path):
    short = train(
        tmp_path, Settings(**{**vars(TINY), "steps": 1}), patients=patients, test=held_out, report=lambda line: None
    )
    assert trained[1]["test_loss"] < short["test_loss"] - 0.3


def test_a_seed_gives_the_same_weights_twice(patients, held_out, trained, tmp_path):
    metrics = train(tmp_path, TINY, patients=patients, test=held_out, report=lambda line: None)
    again, first = load_weights(tmp_path / FILE_NAME, KIND), load_weights(trained[0] / FILE_NAME, KIND)
    assert metrics["final_loss"] == trained[1]["final_loss"]
    assert all((again.tensors[name] == tensor).all() for name, tensor in first.tensors.items())


def test_the_file_can_be_used_and_says_how_it_was_made(trained):
    posterior = Posterior.load(trained[0] / FILE_NAME)
    assert len(posterior.draw({"heart_rate_bpm": 70})["emax_mmhg_per_ml"]) == 200
    training = posterior.weights.training
    assert training["command"] == "python -m twin_core train posterior --out DIR --seed 0"
    assert training["patients"] + training["not_periodic"] + training["implausible"] == training["drawn"]
    assert posterior.weights.config["errors"].keys() == {"scale", "volume", "heart_rate_bpm", "cuff_mmhg"}
    assert posterior.identifiability.keys() == SETS.keys()


def test_every_kind_of_progress_is_told(trained):
    text = "\n".join(trained[2])
    for part in ("without a steady beat", "step 40/40 loss", "narrowing by EF, HR on 5 patients", "saved"):
        assert part in text


def test_prior_widths_are_those_of_the_patients(patients):
    widths = identifiability.prior_widths(patients)
    pressure = patients.index("mean_arterial_pressure_mmhg")
    assert widths["mean_arterial_pressure_mmhg"] == pytest.approx(
        np.subtract(*np.percentile(pressure, (95, 5), method="weibull"))
    )
    assert 0.8 < widths["unstressed_volume_ml"] <= 1.0  # of its range, nearly uniform
