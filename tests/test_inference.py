import json

import cv2
import numpy as np
import pydicom
import pydicom.examples
import pytest
import torch

from twin_core.circuit import LEARNED, PARAMETERS, ParameterError
from twin_core.cli import main
from twin_core.echo.clip import ClipError, read_clip
from twin_core.inference import DISAGREEMENT_EF_POINTS, disagreements, infer
from twin_core.learning.observation import RATE_ERROR_BPM
from twin_core.twin import Twin, TwinError

SAMPLE = str(pydicom.examples.get_path("ybr_color"))
CUFF = ("--systolic", "118", "--diastolic", "72")


@pytest.fixture(scope="module")
def sample():
    return infer(SAMPLE, device="cpu")


def write_avi(path, frames, fps=30):
    height, width = frames[0].shape
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, (width, height), isColor=False)
    for frame in frames:
        writer.write(frame)
    writer.release()


def test_the_sample_becomes_a_twin_that_beats_like_the_patient(sample):
    twin = sample.twin
    assert twin is not None
    assert 40 < twin.measured.ejection_fraction_pct < 80
    assert 50 < twin.measured.heart_rate_bpm < 120
    assert twin.measured.calibrated
    assert not sample.measurement.heart_rate_rough
    assert len(twin.measured.each_beat) == 1 and twin.measured.ejection_fraction_sd_pct is None
    assert twin.posterior["heart_rate_bpm"].std() == pytest.approx(RATE_ERROR_BPM, rel=0.25)
    beat = twin.simulate()
    assert beat.status == "periodic"
    assert beat.heart_rate_bpm == pytest.approx(twin.measured.heart_rate_bpm, rel=0.01)
    agrees = abs(beat.ejection_fraction_pct - twin.measured.ejection_fraction_pct) <= DISAGREEMENT_EF_POINTS
    assert agrees or any("does not reach what was measured" in reason for reason in twin.quality.reasons)
    assert beat.edv_ml == pytest.approx(twin.measured.edv_ml, rel=0.1)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({}, None),
        ({"ejection_fraction_pct": 1.5}, None),
        ({"ejection_fraction_pct": 2.5}, "does not reach what was measured: EF"),
        ({"ejection_fraction_pct": -2.5}, "does not reach what was measured: EF"),
        ({"edv_ml": 8.0}, "the circuit's EDV is"),
        ({"heart_rate_bpm": 2.0}, "the circuit beats at"),
    ],
)
def test_a_circuit_that_beats_otherwise_than_was_measured_is_told(sample, change, told):
    beat = sample.twin.simulate()
    names = ("ejection_fraction_pct", "edv_ml", "heart_rate_bpm")
    like_it = {name: getattr(beat, name) + change.get(name, 0.0) for name in names}
    assert like_it["edv_ml"] < 150  # so that 8 mL are more than the twentieth
    found = disagreements(sample.twin.measured.model_copy(update=like_it), sample.twin.circuit)
    words = [line for line in found if "pressure" not in line]
    assert (words == []) if told is None else (len(words) == 1 and told in words[0])


def test_a_heart_rate_that_is_told_roughly_is_as_uncertain_in_the_twin(tmp_path):
    """The sample without its first ejection: filling, then an ejection that the clip ends with."""
    write_avi(tmp_path / "late.avi", read_clip(SAMPLE).frames[8:])
    late = infer(tmp_path / "late.avi", device="cpu")
    twin = late.twin
    assert late.measurement.heart_rate_rough and any("rough" in reason for reason in twin.quality.reasons)
    assert len(twin.measured.each_beat) == 1 and twin.measured.ejection_fraction_sd_pct is None
    assert twin.posterior["heart_rate_bpm"].std() == pytest.approx(twin.measured.heart_rate_error_bpm, rel=0.25)


def test_every_learned_parameter_is_within_its_bounds(sample):
    for name in LEARNED:
        low, high = PARAMETERS[name].bounds
        assert low <= sample.twin.parameters[name] <= high


def test_masks_are_in_the_clips_own_pixels_inside_the_sector(sample):
    assert sample.masks.shape == sample.clip.frames.shape
    assert sample.masks.dtype == np.uint8
    assert not sample.masks[:, ~sample.clip.sector].any()


def test_nothing_that_names_the_patient_is_in_the_twin(sample, tmp_path):
    tagged = pydicom.dcmread(SAMPLE)
    tagged.PatientName, tagged.PatientID, tagged.PatientBirthDate = "Garcia^Maria", "QX-4711", "19550102"
    tagged.save_as(tmp_path / "Garcia.dcm")
    text = infer(tmp_path / "Garcia.dcm", device="cpu").twin.to_json()
    for secret in ("Garcia", "Maria", "QX", "19550102", str(tmp_path)):
        assert secret not in text


