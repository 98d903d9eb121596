import numpy as np
import pytest
from pydicom import Dataset

from twin_core.echo.frame_times import dicom_frame_times
from twin_core.echo.limits import ClipError

FRAME_TIME, FRAME_TIME_VECTOR = 0x00181063, 0x00181065


def times(frames: int = 4, **attributes) -> np.ndarray:
    dataset = Dataset()
    for keyword, value in attributes.items():
        setattr(dataset, keyword, value)
    return dicom_frame_times(dataset, frames)


def test_frame_time_is_milliseconds():
    assert times(FrameTime=20) == pytest.approx([0, 0.02, 0.04, 0.06])


@pytest.mark.parametrize("vector", [[0, 20, 30, 20], [20, 20, 30, 20], [20, 30, 20]])
def test_frame_time_vector_keeps_uneven_frames(vector):
    assert times(FrameTimeVector=vector) == pytest.approx([0, 0.02, 0.05, 0.07])


def test_a_vector_of_one_value_is_an_even_interval():
    assert times(FrameTimeVector=[25]) == pytest.approx([0, 0.025, 0.05, 0.075])


def test_the_pointer_decides_between_both():
    both = {"FrameTime": 20, "FrameTimeVector": [0, 40, 40, 40]}
    assert times(**both, FrameIncrementPointer=FRAME_TIME)[1] == pytest.approx(0.02)
    assert times(**both, FrameIncrementPointer=FRAME_TIME_VECTOR)[1] == pytest.approx(0.04)
    assert times(**both)[1] == pytest.approx(0.04)


@pytest.mark.parametrize("vector", [[0, 0, 0, 0], [0, 20, 0, 20], [0, 20], [0, -20, 20, 20], [0]])
def test_unusable_vectors_give_way(vector):
    assert times(FrameTimeVector=vector, FrameTime=25)[1] == pytest.approx(0.025)


def test_unusable_frame_time_gives_way_to_the_rates():
    rates = {"CineRate": 50, "RecommendedDisplayFrameRate": 30}
    for frame_time in (0, 0.033, 9999, ""):
        assert times(FrameTime=frame_time, **rates)[1] == pytest.approx(0.02)
    assert times(RecommendedDisplayFrameRate=30)[1] == pytest.approx(1 / 30)
    assert times(EffectiveDuration=0.1)[1] == pytest.approx(0.025)
    assert times(ActualFrameDuration=40)[1] == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("attributes", "received"),
    [({}, "none"), ({"FrameTime": 0}, "FrameTime 0.0"), ({"FrameTimeVector": [0, 0, 0, 0], "CineRate": 0}, "CineRate")],
)
def test_missing_times_are_an_error_that_shows_what_there_was(attributes, received):
    with pytest.raises(ClipError, match=received):
        times(**attributes)
