"""Paints how strongly each structure of the four-chamber view echoes, before image formation."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from twin_core.echo.anatomy import Anatomy, Points, draw_fields, drawn
from twin_core.echo.speckle import Image, Sector, smooth_field

OVERSAMPLING = 2  # painted finer than displayed, then averaged: soft edges
ShiftCm = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class Scene:
    """Echo levels (display fractions) and soft-tissue surroundings of one patient.

    Bright surroundings matter more than anything else for reading real clips: pericardium, the mass into
    which lateral wall, pericardium and atrial wall merge, crux, septa, atrial roof and a random background.
    """

    seed: int
    cavity: float = drawn(-0.18, 0.08)
    apical_grading: float = drawn(-0.1, 0.25)  # cavity haze that grades into the apical wall
    grading_reach: float = drawn(0.2, 0.5)  # of the long axis
    septum: float = drawn(0.25, 0.85)
    lateral: float = drawn(0.1, 0.65)
    apex: float = drawn(0.08, 0.5)
    trabeculae: float = drawn(0.15, 0.75)  # of the way from cavity to wall level
    base_boost: float = drawn(-0.1, 0.3)
    rv_cavity: float = drawn(-0.15, 0.2)
    rv_wall: float = drawn(0.0, 0.7)
    atria: float = drawn(-0.2, 0.12)
    atrial_septum: float = drawn(0.25, 1.0)
    crux: float = drawn(0.4, 1.1)
    lateral_annulus: float = drawn(0.3, 1.1)
    valve: float = drawn(0.25, 0.95)
    roof: float = drawn(0.2, 1.0)
    roof_thickness: float = drawn(0.3, 2.5)
    pericardium: float = drawn(-0.3, 1.0)  # below zero: not seen
    pericardium_thickness: float = drawn(0.1, 0.6)
    mass: float = drawn(-0.35, 0.9)  # lateral mass; below zero: none
    near_tissue: float = drawn(-0.3, 0.6)  # between probe and apex; below zero: background
    grading_everywhere: float = drawn(-1.0, 1.0)  # above zero: the haze lies over the wall too
    inner_dimming: float = drawn(0.35, 1.0)  # innermost part of the wall, in parts of the outermost
    mass_width: float = drawn(0.6, 4.0)
    left_mass: float = drawn(0.0, 0.8)
    left_mass_width: float = drawn(0.5, 3.0)
    background: float = drawn(-0.2, 0.35)
    background_spread: float = drawn(0.08, 0.3)
    papillary: float = drawn(-0.3, 0.8)  # below zero: none in the plane
    papillary_at: float = drawn(0.3, 0.65)
    papillary_size: float = drawn(0.3, 0.75)
    tendon: float = drawn(-1.2, 0.5)
    leaflet_length: float = drawn(1.3, 2.6)
    coaptation: float = drawn(-0.2, 0.7)  # depth of the closed valve's tip into the ventricle, cm

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Scene:
        """Random levels."""
        return cls(seed=int(rng.integers(2**62)), **draw_fields(cls, rng))

    def paint(
        self, anatomy: Anatomy, sector: Sector, volume_ml: float, mitral_opening: float, shift_cm: ShiftCm
    ) -> tuple[Image, Image]:
        """Echo level and blood share of every pixel, float32 (size, size) each."""
        brush = _Brush(self, anatomy, sector, volume_ml, np.array(shift_cm))
        brush.surroundings()
        brush.right_heart()
        brush.atria()
        brush.left_ventricle()
        brush.valves(mitral_opening)
        return brush.finish()


class _Brush:
    """One frame being painted; methods in order from back to front."""

    def __init__(self, scene: Scene, anatomy: Anatomy, sector: Sector, volume: float, shift: Points) -> None:
        self.scene, self.anatomy, self.sector, self.volume, self.shift = scene, anatomy, sector, volume, shift
        size = sector.size * OVERSAMPLING
        self.rng = np.random.default_rng(scene.seed)  # the same structures in every frame of the clip
        field = smooth_field(self.rng, 7, size) + 0.6 * smooth_field(self.rng, 16, size)
        self.level: Image = (scene.background + scene.background_spread * field).astype(np.float32)
        self.blood: Image = np.zeros((size, size), np.float32)
        self.along, self.across = anatomy.axis()
        # The heart is painted down to its annulus, the contour closed a little above it.
        contour, reach = anatomy.lv_outline(volume), self.along * anatomy.annulus_below
        self.outline = np.vstack([contour[:1] + reach, contour, contour[-1:] + reach])
        self.normal = np.pad(anatomy.outward(contour), ((1, 1), (0, 0)), mode="edge")
        self.wall = np.pad(anatomy.wall_thickness(volume), 1, mode="edge")
        self.septal_end, self.lateral_end = self.outline[0], self.outline[-1]
        self.annulus = (self.septal_end + self.lateral_end) / 2
        self.px = OVERSAMPLING / sector.cm_per_px
        self.mid = len(self.outline) // 2

    # -- strokes -------------------------------------------------------------------------------------------
    def _px(self, points: Points) -> NDArray[np.int32]:
        scaled = (self.sector.pixels(points + self.shift) + 0.5) * OVERSAMPLING - 0.5
        return np.round(np.clip(scaled, -500, 900) * 16).astype(np.int32)

    def _fill(self, points: Points, level: float, blood: float | None = None) -> None:
        cv2.fillPoly(self.level, [self._px(points)], float(level), shift=4)
        if blood is not None:
            cv2.fillPoly(self.blood, [self._px(points)], float(blood), shift=4)

    def _line(self, points: Points, level: float, thickness_cm: float) -> None:
        thickness = max(1, round(thickness_cm * self.px))
        cv2.polylines(self.level, [self._px(points)], False, float(level), thickness, shift=4)

    def _blob(self, centre: Points, radius_cm: float, level: float) -> None:
        turn = np.linspace(0, 2 * np.pi, 14)
        wobble = 1.0 + 0.3 * self.rng.uniform(-1, 1, 14)
        self._fill(centre + radius_cm * np.stack([np.cos(turn), np.sin(turn)], 1) * wobble[:, None], level)

    def _chamber(self, top: Points, direction: Points, width: float, length: float) -> Points:
        """A rounded chamber hanging from `top` along `direction`."""
        across = np.array([direction[1], -direction[0]])
        turn = np.linspace(0, 2 * np.pi, 48)
        x, y = np.sin(turn), np.cos(turn)
        squarer = 0.8
        x = np.sign(x) * np.abs(x) ** squarer * width / 2
        y = (np.sign(y) * np.abs(y) ** squarer + 0.96) * length / 2
        return top + np.outer(y, direction) + np.outer(x, across)

    # -- structures ----------------------------------------------------------------------------------------
    def _atrial_direction(self) -> Points:
        angle = self.anatomy.axis_tilt + self.anatomy.atria_tilt
        return np.array([np.sin(angle), np.cos(angle)])

    def surroundings(self) -> None:
        """Lateral mass and pericardium, roof of the atria, mass left of the right heart."""
        s, a = self.scene, self.anatomy
        down = self._atrial_direction()
        if s.near_tissue > 0:
            turn, depth = np.linspace(-1.0, 1.0, 13), a.apex_depth + self.rng.uniform(-0.3, 1.2)
            reach = depth * (1.0 + 0.08 * self.rng.uniform(-1, 1, 13))
            arc = np.stack([np.sin(turn), np.cos(turn)], 1) * reach[:, None]
            self._fill(np.vstack([arc, [[0.0, 0.0]]]), s.near_tissue)
        # The pericardium does not follow the endocardium's excursion: it stays near its diastolic place.
        wall = self.wall[self.mid :, None]
        outer = self.outline[self.mid :] + self.normal[self.mid :] * wall
        outer = outer[8::4]
        la_edge = self.lateral_end + self.across * self.wall[-1] * 0.6
        tail = [la_edge + down * t * a.la_length for t in (0.25, 0.6, 1.0)]
        border = np.vstack([outer, tail])
        for part, share in ((1.0, 0.45), (0.6, 0.75), (0.3, 1.0)):
            growth = np.linspace(0.2, 1.0, len(border))[:, None] * s.mass_width * part
            edge = border + self.across * growth
            if s.mass > 0:
                self._fill(np.vstack([border - self.across * 0.5, edge[::-1]]), s.mass * share)
        bow = border[: len(outer) + 2]
        if s.pericardium > 0:
            self._line(bow + self.across * 0.1, s.pericardium, s.pericardium_thickness)
        left = self.septal_end - self.across * (a.septal_wall + a.rv_width + 0.3)
        edge = np.array([left - self.along * t for t in (7.0, 4.0, 1.5)] + [left + down * a.ra_length])
        for part, share in ((1.0, 0.5), (0.5, 1.0)):
            thick = s.left_mass_width * part
            self._fill(np.vstack([edge, edge[::-1] - self.across * thick]), s.left_mass * share)
        for start, length, width in (
            (self.annulus, a.la_length, a.la_width),
            (self._tricuspid_middle(), a.ra_length, a.ra_width),
        ):
            centre = start + down * (length - 0.3)
            x = np.linspace(-0.75, 0.75, 7)
            side = np.array([down[1], -down[0]])
            arc = centre + np.outer(x * width, side) - np.outer(1.1 * x**2 * length * 0.45, down)
            level = s.roof * self.rng.uniform(0.5, 1.1)
            self._fill(np.vstack([arc - 0.5 * down, arc[::-1] + down * s.roof_thickness]), level)

    def _tricuspid_middle(self) -> Points:
        a = self.anatomy
        return self.septal_end - self.across * (0.5 * a.rv_width + 0.4) - self.along * 0.5

    def right_heart(self) -> None:
        """Right ventricle: cavity, free wall, trabeculae; drawn before the septum covers its border."""
        s, a = self.scene, self.anatomy
        septal = self.outline[: self.mid + 1]
        from_apex = np.linalg.norm(septal - self.outline[self.mid], axis=1)
        part = from_apex / from_apex[0]
        keep = part >= a.rv_apex_at
        right = (septal - self.across * self.wall[: self.mid + 1, None] * 0.8)[keep]
        reach = ((part[keep] - a.rv_apex_at) / (1 - a.rv_apex_at)) ** 0.6 * a.rv_width
        free = right - self.across * reach[:, None] + self.along * 0.0
        self._line(free, s.rv_wall, a.rv_wall + 0.25)
        self._fill(np.vstack([right, free[::-1]]), s.rv_cavity, blood=0.8)
        for _ in range(int(self.rng.integers(0, 4))):
            i = int(self.rng.integers(0, len(right)))
            spot = right[i] + (free[i] - right[i]) * self.rng.uniform(0.2, 0.9)
            self._blob(spot, self.rng.uniform(0.15, 0.4), self.rng.uniform(0.1, 0.6))

    def atria(self) -> None:
        """Both atria, their septum and walls."""
        s, a = self.scene, self.anatomy
        down = self._atrial_direction()
        filled = 1.0 + 0.1 * (1.0 - np.clip(a.fullness(self.volume), 0, 1))  # atria fill while it empties
        la = self._chamber(self.annulus + down * 0.1, down, a.la_width * filled, a.la_length * filled)
        ra = self._chamber(self._tricuspid_middle() + down * 0.3, down, a.ra_width, a.ra_length)
        wall = float(self.rng.uniform(0.1, 0.8))
        for chamber in (ra, la):
            closed = np.vstack([chamber, chamber[:1]])
            self._line(closed, wall * s.lateral, 0.5)
            self._fill(chamber, s.atria + self.rng.uniform(-0.05, 0.05), blood=1.0)
        crux = self.septal_end - self.across * 0.45
        length = min(a.la_length, a.ra_length)
        steps = np.linspace(0.0, 1.0, 6)
        sway = 0.35 * np.sin(steps * 3.0 + self.rng.uniform(0, 6)) * self.rng.uniform(0, 1)
        line = crux + np.outer(steps * length, down) + np.outer(sway, self.across)
        thin = float(self.rng.uniform(0.0, 1.0))  # the fossa often drops out
        self._line(line, s.atrial_septum, self.rng.uniform(0.15, 0.45))
        self._line(line[2:4], s.atrial_septum * thin, 0.2)
        self._line(line[:2], s.atrial_septum, self.rng.uniform(0.3, 0.8))

    def left_ventricle(self) -> None:
        """Myocardium with its own brightness along the wall, trabecular zone, cavity, papillary muscle."""
        s, a = self.scene, self.anatomy
        n = len(self.outline)
        turn = np.linspace(-1, 1, n)
        knots = np.array([s.septum + s.base_boost, s.septum, s.apex, s.lateral, s.lateral + s.base_boost])
        wall = np.interp(turn, [-1, -0.55, 0, 0.55, 1], knots)
        wall += np.interp(turn, np.linspace(-1, 1, 9), self.rng.normal(0, 0.1, 9))
        wall = np.maximum(wall, s.cavity + 0.12)  # what no eye could tell from the cavity teaches nothing
        # What is grey inside a failing ventricle's wall is trabeculae: readers count it to the cavity.
        dim = s.inner_dimming + (1.0 - s.inner_dimming) * min(max(a.failing, 0.0) / 0.2, 1.0)
        dim *= 1.0 + 0.2 * self.rng.uniform(-1, 1)
        # The wall brightens outwards in steps; the innermost reaches under the cavity that is filled over it.
        borders = [self.outline + self.normal * (self.wall[:, None] * t) for t in (-0.3, 0.25, 0.5, 0.75, 1.0)]
        for inner, outer, bright in zip(borders, borders[1:], np.linspace(dim, 1.0, len(borders) - 1), strict=False):
            for i in range(0, n - 2, 2):
                part = slice(i, i + 3)
                self._fill(np.vstack([inner[part], outer[part][::-1]]), wall[i + 1] * bright)
        zone = np.pad(a.reading_offset(self.volume), 1, mode="edge") + 0.1 * np.interp(
            turn, np.linspace(-1, 1, 9), self.rng.normal(0, 1, 9)
        )
        dark = self.outline - self.normal * zone[:, None]
        grey = s.cavity + s.trabeculae * (float(np.mean(wall)) - s.cavity)
        self._fill(self.outline, grey, blood=0.3)
        self._fill(dark, s.cavity, blood=1.0)
        self._grade_apex(dark)
        if s.papillary > 0:
            side = self.rng.choice([-1, 1], p=[0.2, 0.8])
            i = int(self.mid + side * (len(self.outline) - self.mid - 1) * s.papillary_at**0.6)
            size = s.papillary_size * (0.8 + 0.2 * self.wall[i])
            self._blob(dark[i] - self.normal[i] * size * self.rng.uniform(0.2, 1.0), size, s.papillary)
        for _ in range(int(self.rng.integers(0, 7))):
            i = int(self.mid + self.rng.integers(-14, 15))
            spot = dark[i] - self.normal[i] * self.rng.uniform(0.0, 0.35)
            self._blob(spot, self.rng.uniform(0.08, 0.25), self.rng.uniform(0.1, 0.8))
        if s.tendon > 0:
            i, j = self.mid - int(self.rng.integers(5, 20)), self.mid + int(self.rng.integers(5, 20))
            self._line(np.vstack([dark[i], dark[j]]), s.tendon, 0.1)

    def _grade_apex(self, dark: Points) -> None:
        """Haze inside the apical third: real apical walls grade into the cavity."""
        s = self.scene
        inside = np.zeros(self.level.shape, np.uint8)
        cv2.fillPoly(inside, [self._px(dark)], 1, shift=4)
        tip = self.sector.pixels((self.outline[self.mid] + self.shift)[None])[0] * OVERSAMPLING
        size = self.level.shape[0]
        rows, columns = np.arange(size, dtype=np.float32), np.arange(size, dtype=np.float32)
        reach = s.grading_reach * self.anatomy.length_ed * self.px
        fall = np.exp(-(((rows - tip[1]) / reach) ** 2))[:, None] * np.exp(-(((columns - tip[0]) / reach) ** 2))
        self.level += max(s.apical_grading, 0.0) * fall.astype(np.float32) * (1 if s.grading_everywhere > 0 else inside)

    def valves(self, opening: float) -> None:
        """Mitral and tricuspid leaflets, crux and lateral annulus."""
        s = self.scene
        towards_apex = -self.along
        half = float(np.linalg.norm(self.lateral_end - self.septal_end)) / 2
        length = max(s.leaflet_length, 0.9 * float(half))
        for end, sign in ((self.septal_end, 1.0), (self.lateral_end, -1.0)):
            share = 1.25 if sign > 0 else 0.8  # the anterior leaflet is the longer
            closed = end + self.across * sign * half * (1.1 if sign > 0 else 0.9) + towards_apex * s.coaptation
            wide = end + towards_apex * length * share + self.across * sign * 0.5
            tip = closed + (wide - closed) * opening
            knee = (end + tip) / 2 + towards_apex * 0.15
            self._line(np.vstack([end, knee, tip]), s.valve, self.rng.uniform(0.08, 0.25))
        start = self.septal_end - self.across * (0.8 * self.anatomy.septal_wall) + towards_apex * 0.4
        far = self._tricuspid_middle() - self.across * 0.5 * self.anatomy.rv_width
        self._line(np.vstack([start, (start + far) / 2 + towards_apex * 0.5 * opening, far]), s.valve * 0.8, 0.15)
        self._blob(self.septal_end - self.across * 0.5, self.rng.uniform(0.2, 0.55), s.crux)
        self._blob(self.lateral_end + self.across * 0.45, self.rng.uniform(0.2, 0.65), s.lateral_annulus)
        self._blob(far, self.rng.uniform(0.2, 0.5), s.crux * self.rng.uniform(0.3, 1.0))

    def finish(self) -> tuple[Image, Image]:
        """Average down to display resolution."""
        size = (self.sector.size, self.sector.size)
        return (
            np.asarray(cv2.resize(self.level, size, interpolation=cv2.INTER_AREA), np.float32),
            np.asarray(cv2.resize(self.blood, size, interpolation=cv2.INTER_AREA), np.float32),
        )