def test_the_twin_says_which_weights_made_it(sample):
    assert sample.twin.models.keys() == {"segmenter", "encoder", "posterior", "view"}
    assert all(len(digest) == 64 for digest in sample.twin.models.values())


def test_progress_rises_to_one():
    told = []
    infer(SAMPLE, device="cpu", progress=lambda share, text: told.append((share, text)))
    shares = [share for share, _ in told]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(text for _, text in told)


def test_python_and_command_line_give_the_same_twin(sample, tmp_path, capsys):
    assert Twin.from_clip(SAMPLE, device="cpu") == sample.twin
    with pytest.raises(SystemExit) as stop:
        main(["infer", SAMPLE, "--json", "--out", str(tmp_path / "t.json"), "--contours", str(tmp_path / "m.npz")])
    assert stop.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer.keys() >= {"measured", "parameters", "simulated", "quality"}
    assert answer["quality"]["usable"] is True
    assert Twin.load(tmp_path / "t.json") == sample.twin
    assert np.load(tmp_path / "m.npz")["masks"].shape == (30, 240, 320)


def test_two_hundred_draws_come_with_the_twin_and_are_the_clips_own(sample):
    assert all(len(values) == 200 for values in sample.twin.posterior_draws.values())
    assert sample.twin.posterior_draws == infer(SAMPLE, device="cpu").twin.posterior_draws
    rate = sample.twin.posterior["heart_rate_bpm"]
    assert rate.mean() == pytest.approx(sample.twin.measured.heart_rate_bpm, abs=1)
    for name, values in sample.twin.posterior_draws.items():  # five digits, or a bound to its last
        assert all(float(f"{v:.5g}") == v or v in PARAMETERS[name].bounds for v in values)


def test_a_cuff_pressure_is_kept_and_narrows_the_resistance(sample):
    cuffed = infer(SAMPLE, device="cpu", systolic_mmhg=140, diastolic_mmhg=85)
    measured = cuffed.twin.measured
    assert (measured.systolic_pressure_mmhg, measured.diastolic_pressure_mmhg) == (140, 85)
    assert cuffed.twin.parameters == sample.twin.parameters  # the estimate stays the encoder's
    narrowed = cuffed.posterior["systemic_resistance"].narrowing_pct
    assert any("140 on the cuff; " in one or "140 on the cuff and" in one for one in cuffed.twin.quality.reasons)
    assert narrowed > sample.posterior["systemic_resistance"].narrowing_pct + 10


def test_a_cuff_upside_down_is_refused_before_the_clip_is_read():
    with pytest.raises(ParameterError, match="check the two"):
        infer("none.avi", device="cpu", systolic_mmhg=60, diastolic_mmhg=90)


def test_a_follow_up_clip_tells_the_change(sample, tmp_path, capsys):
    sample.twin.save(tmp_path / "first.json")
    with pytest.raises(SystemExit) as stop:
        main(["infer", SAMPLE, "--json", "--earlier", str(tmp_path / "first.json"), "--device", "cpu", *CUFF])
    assert stop.value.code == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["posterior"].keys() == sample.twin.posterior_draws.keys()
    assert answer["posterior"]["emax_mmhg_per_ml"].keys() == {
        *("median", "percentile_5", "percentile_95", "narrowing_pct")
    }
    assert "posterior_draws" not in answer
    assert {"edv_ml", "esv_ml", "ejection_fraction_pct", "emax_mmhg_per_ml"} <= answer["change"].keys()
    for one in answer["change"].values():  # the same clip: nothing is sure to have risen or fallen
        assert one["low"] < 0 < one["high"]
        assert 0.05 < one["probability_of_increase"] < 0.95


def test_the_change_is_a_table_too(sample, tmp_path, capsys):
    sample.twin.save(tmp_path / "first.json")
    with pytest.raises(SystemExit):
        main(["infer", SAMPLE, "--earlier", str(tmp_path / "first.json"), "--device", "cpu"])
    text = capsys.readouterr().out
    assert "90 % interval" in text
    assert f"Change since {sample.twin.pseudonym}" in text
    assert text.count("End-systolic volume") == 2


