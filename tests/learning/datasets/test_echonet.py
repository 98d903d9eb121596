import csv

import numpy as np
import pytest

from tests.learning.made_datasets import FRAME_RATE_HZ, made_patient
from twin_core.learning.datasets import DatasetError, open_dataset
from twin_core.learning.datasets.echonet import chords_mask


@pytest.fixture
def folder(dataset_copy):
    return dataset_copy("echonet")


def rows_of(path):
    with path.open(newline="") as file:
        return list(csv.reader(file))


def rewrite(path, change):
    rows = rows_of(path)
    change(rows)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(rows)


def test_a_record_holds_what_the_tables_say_and_reads_what_was_drawn(folder):
    data = open_dataset("echonet", folder)
    assert [r.split for r in data.records] == ["train", "val", "test"] and data.problems == ()
    assert not data.has_scale and [r.name for r in data.of("val")] == ["0XABC001"]
    truth = made_patient((0, 0))
    record = data.records[0]
    assert (record.ef_pct, record.edv_ml, record.esv_ml) == pytest.approx((truth.ef_pct, truth.edv_ml, truth.esv_ml))
    traced = record.read()
    assert traced.clip.frames.shape == truth.clip.frames.shape and traced.clip.cm_per_px is None
    # The video's own header says 50 Hz; the table is to be trusted.
    assert traced.clip.frame_rate_hz == pytest.approx(FRAME_RATE_HZ)
    assert np.abs(traced.clip.frames.astype(int) - truth.clip.frames).mean() < 6
    assert traced.end_diastole.frame == truth.ed and traced.end_systole.frame == truth.es
    for tracing in traced.tracings:
        drawn = truth.clip.masks[tracing.frame]
        assert 2 * (drawn & tracing.mask).sum() / (drawn.sum() + tracing.mask.sum()) > 0.95
        assert tracing.mask.sum() == pytest.approx(drawn.sum(), rel=0.06)


def test_file_names_with_and_without_suffix_are_the_same_video(folder):
    rewrite(folder / "FileList.csv", lambda rows: rows[1].__setitem__(0, rows[1][0] + ".avi"))

    def plain(rows):
        for row in rows[1:]:
            row[0] = row[0].removesuffix(".avi")

    rewrite(folder / "VolumeTracings.csv", plain)
    record = open_dataset("echonet", folder).records[0]
    assert record.name == "0XABC000" and len(record.read().tracings) == 2


def test_missing_and_impossible_tracings_are_told_and_left_out(folder):
    def change(rows):
        rows[:] = [r for r in rows if not r[0].startswith("0XABC001")]
        name = rows[1][0]
        rows += [[name, 1, 1, 9, 9, 900], [name, 1, 2, 9, 2, 900], [name, 1, 1, 9, 9, 5], [name, "x", 1, 9, 9, 5]]

    rewrite(folder / "VolumeTracings.csv", change)
    data = open_dataset("echonet", folder)
    assert len(data.problems) == 1 and "VolumeTracings.csv row" in data.problems[0] and "X1 is 'x'" in data.problems[0]
    first = data.records[0].read()
    assert len(first.tracings) == 2
    assert "tracing of frame 900, the clip has 71 frames" in " ".join(first.problems)
    assert "frame 5 has 1 rows, too few" in " ".join(first.problems)
    untraced = data.records[1].read()
    assert untraced.tracings == () and untraced.end_diastole is None and untraced.problems == ()


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("FPS", "0", "FPS is '0', not a number from 1 to 500"),
        ("EF", "many", "EF is 'many', not a number"),
        ("EDV", "nan", "EDV is 'nan'"),
        ("Split", "holdout", "Split is 'holdout': expected TRAIN, VAL, TEST"),
        ("FileName", "../else", "not the name of a video"),
        ("FileName", "0XFFF", "Videos/0XFFF.avi is missing"),
        ("FileName", "0XABC001", "was listed before"),
    ],
)
def test_a_bad_row_is_named_and_the_others_are_read(folder, column, value, message):
    at = -2 if value == "0XABC001" else 1
    rewrite(folder / "FileList.csv", lambda rows: rows[at if at > 0 else 3].__setitem__(rows[0].index(column), value))
    data = open_dataset("echonet", folder)
    assert len(data.records) == 2 and len(data.problems) == 1
    assert data.problems[0].startswith("FileList.csv row ") and message in data.problems[0]


def test_a_clip_that_cannot_be_decoded_is_an_error_with_its_row(folder):
    (folder / "Videos" / "0XABC002.avi").write_bytes(b"RIFF nothing")
    record = open_dataset("echonet", folder).records[2]
    with pytest.raises(DatasetError, match=r"FileList\.csv row 4: 0XABC002\.avi: "):
        record.read()


@pytest.mark.parametrize("table", ["FileList.csv", "VolumeTracings.csv"])
def test_a_missing_table_or_column_is_an_error(folder, table):
    rewrite(folder / table, lambda rows: rows[0].__setitem__(0, "Name"))
    with pytest.raises(DatasetError, match=f"{table} lacks the column FileName, it has Name, "):
        open_dataset("echonet", folder)
    (folder / table).unlink()
    with pytest.raises(DatasetError, match=f"{table} cannot be read"):
        open_dataset("echonet", folder)


def test_no_folder_no_rows_and_no_such_kind(folder, tmp_path):
    with pytest.raises(DatasetError, match=r"is no folder: give the one that holds FileList\.csv"):
        open_dataset("echonet", tmp_path / "none")
    rewrite(folder / "FileList.csv", lambda rows: rows.__setitem__(slice(1, None), []))
    with pytest.raises(DatasetError, match="no usable row"):
        open_dataset("echonet", folder)
    with pytest.raises(DatasetError, match="no data set 'mnist': choose from echonet, camus"):
        open_dataset("mnist", folder)


def test_an_outline_is_filled_to_its_own_size():
    square = np.array([[50, 20, 50, 80], *([20.0, y, 80.0, y] for y in range(20, 81, 3))])
    mask = chords_mask(square, (112, 112))
    assert mask.sum() == pytest.approx(60 * 60, rel=0.04)
    assert mask[50, 50] and not mask[50, 15] and not mask[85, 50]
