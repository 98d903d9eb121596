import pytest
import torch

from twin_core.learning.devices import cuda_problem, pick_device


def refuse(*arguments, **options):
    raise RuntimeError("CUDA error: no kernel image is available\nCompile with TORCH_USE_CUDA_DSA")


@pytest.fixture
def broken_gpu(monkeypatch):
    """A GPU that torch sees and that fails at its first use."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch, "ones", refuse)


def test_an_unknown_device_is_named():
    with pytest.raises(ValueError, match="unknown device 'tpu': choose auto, cpu or cuda"):
        pick_device("tpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for what a machine without CUDA lacks")
def test_cuda_asked_for_and_absent():
    with pytest.raises(ValueError, match="no CUDA device"):
        pick_device("cuda")
    assert pick_device("auto").type == "cpu"


def test_a_gpu_that_does_not_work_is_fallen_back_from_in_one_line(broken_gpu):
    assert cuda_problem() == "the CUDA device does not work (CUDA error: no kernel image is available)"
    assert pick_device("auto").type == "cpu"
    with pytest.raises(ValueError, match=r"does not work .*: choose auto or cpu"):
        pick_device("cuda")


def test_a_gpu_that_works_is_taken(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    made, ones = [], torch.ones
    monkeypatch.setattr(torch, "ones", lambda *size, device: made.append(device) or ones(*size))
    assert pick_device("auto").type == "cuda" and made == ["cuda"]


def test_the_cpu_asked_for_tries_no_gpu(broken_gpu):
    assert pick_device("cpu").type == "cpu"