def test_an_earlier_twin_that_cannot_be_compared_is_refused(sample, tmp_path, capsys):
    old = json.loads(sample.twin.to_json())
    del old["posterior_draws"]
    (tmp_path / "old.json").write_text(json.dumps({**old, "schema_version": 1}))
    with pytest.raises(SystemExit) as stop:
        main(["infer", SAMPLE, "--earlier", str(tmp_path / "old.json"), "--device", "cpu"])
    assert stop.value.code == 1
    error = capsys.readouterr().err
    assert "no posterior draws" in error and error.count("\n") == 1


def test_depth_calibrates_and_leaves_ef_alone(real_echo):
    assumed = infer(real_echo / "normal.avi", device="cpu").twin.measured
    known = infer(real_echo / "normal.avi", device="cpu", depth_cm=16.0).twin.measured
    assert (assumed.calibrated, known.calibrated) == (False, True)
    assert known.ejection_fraction_pct == pytest.approx(assumed.ejection_fraction_pct, abs=0.1)
    assert known.edv_ml / assumed.edv_ml == pytest.approx((16 / 15) ** 3, rel=0.01)


@pytest.mark.skipif(torch.cuda.is_available(), reason="asks for what a machine without CUDA says")
def test_running_on_the_cpu_for_want_of_a_gpu_is_one_line(capsys):
    for device, said in (("auto", "no CUDA device is there: ran on the CPU.\n"), ("cpu", "")):
        with pytest.raises(SystemExit) as stop:
            main(["infer", SAMPLE, "--json", "--device", device])
        assert stop.value.code == 0 and capsys.readouterr().err == said


def test_each_beat_is_kept_with_the_spread(real_echo, tmp_path):
    twin = infer(real_echo / "normal.avi", device="cpu").twin
    found = twin.measured
    assert len(found.each_beat) == found.beats > 1
    for mean, spread, name in (
        (found.ejection_fraction_pct, found.ejection_fraction_sd_pct, "ejection_fraction_pct"),
        (found.edv_ml, found.edv_sd_ml, "edv_ml"),
        (found.esv_ml, found.esv_sd_ml, "esv_ml"),
    ):
        values = [getattr(beat, name) for beat in found.each_beat]
        assert mean == pytest.approx(np.mean(values))
        assert spread == pytest.approx(np.std(values, ddof=1))
    times = [time for beat in found.each_beat for time in (beat.end_diastole_s, beat.end_systole_s)]
    assert times == sorted(times)
    twin.save(tmp_path / "t.json")
    assert Twin.load(tmp_path / "t.json").measured == found


def test_real_clips_are_told_apart(real_echo):
    ef = {
        name: infer(real_echo / f"{name}.avi", device="cpu").twin.measured.ejection_fraction_pct
        for name in ("normal", "low_ef", "arrhythmia")
    }
    assert ef["low_ef"] < 45 < 52 < min(ef["normal"], ef["arrhythmia"])


def noise(rng):
    return [rng.integers(0, 255, (112, 112), np.uint8) for _ in range(40)]


def flicker(rng):
    return [np.full((112, 112), 60 + 40 * (i % 2), np.uint8) for i in range(40)]


def drifting_disc(rng):
    frames = []
    for i in range(40):
        frame = np.full((112, 112), 90, np.uint8)
        cv2.circle(frame, (30 + i, 56), 12, 0, -1)
        frames.append(frame)
    return frames


@pytest.mark.parametrize("make", [noise, flicker, drifting_disc])
def test_a_clip_without_a_heart_gives_reasons_and_no_numbers(make, tmp_path, capsys):
    path = tmp_path / "clip.avi"
    write_avi(path, make(np.random.default_rng(0)))
    with pytest.raises(SystemExit) as stop:
        main(["infer", str(path), "--json", "--device", "cpu"])
    assert stop.value.code == 1
    output = capsys.readouterr()
    assert output.err.startswith("error: ")
    assert output.err.count("\n") == 1
    if output.out:  # it was read as a clip, then found unusable
        answer = json.loads(output.out)
        assert answer["quality"]["usable"] is False
        assert answer["quality"]["reasons"]
        assert "measured" not in answer


def test_what_cannot_be_read_is_refused(tmp_path):
    (tmp_path / "x.avi").write_bytes(b"RIFF")
    with pytest.raises(ClipError):
        infer(tmp_path / "x.avi")
    with pytest.raises((ClipError, TwinError)):
        Twin.from_clip(tmp_path / "none.dcm")


def test_a_device_that_is_not_there_is_said():
    with pytest.raises(ValueError, match="choose auto, cpu or cuda"):
        infer(SAMPLE, device="tpu")
