import csv
import json

import cv2
import numpy as np
import pytest
import torch

from tests.learning.made_datasets import chords_of, made_patient
from twin_core.cli import main
from twin_core.inference import infer
from twin_core.learning.datasets import open_dataset
from twin_core.learning.evaluate import Row, _dice, _kind, evaluate, evaluate_clip, summarise
from twin_core.learning.pipeline import Pipeline


@pytest.fixture(autouse=True)
def one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline("cpu")


def row(ef, found, **more):
    return Row(name="x", split="test", ef_pct=ef, edv_ml=None, esv_ml=None, ef_measured_pct=found, **more)


def test_the_command_on_echonet_answers_in_json_whatever_is_wrong_with_clips(dataset_copy, capsys):
    folder = dataset_copy("echonet")
    (folder / "Videos" / "0XABC001.avi").write_bytes(b"RIFF nothing")
    still = cv2.VideoWriter(str(folder / "Videos" / "0XABC002.avi"), cv2.VideoWriter.fourcc(*"MJPG"), 50.0, (112, 112))
    frame = made_patient((0, 1)).clip.frames[0]
    for _ in range(20):
        still.write(cv2.cvtColor(frame, cv2.COLOR_GRAY2BGR))
    still.release()
    with (folder / "FileList.csv").open("a") as file:
        file.write("0XFFF,50,50,100,112,112,50,20,TEST\n")
    table = folder / "rows.csv"
    with pytest.raises(SystemExit) as done:
        main(["evaluate", "--dataset", "echonet", str(folder), "--split", "all", "--json", "--csv", str(table),
              "--device", "cpu"])  # fmt: skip
    output = capsys.readouterr()
    assert done.value.code == 0 and "clip 3/3" in output.err
    answer = json.loads(output.out)
    assert answer["dataset"] == "echonet" and "Videos/0XFFF.avi is missing" in answer["left_out_of_the_tables"][0]
    assert [m["ef_mae_points"] for m in answer["ef_to_beat"]] == [4.1, 3.9]

    good = answer["splits"]["train"]
    truth = made_patient((0, 0))
    assert (good["clips"], good["usable"]) == (1, 1)
    assert good["ef_measured"]["mae_points"] < 15 and good["ef_twin"]["clips"] == 1
    assert good["dice_end_diastole"]["mean"] > 0.85 and good["dice_end_systole"]["mean"] > 0.8
    assert good["ef_of_tracings"]["mae_points"] < 5
    assert good["edv_measured"] is None and "no pixel size" in good["volumes_reason"]
    assert good["seconds_per_clip"]["median"] > 0
    classes = {name: found["clips"] for name, found in good["ef_classes"].items() if found["clips"]}
    assert truth.ef_pct > 52 and classes == {"normal_from_52_pct": 1}

    damaged = answer["splits"]["val"]
    assert (damaged["clips"], damaged["unreadable"], damaged["usable"]) == (1, 1, 0)
    assert damaged["ef_measured"] is None and damaged["problems"][0].startswith("FileList.csv row 3: 0XABC001.avi: ")
    stands = answer["splits"]["test"]
    assert (stands["clips"], stands["unusable"], stands["usable"]) == (1, 1, 0) and stands["unusable_reasons"]
    with table.open(newline="") as file:
        rows = {r["name"]: r for r in csv.DictReader(file)}
    assert float(rows["0XABC000"]["ef_pct"]) == pytest.approx(truth.ef_pct, rel=1e-5)
    assert rows["0XABC002"]["reasons"] and rows["0XABC001"]["unreadable"]


@pytest.mark.parametrize("layout", ["nifti", "mhd"])
def test_camus_compares_volumes_in_ml(made_datasets, pipeline, layout):
    data = open_dataset("camus", made_datasets[layout])
    lines = []
    summary, rows = evaluate(data, ["train"], pipeline, limit=1, report=lines.append)
    found = summary["splits"]["train"]
    truth = made_patient((0, 0), size=224, half_beat=True)
    assert (found["clips"], found["usable"], found["half_beats_mirrored"]) == (1, 1, 1)
    assert found["ef_measured"]["mae_points"] < 15
    assert found["edv_measured_against_tracing"]["mae_ml"] < 0.25 * truth.edv_ml
    assert (found["edv_measured"] is None) == (layout == "nifti")
    if layout == "mhd":
        assert rows[0].edv_ml == pytest.approx(truth.edv_ml, abs=0.06) and found["volumes_reason"] is None
        assert found["edv_measured"]["mae_ml"] == pytest.approx(abs(rows[0].edv_measured_ml - rows[0].edv_ml))
    assert rows[0].edv_twin_ml == pytest.approx(rows[0].edv_measured_ml, rel=0.1)
    assert summary["ef_to_beat"] == [] and lines == ["clip 1/1, 0.0 min left"]


