"""Moving pictures that show no four-chamber view: other organs, other views of the heart, no ultrasound at all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.phantom import SIZE
from twin_core.echo.speckle import Image, ImageFormation, Machine, Sector, smooth_field

Pictures = NDArray[np.uint8]


def other_pictures(rng: np.random.Generator, frames: int) -> Pictures:
    """A clip of a kind drawn at random from ``KINDS``, uint8 (frames, SIZE, SIZE)."""
    return list(KINDS.values())[int(rng.integers(len(KINDS)))](rng, frames)


def _scanned(
    rng: np.random.Generator, frames: int, sector: Sector, paint: Callable[[int], tuple[Image, Image]]
) -> Pictures:
    """Ultrasound frames of what ``paint`` gives for each frame: echo level and blood share (SIZE, SIZE)."""
    formation = ImageFormation(sector, Machine.sample(rng))
    x, y = sector.centimetres
    drift = rng.uniform(0.0, 0.4) * np.sin(
        2 * np.pi * (np.arange(frames) / frames * rng.uniform(0.2, 1.2) + rng.random())
    )
    return np.stack([formation.form(*paint(i), (x + np.float32(drift[i]), y), rng) for i in range(frames)])


def _layers(rng: np.random.Generator, along: Image) -> Image:
    """Bright and dark layers, as fasciae and vessel walls are, over a coordinate (SIZE, SIZE) in parts of the depth."""
    wavy = along + 0.05 * smooth_field(rng, 4, SIZE)
    level = np.full(along.shape, rng.uniform(0.0, 0.4), np.float32)
    for _ in range(int(rng.integers(1, 9))):
        at, thick = rng.uniform(0.05, 1.0), rng.uniform(0.005, 0.05)
        level += np.float32(rng.uniform(-0.3, 0.8)) * np.exp(-(((wavy - at) / thick) ** 2))
    return level


def _cysts(rng: np.random.Generator, level: Image) -> list[tuple[tuple[int, int], tuple[int, int], float, float]]:
    """Round structures: centre, half axes (pixels), turn (degrees), echo level."""
    return [
        (
            (int(rng.integers(SIZE)), int(rng.integers(SIZE))),
            (int(rng.integers(3, 30)), int(rng.integers(3, 18))),
            float(rng.uniform(0, 180)),
            float(rng.choice([rng.uniform(-0.2, 0.1), rng.uniform(0.2, 0.9)])),
        )
        for _ in range(int(rng.integers(0, 6)))
    ]


def organ(rng: np.random.Generator, frames: int) -> Pictures:
    """Abdominal-like: a fan of speckle with layers, cysts and bright spots, moved by breathing."""
    sector = Sector.sample(rng, SIZE, rng.uniform(8.0, 16.0), None)
    return _scanned(rng, frames, sector, _tissue(rng, sector.polar[0] / sector.depth_cm))


def linear_probe(rng: np.random.Generator, frames: int) -> Pictures:
    """A rectangle of layered tissue, as a linear probe shows, in a black frame."""
    sector = replace(Sector.sample(rng, SIZE, 8.0, None), left_angle=-3.2, right_angle=3.2, skin_cm=-1.0)
    shown = np.zeros((SIZE, SIZE), np.uint8)
    margin = rng.integers(0, 32, 4)
    shown[margin[0] : SIZE - margin[1], margin[2] : SIZE - margin[3]] = 1
    rows = np.mgrid[:SIZE, :SIZE][0].astype(np.float32) / SIZE
    return _scanned(rng, frames, replace(sector, depth_cm=40.0), _tissue(rng, rows)) * shown


def _tissue(rng: np.random.Generator, along: Image) -> Callable[[int], tuple[Image, Image]]:
    level = _layers(rng, along) + np.float32(rng.uniform(0.05, 0.3)) * smooth_field(rng, int(rng.integers(4, 20)), SIZE)
    blood = np.zeros((SIZE, SIZE), np.float32)
    for centre, axes, turn, echo in _cysts(rng, level):
        cv2.ellipse(level, centre, axes, turn, 0, 360, echo, cv2.FILLED)
        if rng.random() < 0.5:
            cv2.ellipse(level, centre, axes, turn, 0, 360, float(rng.uniform(0.3, 1.0)), int(rng.integers(1, 4)))
    move = rng.uniform(0, 3, 2)
    pace = rng.uniform(0.1, 0.6)

    def paint(i: int) -> tuple[Image, Image]:
        shift = move * np.sin(pace * i)
        matrix = np.array([[1, 0, shift[0]], [0, 1, shift[1]]], np.float32)
        moved = cv2.warpAffine(level, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(moved, np.float32), blood

    return paint


def short_axis(rng: np.random.Generator, frames: int) -> Pictures:
    """Parasternal short axis: a beating ring with a crescent of right ventricle beside it."""
    sector = Sector.sample(rng, SIZE, rng.uniform(8.0, 14.0), None)
    centre = (int(SIZE * rng.uniform(0.4, 0.6)), int(SIZE * rng.uniform(0.42, 0.62)))
    radius, wall = SIZE * rng.uniform(0.12, 0.22), SIZE * rng.uniform(0.05, 0.1)
    echo, dark, depth = rng.uniform(0.35, 0.9), rng.uniform(-0.15, 0.15), rng.uniform(0.1, 0.45)
    ground = (rng.uniform(0.0, 0.35) + rng.uniform(0.05, 0.25) * smooth_field(rng, 8, SIZE)).astype(np.float32)
    squash, phase, side = rng.uniform(0.8, 1.0), rng.random(), rng.uniform(100, 260)

    def paint(i: int) -> tuple[Image, Image]:
        level, blood = ground.copy(), np.zeros((SIZE, SIZE), np.float32)
        inner = radius * (1.0 - depth * (0.5 - 0.5 * np.cos(2 * np.pi * (i / frames * 1.3 + phase))))
        outer = np.sqrt(inner**2 + (radius + wall) ** 2 - radius**2)
        beside = (
            int(centre[0] + 0.7 * outer * np.cos(np.radians(side))),
            int(centre[1] + 0.5 * outer * np.sin(np.radians(side))),
        )
        big = (int(1.25 * outer), int(1.1 * outer))
        cv2.ellipse(level, beside, big, 0, 0, 360, dark, cv2.FILLED)
        cv2.ellipse(level, beside, big, 0, 0, 360, echo * 0.8, 2)
        cv2.ellipse(level, centre, (int(outer), int(outer * squash)), 0, 0, 360, echo, cv2.FILLED)
        for canvas, value in ((level, dark), (blood, 1.0)):
            cv2.ellipse(canvas, centre, (int(inner), int(inner * squash)), 0, 0, 360, value, cv2.FILLED)
        return level, blood

    return _scanned(rng, frames, sector, paint)


def noise(rng: np.random.Generator, frames: int) -> Pictures:
    """Noise of any grain, still or moving, in a fan or in the whole frame."""
    grain = float(rng.choice([0.0, rng.uniform(0.5, 6.0)]))
    still = rng.random() < 0.3
    field = rng.standard_normal((SIZE, SIZE))
    pictures = []
    for _ in range(frames):
        field = field if still else rng.standard_normal((SIZE, SIZE))
        soft = cv2.GaussianBlur(field, (0, 0), grain) if grain else field
        pictures.append(np.clip(rng.uniform(60, 120) + rng.uniform(20, 70) * soft / soft.std(), 0, 255))
    return _in_fan(rng, np.stack(pictures).astype(np.uint8))


def shapes(rng: np.random.Generator, frames: int) -> Pictures:
    """Drawn things moving over a flat, graded or cloudy ground: discs, boxes, polygons, lines, text."""
    ground = rng.uniform(0, 200) + rng.uniform(0, 40) * smooth_field(rng, int(rng.integers(2, 12)), SIZE)
    slope = np.linspace(-1, 1, SIZE)
    ground = ground + rng.uniform(-60, 60) * slope[:, None] + rng.uniform(-60, 60) * slope
    things = [
        (
            str(rng.choice(["disc", "box", "polygon", "line", "text"])),
            rng.uniform(0, SIZE, 2),
            rng.normal(0, 2.0, 2) * (rng.random() < 0.8),
            rng.uniform(4, 45),
            int(rng.integers(256)),
            int(rng.choice([-1, 1, 2, 4])),
            rng.uniform(0, 0.5),
        )
        for _ in range(int(rng.integers(1, 9)))
    ]
    pictures = []
    for i in range(frames):
        picture = np.clip(ground, 0, 255).astype(np.uint8)
        for kind, start, speed, size, grey, thickness, pulse in things:
            x, y = (start + speed * i).astype(int).tolist()
            r = max(int(size * (1 + pulse * np.sin(i * 2 * np.pi / frames))), 1)
            line = max(thickness, 1)
            if kind == "disc":
                cv2.ellipse(picture, (x, y), (r, max(int(r * 0.7), 1)), size * 4, 0, 360, grey, thickness)
            elif kind == "box":
                cv2.rectangle(picture, (x, y), (x + r, y + r // 2 + 1), grey, thickness)
            elif kind == "polygon":
                turn = np.linspace(0, 2 * np.pi, 3 + int(size) % 5, endpoint=False) + 0.1 * i * pulse
                points = np.stack([x + r * np.cos(turn), y + r * np.sin(turn)], 1).astype(np.int32)
                cv2.polylines(picture, [points], True, grey, line) if thickness > 0 else cv2.fillPoly(
                    picture, [points], grey
                )
            elif kind == "line":
                cv2.line(picture, (x, y), (x + r, y + int(r * np.sin(size))), grey, line)
            else:
                cv2.putText(
                    picture, "LV 4C 2D"[: 1 + int(size) % 8], (x, y), cv2.FONT_HERSHEY_PLAIN, size / 20, grey, line
                )
        pictures.append(picture)
    return _in_fan(rng, np.stack(pictures))


def pattern(rng: np.random.Generator, frames: int) -> Pictures:
    """Test patterns: bars, checks, rings, waves, gradients, standing or scrolling."""
    rows, columns = np.mgrid[:SIZE, :SIZE].astype(np.float64) - SIZE / 2
    angle, pitch, speed = rng.uniform(0, 2 * np.pi), rng.uniform(4, 60), rng.normal(0, 2) * (rng.random() < 0.7)
    along = columns * np.cos(angle) + rows * np.sin(angle)
    across = rows * np.cos(angle) - columns * np.sin(angle)
    kind = int(rng.integers(5))
    low, high = np.sort(rng.uniform(0, 255, 2))
    pictures = []
    for i in range(frames):
        turn = 2 * np.pi * (along + speed * i) / pitch
        if kind == 0:
            value = np.floor(turn) % 7 / 6  # bars
        elif kind == 1:
            value = (np.sin(turn) * np.sin(2 * np.pi * across / pitch)) > 0  # checks
        elif kind == 2:
            value = 0.5 + 0.5 * np.sin(2 * np.pi * (np.hypot(rows, columns) + speed * i) / pitch)  # rings
        elif kind == 3:
            value = 0.5 + 0.5 * np.sin(turn)  # waves
        else:
            value = (along / SIZE + 0.5 + 0.02 * speed * i) % 1.0  # gradient
        pictures.append(low + (high - low) * value)
    return _in_fan(rng, np.stack(pictures).clip(0, 255).astype(np.uint8))


def scenery(rng: np.random.Generator, frames: int) -> Pictures:
    """Ordinary video: detail at every scale (amplitude falls as 1/frequency), panned and zoomed."""
    wide = 2 * SIZE
    frequency = np.hypot(np.fft.fftfreq(wide)[:, None], np.fft.fftfreq(wide)) + 1 / wide
    spectrum = np.fft.fft2(rng.standard_normal((wide, wide))) / frequency ** rng.uniform(0.8, 1.6)
    field = np.real(np.fft.ifft2(spectrum))
    picture = np.clip(rng.uniform(60, 160) + rng.uniform(25, 70) * field / field.std(), 0, 255).astype(np.uint8)
    start, speed, zoom = rng.uniform(-20, 20, 2), rng.normal(0, 1.5, 2), rng.normal(0, 0.008)
    pictures = []
    for i in range(frames):
        scale = 1.0 + zoom * i
        shift = np.array([wide, wide]) / 2 * (scale - 1) + SIZE / 2 * scale + start + speed * i
        matrix = np.array([[scale, 0, -shift[0]], [0, scale, -shift[1]]], np.float32)
        pictures.append(cv2.warpAffine(picture, matrix, (SIZE, SIZE), borderMode=cv2.BORDER_REFLECT))
    return _in_fan(rng, np.stack(pictures))


def _in_fan(rng: np.random.Generator, pictures: Pictures) -> Pictures:
    """Half of the time cut to a fan, so that a fan alone proves nothing."""
    if rng.random() < 0.5:
        return pictures
    return pictures * Sector.sample(rng, SIZE, rng.uniform(8.0, 16.0), None).mask


KINDS: dict[str, Callable[[np.random.Generator, int], Pictures]] = {
    "organ": organ,
    "organ again": organ,  # twice: the likeliest clip to be given by mistake
    "linear probe": linear_probe,
    "short axis": short_axis,
    "noise": noise,
    "shapes": shapes,
    "pattern": pattern,
    "scenery": scenery,
}
