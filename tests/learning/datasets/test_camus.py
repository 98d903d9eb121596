import shutil

import numpy as np
import pytest

from tests.learning.made_datasets import FRAME_RATE_HZ, made_patient, write_camus
from twin_core.echo.beats import find_beats
from twin_core.echo.clip import Clip
from twin_core.echo.curve import steadied
from twin_core.learning.datasets import DatasetError, open_dataset
from twin_core.learning.datasets.camus import ASSUMED_RATE_HZ, own_split
from twin_core.learning.datasets.records import HELD_S, TracedClip
from twin_core.learning.rendered_frames import volume_curve


@pytest.fixture(params=["nifti", "mhd"])
def layout(request):
    return request.param


def patient_folder(root, layout, number=1):
    return (root / "database_nifti" if layout == "nifti" else root) / f"patient{number:04d}"


def set_info(home, **changes):
    path = home / "Info_4CH.cfg"
    lines = dict(line.split(": ", 1) for line in path.read_text().splitlines())
    for key, value in changes.items():
        lines.pop(key, None)
        if value is not None:
            lines[key] = value
    path.write_text("".join(f"{k}: {v}\n" for k, v in lines.items()))


def test_a_record_holds_what_the_info_file_says_and_reads_what_was_drawn(made_datasets, layout):
    data = open_dataset("camus", made_datasets[layout])
    record = data.records[0]
    truth = made_patient((0, 0), size=224, half_beat=True)
    assert data.has_scale and data.problems == () and record.half_beat
    assert record.ef_pct == pytest.approx(truth.ef_pct, abs=0.5)
    if layout == "nifti":
        assert (record.edv_ml, record.frame_rate_hz) == (None, FRAME_RATE_HZ)
    else:
        assert record.edv_ml == pytest.approx(truth.edv_ml, abs=0.06) and record.frame_rate_hz is None
    traced = record.read()
    scale = truth.clip.cm_per_px[0]
    # The mhd layout's pixels are twice as wide as high: both pictures come out with square pixels of one scale.
    assert traced.clip.cm_per_px == pytest.approx((scale, scale) if layout == "nifti" else (2 * scale, 2 * scale))
    assert traced.clip.frame_rate_hz == pytest.approx(FRAME_RATE_HZ if layout == "nifti" else ASSUMED_RATE_HZ)
    assert (traced.end_diastole.frame, traced.end_systole.frame) == (truth.ed, truth.es)
    for tracing in traced.tracings:
        area = tracing.mask.sum() * np.prod(traced.clip.cm_per_px)
        assert area == pytest.approx(truth.clip.masks[tracing.frame].sum() * scale**2, rel=0.02)
        assert tracing.mask.shape == traced.clip.sector.shape


def test_a_half_beat_is_mirrored_into_a_whole_one(made_datasets):
    record = open_dataset("camus", made_datasets["nifti"]).records[0]
    traced = record.read()
    whole, count = traced.mirrored("emptying"), len(traced.clip.frames)
    assert record.half_beat == "emptying"
    assert len(whole.clip.frames) == 2 * count - 1 and whole.clip.cm_per_px == traced.clip.cm_per_px
    assert np.array_equal(whole.clip.frames, whole.clip.frames[::-1])
    assert np.array_equal(whole.clip.frames[:count], traced.clip.frames)
    assert whole.clip.frame_rate_hz == pytest.approx(FRAME_RATE_HZ) and whole.tracings == traced.tracings


def test_a_half_beat_from_end_systole_on_begins_at_end_diastole_too(made_datasets, tmp_path):
    forwards = open_dataset("camus", made_datasets["nifti"]).records[0].read()
    write_camus(tmp_path, 1, filling=True)
    record = open_dataset("camus", tmp_path).records[0]
    traced, whole = record.read(), record.read_whole()
    count = len(traced.clip.frames)
    assert record.half_beat == "filling"
    assert (traced.end_systole.frame, traced.end_diastole.frame) == (0, count - 1)
    assert (whole.end_diastole.frame, whole.end_systole.frame) == (0, count - 1)
    assert np.array_equal(whole.end_systole.mask, traced.end_systole.mask)
    assert np.array_equal(whole.clip.frames[:count], forwards.clip.frames)
    assert np.array_equal(whole.clip.frames, whole.clip.frames[::-1])
    held = len(whole.clip.frames) - (2 * count - 1)
    assert held == round(HELD_S * FRAME_RATE_HZ)
    assert np.array_equal(whole.clip.frames[count - 1], whole.clip.frames[count - 1 + held])