def test_a_clip_gives_the_numbers_that_infer_gives(dataset_copy, pipeline):
    folder = dataset_copy("echonet")
    table = folder / "FileList.csv"
    table.write_text(table.read_text().replace(",40,", ",50,"))  # the header's rate, which is all that infer knows
    found = evaluate_clip(open_dataset("echonet", folder).records[0], pipeline)
    result = infer(folder / "Videos" / "0XABC000.avi", device="cpu")
    assert found.ef_measured_pct == pytest.approx(result.measurement.ef_pct, rel=1e-12)
    assert found.usable == result.quality.usable
    assert found.ef_twin_pct == pytest.approx(result.twin.simulate().ejection_fraction_pct, abs=0.01)


def test_a_summary_counts_every_clip_once_and_unusable_ones_apart():
    data = type("Data", (), {"has_scale": False})()
    rows = [
        row(50.0, 54.0, ef_twin_pct=55.0, seconds=1.0),
        row(30.0, 28.0, ef_twin_pct=29.0, seconds=3.0),
        # An encoder that reads the clip alone gives a twin where the contour is not to be trusted.
        row(60.0, 20.0, ef_twin_pct=50.0, reasons=("the contour is unstable: 40% of the frames jump",), seconds=2.0),
        row(60.0, None, reasons=("the contour is unstable: 50% of the frames jump", "no beat"), seconds=2.0),
        row(55.0, None, unreadable="FileList.csv row 9: damaged"),
        row(None, 44.0, seconds=2.0),
    ]
    found = summarise(rows, data)
    assert [found[k] for k in ("clips", "usable", "unusable", "unreadable", "without_reference")] == [6, 3, 2, 1, 1]
    assert found["unusable_reasons"] == {"the contour is unstable": 2, "no beat": 1}
    assert found["ef_measured"]["clips"] == 2 and found["ef_measured"]["mae_points"] == 3.0
    assert found["ef_twin"]["clips"] == 2 and found["ef_twin"]["bias_points"] == 2.0
    assert found["ef_twin_every_clip"]["clips"] == 3 and found["ef_twin_every_clip"]["bias_points"] == -2.0
    assert found["ef_measured_every_clip"]["clips"] == 3
    assert found["ef_classes"]["moderately_reduced_30_to_40_pct"]["ef_measured"]["mae_points"] == 2.0
    assert sum(c["clips"] for c in found["ef_classes"].values()) == 5
    assert found["seconds_per_clip"] == {"median": 2.0, "worst": 3.0}
    assert found["dice_end_diastole"] is None and found["problems"] == ["FileList.csv row 9: damaged"]


def test_reasons_are_counted_without_their_figures():
    assert _kind("too short for a beat: 5 frames, 0.10 s; give at least one beat") == "too short for a beat"
    assert _kind("implausible ejection fraction 95 %: the contour") == _kind("implausible ejection fraction 2 %: x")
    cavity = "no left-ventricular cavity found in 40% of the frames, at most 25% may lack one; give a clearer clip"
    assert _kind(cavity) == "no left-ventricular cavity found in of the frames"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--dataset", "mnist"], "no data set 'mnist': choose from echonet, camus"),
        (["--dataset", "camus", "--split", "dev"], "no split 'dev': choose from train, val, test, all"),
        (["--dataset", "camus"], "has no usable patient"),
        (["--dataset", "echonet"], "FileList.csv cannot be read"),
        (["--dataset", "camus", "--csv", "no/such/folder/x.csv"], "cannot be written"),
    ],
)
def test_a_wrong_call_is_one_line(tmp_path, capsys, options, message):
    with pytest.raises(SystemExit) as done:
        main(["evaluate", str(tmp_path), *options])
    output = capsys.readouterr()
    assert done.value.code == 1 and output.out == ""
    assert output.err.startswith("error: ") and output.err.count("\n") == 1 and message in output.err


