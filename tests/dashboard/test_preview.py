from dataclasses import replace

import cv2
import numpy as np
import pytest

from dashboard.preview import draw_preview
from twin_core.echo.beats import EchoBeat
from twin_core.echo.clip import Clip
from twin_core.echo.volumes import measure

CONTOUR_BGR = np.array([233, 180, 86])


def made_clip(frames=40, rows=120, columns=160, rate_hz=50.0, cavity_radius=20):
    """A grey sector with text burned in outside it, and a round cavity that shrinks and grows."""
    sector = np.zeros((rows, columns), bool)
    sector[10:110, 20:140] = True
    pixels = np.zeros((frames, rows, columns), np.uint8)
    pixels[:, sector] = 90
    pixels[:, :8, :30] = 255  # "text"
    masks = np.zeros_like(pixels)
    for i in range(frames):
        cv2.circle(masks[i], (80, 60), round(cavity_radius + 5 * np.cos(i / 4)), 1, -1)
    pixels[masks > 0] = 10
    clip = Clip(
        frames=pixels,
        time_s=np.arange(frames) / rate_hz,
        cm_per_px=None,
        cm_per_px_source="unknown",
        sector=sector,
        format="avi",
        sha256="a" * 64,
    )
    return clip, masks


def draw(clip, masks, beats=(), rejected=()):
    """The pictures of a clip with the beats and the frames set aside that a test asks for."""
    measurement = measure(masks, clip.time_s, None, clip.sector)
    aside = np.isin(np.arange(len(masks)), rejected)
    return draw_preview(clip, masks, replace(measurement, beats=beats, rejected=aside))


def outlined(picture):
    """How many pixels are the contour's."""
    return int((picture[:, :, 0].astype(int) - picture[:, :, 2] > 60).sum())  # blue, where all else is grey


def decoded(webp):
    done, animation = cv2.imdecodeanimation(np.frombuffer(webp, np.uint8))
    assert done
    return animation


def test_the_moving_picture_plays_at_the_clips_own_pace():
    clip, masks = made_clip()
    animation = decoded(draw(clip, masks).moving_webp)
    assert sum(animation.durations) == pytest.approx(1000 * clip.duration_s, rel=0.03)
    assert min(animation.durations) >= 33, "no faster than it can be seen"


def test_a_long_clip_is_cut_so_that_the_page_stays_light():
    clip, masks = made_clip(frames=600)
    preview = draw(clip, masks)
    assert len(decoded(preview.moving_webp).frames) <= 90
    assert len(preview.moving_webp) < 500_000


def test_nothing_burned_in_outside_the_sector_is_left():
    clip, masks = made_clip()
    still = cv2.imdecode(np.frombuffer(draw(clip, masks).still_png, np.uint8), cv2.IMREAD_COLOR)
    assert still.shape[:2] == (267, 320), "cut to the sector's 100 by 120 pixels"
    assert not (still > 240).all(axis=2).any()


def test_the_contour_lies_on_the_masks_edge_in_every_frame():
    clip, masks = made_clip()
    beats = (EchoBeat(ed_index=25, es_index=12, edv=1.0, esv=0.5, period_s=0.5),)
    still = cv2.imdecode(np.frombuffer(draw(clip, masks, beats).still_png, np.uint8), cv2.IMREAD_COLOR)
    line = np.argwhere(np.abs(still.astype(int) - CONTOUR_BGR).max(axis=2) < 12)
    scale = 320 / 120
    centre = np.array([60 - 10, 80 - 20]) * scale
    radius = np.sqrt(masks[25].sum() / np.pi) * scale
    assert len(line) > 200
    assert np.abs(np.linalg.norm(line + 0.5 - centre, axis=1) - radius).max() < 6


def test_a_frame_without_a_cavity_is_drawn_plain():
    clip, masks = made_clip()
    masks[:] = 0
    still = cv2.imdecode(np.frombuffer(draw(clip, masks).still_png, np.uint8), cv2.IMREAD_COLOR)
    assert (np.abs(still.astype(int) - CONTOUR_BGR).max(axis=2) < 12).sum() == 0


def test_a_contour_that_was_set_aside_is_drawn_in_no_picture():
    clip, masks = made_clip(rate_hz=25.0)
    beats = (
        EchoBeat(ed_index=3, es_index=12, edv=1.0, esv=0.5, period_s=0.5),
        EchoBeat(ed_index=25, es_index=30, edv=1.0, esv=0.5, period_s=0.5),
    )
    preview = draw(clip, masks, beats, rejected=(2, 3, 4))
    moving = decoded(preview.moving_webp)  # in which frames that are alike are one
    ends = np.cumsum(moving.durations)
    plain = [(outlined(frame) == 0, end) for frame, end in zip(moving.frames, ends, strict=True)]
    assert [end for is_plain, end in plain if is_plain][-1] == 5 * 40, "frames 2, 3 and 4 at 25 a second"
    assert sum(length for (is_plain, _), length in zip(plain, moving.durations, strict=True) if is_plain) == 3 * 40
    still = cv2.imdecode(np.frombuffer(preview.still_png, np.uint8), cv2.IMREAD_COLOR)
    other = cv2.imdecode(np.frombuffer(draw(clip, masks, beats[1:]).still_png, np.uint8), cv2.IMREAD_COLOR)
    assert (still == other).all(), "the still is of a beat whose contour counts"