@pytest.mark.parametrize("rate", [40, 60])
def test_a_filling_played_to_and_fro_keeps_its_ejection_fraction(rate):
    """The curve of frames alone: early filling and atrial kick between 60 and 120 mL."""
    whole = volume_curve(np.random.default_rng(1), np.linspace(0, 1, 901), 120.0, 60.0)
    filling = whole[int(whole.argmin()) :: 900 // rate]
    frames = np.repeat(filling.round().astype(np.uint8)[:, None, None], 16, axis=1).repeat(16, axis=2)
    clip = Clip(
        frames=frames,
        time_s=np.arange(len(frames)) / rate,
        cm_per_px=None,
        cm_per_px_source="unknown",
        sector=np.ones((16, 16), bool),
        format="made",
        sha256="",
    )
    played = TracedClip(clip=clip, tracings=()).mirrored("filling").clip
    volume = played.frames[:, 0, 0].astype(float)
    (beat,) = find_beats(steadied(volume, played.time_s, 0.9), played.time_s)
    assert beat.ef_pct == pytest.approx(50.0, abs=3.5)


def test_published_splits_are_taken_and_a_patient_in_none_is_told(dataset_copy):
    root = dataset_copy("nifti")
    assert [r.split for r in open_dataset("camus", root).records] == ["train", "val", "test"]
    # The same when the folder given is database_nifti itself.
    assert [r.split for r in open_dataset("camus", root / "database_nifti").records] == ["train", "val", "test"]
    (root / "database_split" / "subgroup_testing.txt").write_text("patient0009\n")
    data = open_dataset("camus", root)
    assert len(data.records) == 2 and "patient0003 is in none of the subgroup files" in data.problems[0]


def test_without_published_splits_patients_are_divided_80_10_10_by_name(made_datasets):
    data = open_dataset("camus", made_datasets["mhd"])
    assert data.records[0].split == own_split("patient0001") and "SHA-256" in data.split_rule
    splits = [own_split(f"patient{i:04d}") for i in range(1, 501)]
    assert 380 < splits.count("train") < 420 and 35 < splits.count("val") < 65 and 35 < splits.count("test") < 65


def test_the_first_release_keeps_testing_apart_and_without_reference(made_datasets, tmp_path):
    for part in ("training", "testing"):
        shutil.copytree(made_datasets["mhd"] / "patient0001", tmp_path / part / "patient0001")
    home = tmp_path / "testing" / "patient0001"
    set_info(home, LVef=None, LVedv=None, LVesv=None)
    for drawn in home.glob("*_gt.*"):
        drawn.unlink()
    data = open_dataset("camus", tmp_path)
    assert {r.name: r.split for r in data.records}["testing/patient0001"] == "test"
    assert len({r.name for r in data.records}) == 2  # both are patient0001
    (hidden,) = [r for r in data.records if r.name.startswith("testing")]
    assert (hidden.ef_pct, hidden.edv_ml, hidden.read().tracings) == (None, None, ())


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"ED": "one"}, "ED is 'one', not a number from 1"),
        ({"NbFrame": None}, "NbFrame is None"),
        ({"FrameRate": "0"}, "FrameRate is '0', not a number from 1 to 500"),
        ({"EF": "150"}, "EF is '150', not a number from 0 to 100"),
    ],
)
def test_a_bad_info_file_is_named_and_the_others_are_read(dataset_copy, changes, message):
    root = dataset_copy("nifti")
    set_info(patient_folder(root, "nifti"), **changes)
    data = open_dataset("camus", root)
    assert [r.name for r in data.records] == ["patient0002", "patient0003"] and len(data.problems) == 1
    assert data.problems[0].startswith("database_nifti/patient0001/Info_4CH.cfg: ") and message in data.problems[0]


def test_missing_info_and_sequence_are_named(dataset_copy, layout):
    root = dataset_copy(layout)
    (patient_folder(root, layout, 1) / "Info_4CH.cfg").unlink()
    for path in patient_folder(root, layout, 2).glob("*sequence*"):
        path.unlink()
    data = open_dataset("camus", root)
    assert [r.name for r in data.records] == ["patient0003"]
    assert "Info_4CH.cfg cannot be read" in data.problems[0] and "_4CH_half_sequence" in data.problems[1]


def test_a_damaged_picture_is_an_error_with_its_patient(dataset_copy, layout):
    root = dataset_copy(layout)
    home = patient_folder(root, layout)
    victim = next(home.glob("*sequence.nii.gz" if layout == "nifti" else "*sequence.raw"))
    victim.write_bytes(victim.read_bytes()[:1000])
    with pytest.raises(DatasetError, match=r"patient0001/Info_4CH\.cfg: patient0001_4CH_\w+\.\w.* copy it again"):
        open_dataset("camus", root).records[0].read()


def test_a_damaged_tracing_leaves_its_clip_readable(dataset_copy):
    root = dataset_copy("nifti")
    victim = patient_folder(root, "nifti") / "patient0001_4CH_ES_gt.nii.gz"
    victim.write_bytes(victim.read_bytes()[:100])
    traced = open_dataset("camus", root).records[0].read()
    assert len(traced.tracings) == 1 and "patient0001_4CH_ES_gt.nii.gz cannot be read" in traced.problems[0]


def test_frame_numbers_beyond_the_clip_are_told_and_left_out(dataset_copy):
    root = dataset_copy("nifti")
    set_info(patient_folder(root, "nifti"), ES="40")
    record = open_dataset("camus", root).records[0]
    assert not record.half_beat
    traced = record.read()
    assert len(traced.tracings) == 1 and traced.end_systole is None
    assert "ES is frame 40, the clip has 14 frames" in traced.problems[0]


def test_an_empty_or_absent_folder_is_an_error(tmp_path):
    with pytest.raises(DatasetError, match="no usable patient; the first problem: it holds no folder named like"):
        open_dataset("camus", tmp_path)
    with pytest.raises(DatasetError, match="is no folder"):
        open_dataset("camus", tmp_path / "none")
    with pytest.raises(ValueError, match="no layout 'dicom': choose nifti or mhd"):
        write_camus(tmp_path, 1, layout="dicom")
