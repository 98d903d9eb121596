import dataclasses

import numpy as np
import pytest

from twin_core.circuit import solve_periodic
from twin_core.learning.clip_samples import render_patient
from twin_core.learning.encoder import Encoder
from twin_core.learning.pipeline import Pipeline
from twin_core.learning.weights import WeightsError


@pytest.fixture(scope="module")
def pipeline():
    return Pipeline("cpu")


@pytest.fixture(scope="module")
def patient():
    return render_patient((5, 1))


def test_a_rendered_patient_comes_back_as_a_circuit_of_its_volumes(pipeline, patient):
    told = []
    masks, measurement, reasons = pipeline.measure(patient.clip, lambda share, text: told.append((share, text)))
    assert reasons == ()
    assert masks.shape == patient.clip.frames.shape and masks.dtype == np.uint8
    assert measurement.edv_ml == pytest.approx(patient.edv_ml, rel=0.25)
    beat = solve_periodic(pipeline.circuit(patient.clip, masks, measurement))
    assert beat.edv_ml == pytest.approx(measurement.edv_ml, rel=0.1)
    assert told == [(0.0, f"Finding the ventricle in {len(patient.clip.frames)} frames"), (0.8, "Measuring volumes")]


def test_a_clip_that_does_not_move_is_judged(pipeline, patient):
    still = np.repeat(patient.clip.frames[:1], len(patient.clip.frames), 0)
    _, _, reasons = pipeline.measure(dataclasses.replace(patient.clip, frames=still))
    assert "still picture" in reasons[0]


def test_it_says_which_weights_it_has(pipeline):
    assert pipeline.models.keys() == {"segmenter", "encoder", "view"}
    assert pipeline.models["encoder"] == Encoder.load(device="cpu").weights.sha256


def test_a_weight_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(WeightsError, match="none"):
        Pipeline("cpu", segmenter=tmp_path / "none.safetensors")
