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
