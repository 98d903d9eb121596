import dataclasses
import json

import pytest
from typer.testing import CliRunner

from twin_core.circuit import CircuitParameters, solve_periodic
from twin_core.cli import app as whole_app
from twin_core.cli_train import app
from twin_core.learning.datasets import open_dataset
from twin_core.learning.labelled_clips import from_dataset
from twin_core.learning.paper_encoder import KIND, TrainedPaperEncoder
from twin_core.learning.train_paper_encoder import FILE_NAME
from twin_core.learning.weights import load_weights

KIND_OF = {"echonet": "echonet", "nifti": "camus", "mhd": "camus"}


def train(folder, *options):
    return CliRunner().invoke(app, ["encoder", "--out", str(folder), "--device", "cpu", *map(str, options)])


@pytest.mark.parametrize("made", ["echonet", "nifti"])
def test_a_data_sets_clips_keep_their_splits_and_labels(made_datasets, made):
    data = open_dataset(KIND_OF[made], made_datasets[made])
    splits = from_dataset(data)
    for name, ours in (("train", splits.train), ("val", splits.validation), ("test", splits.test)):
        records = data.of(name)
        assert len(ours) == len(records) > 0
        for record, clip in zip(records, ours, strict=True):
            frames = clip.read().frames
            assert (
                record.read().clip.frames == frames[: len(frames) if made == "echonet" else -(len(frames) // 2)]
            ).all()
            assert made == "echonet" or (frames == frames[::-1]).all()  # half a beat, back and forth
            expected = record.ef_pct if record.ef_pct is not None else 100 * (1 - record.esv_ml / record.edv_ml)
            assert clip.ef_pct == pytest.approx(expected)
            assert clip.heart_rate_bpm is None


def test_clips_without_an_ef_are_left_out_and_said_so(made_datasets):
    data = open_dataset("echonet", made_datasets["echonet"])
    first = data.of("train")[0]
    unlabelled = dataclasses.replace(first, ef_pct=None, edv_ml=None, esv_ml=None)
    volumes_only = dataclasses.replace(first, ef_pct=None, edv_ml=120.0, esv_ml=60.0)
    lines = []
    records = tuple(unlabelled if r is first else r for r in data.records)
    splits = from_dataset(dataclasses.replace(data, records=records, problems=("row 9: bad",)), report=lines.append)
    assert len(splits.train) == len(data.of("train")) - 1
    assert lines == ["left out: 1 clips without an EF, 1 rows that cannot be used; the first: row 9: bad"]
    records = tuple(volumes_only if r is first else r for r in data.records)
    assert from_dataset(dataclasses.replace(data, records=records)).train[0].ef_pct == pytest.approx(50.0)


def test_volumes_that_the_tables_lack_are_those_of_the_outlines(made_datasets):
    """The same patients in the other layout, whose tables tell the volumes."""
    data = open_dataset("camus", made_datasets["nifti"])
    told = {r.name: r for r in open_dataset("camus", made_datasets["mhd"]).records}
    lines = []
    splits = from_dataset(data, volumes=True, report=lines.append)
    for name, clips in (("train", splits.train), ("val", splits.validation), ("test", splits.test)):
        for record, clip in zip(data.of(name), clips, strict=True):
            assert record.edv_ml is None
            assert clip.edv_ml == pytest.approx(told[record.name].edv_ml, rel=0.08)
            assert clip.esv_ml == pytest.approx(told[record.name].esv_ml, rel=0.08)
    assert lines == [
        f"EDV and ESV of {len(data.records)} of {len(data.records)} clips are those of the readers' outlines"
    ]
    assert "readers' outlines" in splits.source
    assert all(clip.edv_ml is None for clip in from_dataset(data).train)


def test_volumes_are_not_trained_on_where_there_are_none(dataset_copy, tmp_path):
    home = dataset_copy("nifti")
    first = open_dataset("camus", home).of("train")[0]
    for path in home.rglob(f"{first.name}_4CH_E?_gt.nii.gz"):
        path.unlink()
    done = train(tmp_path / "out", "--architecture", "paper", "--data", "camus", home, "--target", "volumes")
    assert "1 training clips have no EDV and ESV: train them with target ef" in str(done.exception)


@pytest.mark.parametrize(("made", "target"), [("echonet", "ef"), ("echonet", "volumes"), ("nifti", "volumes")])
def test_the_papers_fine_tuning_runs_on_a_data_set_by_one_command(made_datasets, made, target, tmp_path):
    data = ("--data", KIND_OF[made], made_datasets[made])
    done = train(tmp_path, "--architecture", "paper", *data, "--target", target, "--steps", 2, "--json")
    assert done.exit_code == 0, done.output
    metrics = json.loads(done.stdout[done.stdout.index("{") :])
    assert metrics["clips"] == metrics["validation_clips"] == 1
    assert 0 <= metrics["ef_mae_points"] <= 100
    training = load_weights(tmp_path / FILE_NAME, KIND).training
    assert training["target"] == target
    assert training["data"].startswith(KIND_OF[made])
    assert training["command"] == (
        f"python -m twin_core train encoder --architecture paper --target {target} --data {KIND_OF[made]} FOLDER "
        "--out DIR --seed 0"
    )
    clip = from_dataset(open_dataset(*data[1:])).test[0].read()
    encoder = TrainedPaperEncoder.load(tmp_path / FILE_NAME, "cpu")
    beat = solve_periodic(CircuitParameters(**encoder.encode(clip)))
    chain = ("evaluate", made_datasets[made], "--dataset", KIND_OF[made], "--encoder", tmp_path / FILE_NAME)
    done = CliRunner().invoke(whole_app, [*map(str, chain), "--device", "cpu", "--json"])
    assert done.exit_code == 0, done.output
    answer = json.loads(done.stdout[done.stdout.index("{") :])
    found = answer["splits"]["test"]["ef_twin_every_clip"]
    record = open_dataset(*data[1:]).of("test")[0]
    assert found["clips"] == 1 and answer["models"]["encoder"] == encoder.weights.sha256
    if made == "echonet":  # a half beat is played back and forth before it is shown
        assert found["bias_points"] == pytest.approx(beat.ejection_fraction_pct - record.ef_pct, abs=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--target", "ef"), "--target with the one_beat encoder: give --architecture paper"),
        (("--data", "echonet", "x"), "--data with the one_beat encoder: give --architecture paper"),
        (("--architecture", "paper", "--data", "echonet", "x", "--patients", 8), "--patients 8 with --data"),
        (("--architecture", "paper", "--data", "other", "x"), "no data set 'other'"),
        (("--architecture", "paper", "--volumes", "contour"), "--volumes contour with the paper's encoder"),
    ],
)
def test_options_that_do_not_go_together_are_refused(tmp_path, options, message):
    done = train(tmp_path, *options)
    assert done.exit_code == 1
    assert message in str(done.exception)