@pytest.mark.parametrize("content", ['a"' + "x" * 200_000, 'FileName,EF\n"' + "x\n" * 100_000, "FileName\x00,EF\n"])
def test_a_table_that_is_none_is_one_line(dataset_copy, capsys, content):
    folder = dataset_copy("echonet")
    (folder / "FileList.csv").write_text(content)
    with pytest.raises(SystemExit) as done:
        main(["evaluate", str(folder), "--dataset", "echonet"])
    error = capsys.readouterr().err
    assert done.value.code == 1 and error.startswith("error: ") and error.count("\n") == 1 and "FileList.csv" in error


def test_a_file_of_the_data_set_is_not_written_over(dataset_copy, capsys):
    folder = dataset_copy("echonet")
    labels = (folder / "FileList.csv").read_bytes()
    with pytest.raises(SystemExit) as done:
        main(["evaluate", str(folder), "--dataset", "echonet", "--csv", str(folder / "Videos" / ".." / "FileList.csv")])
    assert done.value.code == 1 and "would be overwritten" in capsys.readouterr().err
    assert (folder / "FileList.csv").read_bytes() == labels


def test_the_weights_that_are_evaluated_are_not_written_over(made_datasets, tmp_path, capsys):
    mine = tmp_path / "mine.safetensors"
    mine.write_bytes(b"hours of work")
    with pytest.raises(SystemExit) as done:
        main(["evaluate", str(made_datasets["echonet"]), "--dataset", "echonet", "--segmenter", str(mine),
              "--csv", str(mine)])  # fmt: skip
    assert done.value.code == 1 and "would be overwritten" in capsys.readouterr().err
    assert mine.read_bytes() == b"hours of work"


def test_the_table_says_what_is_to_beat(made_datasets, capsys):
    with pytest.raises(SystemExit) as done:
        main(["evaluate", str(made_datasets["nifti"]), "--dataset", "camus", "--limit", "1", "--device", "cpu"])
    shown = capsys.readouterr().out
    assert done.value.code == 0 and shown.startswith("test: 1 clips, ")
    assert "ef_measured" in shown and "dice_end_systole: mean 0." in shown


def test_dice_is_one_for_the_same_mask(made_datasets, pipeline):
    tracing = open_dataset("camus", made_datasets["nifti"]).records[0].read().tracings[0]
    masks = np.repeat(tracing.mask[None].astype(np.uint8), 3, axis=0)
    assert _dice(tracing, masks) == 1.0
    assert _dice(tracing, 1 - masks) == 0.0


@pytest.mark.slow
def test_real_clips_laid_out_as_a_data_set(real_echo, tmp_path, pipeline):
    (tmp_path / "Videos").mkdir()
    labels = [["FileName", "EF", "ESV", "EDV", "FPS", "Split"]]
    drawn = [["FileName", "X1", "Y1", "X2", "Y2", "Frame"]]
    with (real_echo / "reference.csv").open(newline="") as file:
        for known in csv.DictReader(file):
            name, ef = known["clip"], float(known["ef_area_length_pct"])
            labels.append([name.removesuffix(".avi"), ef, 100 - ef, 100, known["fps"], "TEST"])
            (tmp_path / "Videos" / name).symlink_to(real_echo / name)
            masks = np.load(real_echo / known["mask_file"])["masks"]
            sizes = masks.sum((1, 2))
            for frame in (int(sizes.argmin()), int(sizes.argmax())):
                drawn += [[name, *line, frame] for line in chords_of(masks[frame])]
    for table, rows in (("FileList.csv", labels), ("VolumeTracings.csv", drawn)):
        with (tmp_path / table).open("w", newline="") as file:
            csv.writer(file).writerows(rows)
    found = evaluate(open_dataset("echonet", tmp_path), ["test"], pipeline)[0]["splits"]["test"]
    assert (found["clips"], found["usable"], found["problems"]) == (3, 3, [])
    assert found["ef_measured"]["mae_points"] < 10 and found["ef_twin"]["clips"] == 3
    assert found["dice_end_diastole"]["worst"] > 0.8 and found["dice_end_systole"]["worst"] > 0.7
