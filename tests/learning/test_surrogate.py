import numpy as np
import pytest
import torch

from twin_core.circuit import LEARNED, CircuitParameters, solve_periodic
from twin_core.learning import samples
from twin_core.learning.box import LOWER, UPPER
from twin_core.learning.surrogate import Surrogate, stressed_volume_ml
from twin_core.learning.train_surrogate import (
    FILE_NAME,
    Settings,
    extremes_gaps,
    train,
    volume_errors,
    waveform_errors,
)
from twin_core.learning.weights import Weights, WeightsError, load_weights, save_weights

TINY = Settings(samples=64, test_samples=32, steps=300, batch=64, width=32, depth=2)
VD, START = LEARNED.index("unstressed_volume_ml"), LEARNED.index("initial_volume_ml")


@pytest.fixture(scope="module")
def shipped():
    return Surrogate.load(device="cpu")


@pytest.fixture(scope="module")
def training_circuits():
    return samples.circuit_samples(TINY.samples, TINY.seed), samples.circuit_samples(TINY.test_samples, 99)


def tiny_training(folder, circuits, **changes):
    settings = Settings(**{**vars(TINY), **changes})
    return train(folder, settings, device="cpu", samples=circuits[0], test=circuits[1], report=lambda line: None)


def draw(count, seed=0):
    return torch.tensor(np.random.default_rng(seed).uniform(LOWER, UPPER, (count, 7)), dtype=torch.float32)


def test_the_shipped_network_is_the_circuit_to_a_tenth_of_a_millilitre(shipped):
    drawn = samples.solve(np.random.default_rng(7).uniform(LOWER, UPPER, (60, 7)))
    errors = volume_errors(shipped, drawn)
    assert errors.shape == (60, 2)
    assert errors.mean() < 0.1
    assert errors.max() < 1.0
    waveforms = waveform_errors(shipped, drawn)
    assert waveforms.shape == (60, samples.PHASES)
    assert waveforms.mean() < 0.5
    assert waveforms.max() < 5.0


def test_the_waveforms_largest_and_smallest_are_edv_and_esv(shipped):
    drawn = samples.solve(np.random.default_rng(8).uniform(LOWER, UPPER, (60, 7)))
    network, circuit = extremes_gaps(shipped, drawn)
    assert network.shape == circuit.shape == (60, 2)
    assert (network > -1e-3).all()  # never outside; single precision
    assert network.mean() < 0.5
    assert network.max() < circuit.max() + 2.0


def test_the_waveform_stays_between_esv_and_edv_for_any_input_and_keeps_the_exact_laws(shipped):
    p = draw(50)
    waveform = shipped.waveform(p)
    assert waveform.shape == (50, samples.PHASES)
    moved = p.clone()
    moved[:, VD] += 3.0
    assert torch.allclose(shipped.waveform(moved) - waveform, torch.full_like(waveform, 3.0), atol=1e-3)
    odd = p * torch.tensor([1e3, 1, -50, 1, 1e4, -1e4, 1])
    edv, esv = shipped(odd)
    wild = shipped.waveform(odd)
    assert (wild <= edv[:, None] + 1e-2).all() and (wild >= esv[:, None] - 1e-2).all()


def test_the_shipped_network_holds_in_the_corners(shipped):
    chosen = samples.corners()[::9]
    assert volume_errors(shipped, samples.solve(chosen)).mean() < 1.0


def test_volumes_above_unstressed_volume_scale_with_stressed_volume_in_the_circuit_itself():
    """The physics built into the network, checked on the circuit it stands for."""
    base = CircuitParameters(emin_mmhg_per_ml=0.05, mitral_resistance=0.03)
    more = base.replace(initial_volume_ml=220.0, unstressed_volume_ml=20.0)
    rows = torch.tensor([[getattr(p, n) for n in LEARNED] for p in (base, more)], dtype=torch.float64)
    scale = stressed_volume_ml(rows).numpy()
    beats = [solve_periodic(p) for p in (base, more)]
    for name in ("edv_ml", "esv_ml"):
        above = [getattr(b, name) - p.unstressed_volume_ml for b, p in zip(beats, (base, more), strict=True)]
        assert above[0] / scale[0] == pytest.approx(above[1] / scale[1], rel=1e-5)


