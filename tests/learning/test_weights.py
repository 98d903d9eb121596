import pytest
import torch
from safetensors.torch import save_file

from twin_core import __version__
from twin_core.learning.weights import FORMAT, Weights, WeightsError, load_weights, save_weights


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "new folder" / "w.safetensors"
    weights = Weights(
        kind="segmenter",
        config={"channels": [1, 2], "bounds": {"emax": [0.5, 3.5]}},
        training={"seed": 7},
        tensors={"layer.weight": torch.arange(6.0).reshape(2, 3)},
    )
    save_weights(path, weights)
    return path


def test_what_was_saved_is_read(file):
    found = load_weights(file, "segmenter")
    assert found.config == {"channels": [1, 2], "bounds": {"emax": [0.5, 3.5]}}
    assert found.training == {"seed": 7}
    assert found.software == __version__
    assert torch.equal(found.tensors["layer.weight"], torch.arange(6.0).reshape(2, 3))


def test_other_kind_is_refused(file):
    with pytest.raises(WeightsError, match="kind 'segmenter', expected 'encoder'"):
        load_weights(file, "encoder")


def test_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(WeightsError, match="python -m twin_core train segmenter"):
        load_weights(tmp_path / "none.safetensors", "segmenter")


@pytest.mark.parametrize("content", [b"", b"not weights", b"\xff" * 200])
def test_damaged_file_is_one_line(tmp_path, content):
    path = tmp_path / "bad.safetensors"
    path.write_bytes(content)
    with pytest.raises(WeightsError, match="not a readable weight file") as error:
        load_weights(path, "segmenter")
    assert "\n" not in str(error.value)


def test_truncated_file_is_refused(file):
    file.write_bytes(file.read_bytes()[:-4])
    with pytest.raises(WeightsError, match="not a readable weight file"):
        load_weights(file, "segmenter")


@pytest.mark.parametrize(
    "said", [{"training": "{}"}, {"config": "{}"}, {"config": "{", "training": "{}"}, {"config": "{}", "training": ""}]
)
def test_a_file_that_does_not_say_what_it_holds_is_named(tmp_path, said):
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(1)}, path, {"format": str(FORMAT), "kind": "segmenter", **said})
    with pytest.raises(WeightsError, match="does not say what it holds") as error:
        load_weights(path, "segmenter")
    assert str(path) in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize(
    "make", [lambda config: torch.nn.Linear(3, 4), lambda config: torch.nn.Linear(config["inputs"], 4)]
)
def test_another_network_than_the_software_builds_is_refused_in_one_line(file, make):
    weights = load_weights(file, "segmenter")
    with pytest.raises(WeightsError, match="holds another network than this software builds") as error:
        weights.network(make)
    assert str(file) in str(error.value) and "\n" not in str(error.value)


def test_a_write_that_fails_leaves_the_file_that_was_there(file):
    before = file.read_bytes()
    unwritable = Weights(kind="segmenter", config={}, training={}, tensors={"a": torch.zeros(1, device="meta")})
    with pytest.raises(NotImplementedError):
        save_weights(file, unwritable)
    assert file.read_bytes() == before and [p.name for p in file.parent.iterdir()] == [file.name]


def test_newer_and_foreign_formats_are_refused(tmp_path):
    path = tmp_path / "w.safetensors"
    save_file({"a": torch.zeros(1)}, path, {"format": str(FORMAT + 1), "kind": "segmenter"})
    with pytest.raises(WeightsError, match=f"format {FORMAT + 1}"):
        load_weights(path, "segmenter")
    save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(WeightsError, match="format none"):
        load_weights(path, "segmenter")


def test_a_weight_file_can_be_read_by_a_server_that_is_not_its_owner(tmp_path):
    save_weights(tmp_path / "w.safetensors", Weights(kind="segmenter", config={}, training={}, tensors={}))
    assert (tmp_path / "w.safetensors").stat().st_mode & 0o044 == 0o044
