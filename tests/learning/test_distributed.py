"""Processes that train together leave nothing running: the real command ends well."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.learning.made_datasets import write_echonet
from twin_core.cli_train import _prepared
from twin_core.learning.segmenter import Segmenter
from twin_core.learning.weights import load_weights

ROOT = Path(__file__).resolve().parents[2]
LAUNCHER = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def launched(*arguments):
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.run(
        [sys.executable, *LAUNCHER, *map(str, arguments)],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=280,
    )


def test_the_command_under_torchrun_ends_well_with_its_weights_saved(tmp_path):
    data = write_echonet(tmp_path / "data", 4)
    command = ("-m", "twin_core", "train", "segmenter", "--data", "echonet", data, "--out", tmp_path / "out")
    done = launched(*command, "--steps", 2, "--device", "cpu", "--json")
    assert done.returncode == 0, done.stderr
    assert "terminate called" not in done.stderr
    assert json.loads(done.stdout)["train_clips"] == 2, "one clip of each process"
    assert Segmenter.load(tmp_path / "out" / "segmenter.safetensors", "cpu").weights.training["processes"] == 2


def test_two_processes_train_the_surrogate_and_the_first_alone_writes(tmp_path):
    command = ("-m", "twin_core", "train", "surrogate", "--out", tmp_path, "--samples", 64, "--steps", 20, "--json")
    done = launched(*command, "--device", "cpu")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["final_loss"] > 0, "printed once"
    weights = load_weights(tmp_path / "surrogate.safetensors", "surrogate")
    assert weights.training["processes"] == 2
    assert [path.name for path in tmp_path.iterdir()] == ["surrogate.safetensors"]


def test_a_folder_is_tried_by_processes_at_once_without_one_stumbling_over_the_other(tmp_path):
    with ThreadPoolExecutor(8) as together:
        prepared = list(together.map(_prepared, [tmp_path / "out"] * 400))
    assert set(prepared) == {tmp_path / "out"}
    assert not list((tmp_path / "out").iterdir()), "nothing left behind"


def test_a_folder_that_takes_no_file_is_named_before_anything_is_trained(tmp_path, monkeypatch):
    def refused(dir):
        raise PermissionError(13, "Permission denied", f"{dir}/tmp4q8")

    monkeypatch.setattr("tempfile.TemporaryFile", refused)
    with pytest.raises(OSError, match="Permission denied") as error:
        _prepared(tmp_path)
    assert error.value.filename == str(tmp_path)