def test_unstressed_volume_shifts_and_preload_scales_exactly(shipped):
    p = draw(50)
    edv, esv = shipped(p)
    moved = p.clone()
    moved[:, VD] += 3.0
    shifted_edv, shifted_esv = shipped(moved)
    assert torch.allclose(shifted_edv - edv, torch.full((50,), 3.0), atol=1e-3)
    assert torch.allclose(shifted_esv - esv, torch.full((50,), 3.0), atol=1e-3)
    filled = p.clone()
    filled[:, START] *= 0.5
    ratio = stressed_volume_ml(filled) / stressed_volume_ml(p)
    half_edv, _ = shipped(filled)
    assert torch.allclose((half_edv - p[:, VD]) / (edv - p[:, VD]), ratio, atol=1e-4)


def test_volumes_are_in_order_for_any_input(shipped):
    p = draw(100) * torch.tensor([1e3, 1, -50, 1, 1e4, -1e4, 1])
    edv, esv = shipped(p)
    assert (p[:, VD] <= esv + 1e-3).all() and (esv <= edv + 1e-3).all()


def test_leading_dimensions_are_kept(shipped):
    edv, esv = shipped(draw(6).reshape(2, 3, 7))
    assert edv.shape == esv.shape == (2, 3)


def test_gradients_reach_the_parameters_and_agree_with_the_circuit(shipped):
    base = CircuitParameters(aortic_resistance=0.05, mitral_resistance=0.02)
    row = torch.tensor([getattr(base, n) for n in LEARNED], requires_grad=True)
    edv, esv = shipped(row)
    (edv - esv).backward()
    for name, step in (("emax_mmhg_per_ml", 0.1), ("initial_volume_ml", 5.0), ("aortic_resistance", 0.01)):
        value = getattr(base, name)
        up = solve_periodic(base.replace(**{name: value + step})).stroke_volume_ml
        down = solve_periodic(base.replace(**{name: value - step})).stroke_volume_ml
        assert float(row.grad[LEARNED.index(name)]) == pytest.approx((up - down) / (2 * step), rel=0.05)
    assert all(p.grad is None for p in shipped.parameters())


def test_training_learns_and_the_same_seed_gives_the_same_network(tmp_path, training_circuits):
    first = tiny_training(tmp_path / "a", training_circuits)
    again = tiny_training(tmp_path / "b", training_circuits)
    other = tiny_training(tmp_path / "c", training_circuits, seed=1)
    untrained = tiny_training(tmp_path / "d", training_circuits, steps=1)
    assert first["final_loss"] == again["final_loss"] != other["final_loss"]
    assert first["test_edv_mae_ml"] < 0.3 * untrained["test_edv_mae_ml"]
    assert first["test_waveform_mae_ml"] < 0.5 * untrained["test_waveform_mae_ml"]
    a, b = (load_weights(tmp_path / x / FILE_NAME, "surrogate").tensors for x in "ab")
    assert all(torch.equal(a[name], b[name]) for name in a)


def test_the_file_says_how_it_was_made_and_loads_frozen(tmp_path, training_circuits):
    metrics = tiny_training(tmp_path, training_circuits)
    weights = load_weights(tmp_path / FILE_NAME, "surrogate")
    assert weights.training["command"] == "python -m twin_core train surrogate --out DIR --seed 0"
    assert weights.training["samples"] == TINY.samples
    assert weights.training["test_esv_mae_ml"] == metrics["test_esv_mae_ml"]
    assert [row[0] for row in weights.config["bounds"]] == list(LEARNED)
    network = Surrogate.load(tmp_path / FILE_NAME, "cpu")
    assert not network.training
    assert not any(p.requires_grad for p in network.parameters())


def test_weights_for_other_bounds_are_refused(tmp_path, training_circuits):
    tiny_training(tmp_path, training_circuits)
    path = tmp_path / FILE_NAME
    good = load_weights(path, "surrogate")
    bounds = [list(row) for row in good.config["bounds"]]
    bounds[5] = ["aortic_resistance", 0.0001, 0.5]
    config = {**good.config, "bounds": bounds}
    save_weights(path, Weights(kind="surrogate", config=config, training={}, tensors=good.tensors))
    with pytest.raises(WeightsError, match=r"aortic_resistance.*0\.5.*0\.25.*train surrogate"):
        Surrogate.load(path, "cpu")


def test_weights_without_a_waveform_are_refused(tmp_path, training_circuits):
    tiny_training(tmp_path, training_circuits)
    path = tmp_path / FILE_NAME
    good = load_weights(path, "surrogate")
    config = {name: value for name, value in good.config.items() if name != "phases"}
    save_weights(path, Weights(kind="surrogate", config=config, training={}, tensors=good.tensors))
    with pytest.raises(WeightsError, match=r"no phases.*64.*train surrogate"):
        Surrogate.load(path, "cpu")


def test_too_few_or_uneven_samples_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"power of two.*got 100"):
        train(tmp_path, Settings(samples=100), device="cpu", report=lambda line: None)
