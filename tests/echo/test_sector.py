import cv2
import numpy as np
import pytest

from tests.echo.made_clips import fan_frames, fan_mask, with_overlays
from twin_core.echo.limits import ClipError
from twin_core.echo.sector import find_sector


def overlap(a, b) -> float:
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize("scale", [0.8, 1.0, 3.0, 8.0])
def test_fan_is_found_at_any_size(scale):
    frames = fan_frames(scale=scale)
    assert overlap(find_sector(frames), fan_mask(*frames.shape[1:], scale)) > 0.95


def test_fan_is_found_on_a_screen_taller_than_wide():
    above, below = 20, 300
    frames = np.pad(fan_frames(), ((0, 0), (above, below), (0, 0)))
    assert overlap(find_sector(frames), np.pad(fan_mask(), ((above, below), (0, 0)))) > 0.95


@pytest.mark.parametrize("with_colour_map", [True, False])
def test_overlays_are_left_out(with_colour_map):
    colour = with_overlays(fan_frames(scale=2.0))
    grey = np.array([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in colour])
    coloured = (colour.max(axis=-1).astype(int) - colour.min(axis=-1) > 48).any(axis=0)
    sector = find_sector(grey, coloured if with_colour_map else None)
    assert overlap(sector, fan_mask(192, 256, 2.0)) > 0.95


def test_a_tinted_picture_is_not_taken_for_overlay():
    frames = fan_frames()
    assert overlap(find_sector(frames, np.ones((96, 128), bool)), fan_mask()) > 0.95


def test_cavities_belong_to_the_sector():
    assert find_sector(fan_frames())[44, 66]


def test_a_still_picture_has_its_sector():
    still = np.repeat(fan_frames(1), 10, axis=0)
    assert overlap(find_sector(still), fan_mask()) > 0.9


def test_a_clip_cropped_inside_the_sector_is_all_sector():
    noise = np.random.default_rng(0).integers(5, 200, (20, 64, 64), np.uint8)
    assert find_sector(noise).all()


def in_noise(frames, spread):
    """The frames as a frame grabber writes them: no black anywhere, and a name in the corner."""
    noise = np.random.default_rng(1).normal(8, spread, frames.shape)
    pictures = np.clip(np.maximum(frames, noise), 0, 255).astype(np.uint8)
    for picture in pictures:
        cv2.putText(picture, "DOE JOHN", (4, 18), cv2.FONT_HERSHEY_SIMPLEX, 0.5, 230, 1)
    return pictures


@pytest.mark.parametrize("spread", [2, 3, 4])
def test_noise_all_over_the_frame_is_no_sector_nor_is_text_in_it(spread):
    sector = find_sector(in_noise(fan_frames(scale=2.0), spread))
    assert overlap(sector, fan_mask(192, 256, 2.0)) > 0.95
    assert not sector[:24, :80].any()


def test_a_dim_clip_cropped_inside_the_sector_is_all_sector():
    noise = np.random.default_rng(0).integers(3, 18, (20, 64, 64), np.uint8)
    assert find_sector(noise).all()


def test_what_is_no_fan_keeps_its_outline():
    frames = np.zeros((16, 100, 140), np.uint8)
    frames[:, 30:60, 10:130] = np.random.default_rng(0).integers(5, 200, (16, 30, 120), np.uint8)
    assert overlap(find_sector(frames), frames.any(axis=0)) > 0.9


@pytest.mark.parametrize("level", [0, 6])
def test_black_frames_have_no_sector(level):
    with pytest.raises(ClipError, match=r"no ultrasound sector found: 0\.0 %"):
        find_sector(np.full((10, 80, 80), level, np.uint8))


def test_text_alone_is_no_sector():
    frames = np.zeros((10, 96, 128, 3), np.uint8)
    with pytest.raises(ClipError, match="no ultrasound sector"):
        find_sector(with_overlays(frames[..., 0])[..., 0])
