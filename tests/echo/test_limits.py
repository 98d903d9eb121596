import pytest

from twin_core.echo.limits import ClipError, check_frame_count, check_frame_rate, check_frame_size


def test_usual_clips_pass():
    check_frame_size(112, 112)
    check_frame_count(200, 768, 1024)
    check_frame_rate(50.0, "header")


@pytest.mark.parametrize("size", [(31, 100), (100, 4097), (0, 0), (-5, 100)])
def test_sizes(size):
    with pytest.raises(ClipError, match=f"{size[1]} x {size[0]} pixels"):
        check_frame_size(*size)


@pytest.mark.parametrize(
    ("count", "says"),
    [((0, 9, 9), "no frames"), ((1, 9, 9), "one frame"), ((7, 9, 9), "7 frames"), ((2001, 9, 9), "limit is 2000")],
)
def test_counts(count, says):
    with pytest.raises(ClipError, match=says):
        check_frame_count(*count)


def test_memory():
    with pytest.raises(ClipError, match=r"4\.3 GB once decoded, the limit is 1\.1 GB"):
        check_frame_count(256, 4096, 4096)


@pytest.mark.parametrize("rate", [3.9, 501, float("nan"), 0])
def test_rates(rate):
    with pytest.raises(ClipError, match="its header says"):
        check_frame_rate(rate, "header")
