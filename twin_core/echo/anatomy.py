"""Shape of a heart in the apical four-chamber plane, in centimetres, for any left-ventricular volume."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]
OUTLINE_POINTS = 41  # on each side of the apex


def drawn(low: float, high: float) -> float:
    """A dataclass field whose value `sample` draws uniformly from [low, high]."""
    value: float = field(metadata={"range": (low, high)})
    return value


def draw_fields(cls: type, rng: np.random.Generator) -> dict[str, float]:
    """One uniform draw for every field of `cls` that was declared with `drawn`, in order of declaration."""
    return {f.name: float(rng.uniform(*f.metadata["range"])) for f in fields(cls) if "range" in f.metadata}


@dataclass(frozen=True, kw_only=True)
class Anatomy:
    """One patient's four-chamber plane; lengths in cm, volumes in mL, angles in radians.

    The left ventricle is described in its own frame: `s` runs from the endocardial apex (0) to the mitral
    annulus (1), `x` to the right (towards the lateral wall). Depth grows downwards from the probe.
    """

    edv_ml: float
    esv_ml: float
    apex_depth: float = drawn(0.8, 3.6)
    apex_offset: float = drawn(-0.4, 0.5)  # sideways, in parts of (apex depth + 0.6 cm)
    axis_tilt: float = drawn(-0.25, 0.30)  # positive: base swings to the right
    length_factor: float = drawn(1.45, 2.0)  # end-diastolic length / EDV^(1/3)
    shortening_share: float = drawn(0.12, 0.38)  # relative shortening of the long axis per relative emptying
    widest_at: float = drawn(0.5, 0.8)
    apex_bluntness: float = drawn(1.7, 3.0)
    base_width: float = drawn(0.72, 1.0)
    systolic_taper: float = drawn(0.1, 1.2)  # how triangular a fully emptied cavity becomes
    apical_share: float = drawn(0.0, 0.35)  # of the long axis' shortening that is the apex thickening, not the base's
    lateral_share: float = drawn(0.44, 0.62)  # of the width that lies on the lateral side of the axis
    bend: float = drawn(-0.5, 0.5)
    septal_bulge: float = drawn(-0.35, 0.16)  # below zero: none
    bulge_at: float = drawn(0.6, 0.95)
    wave_septal: float = drawn(-0.08, 0.08)
    wave_lateral: float = drawn(-0.06, 0.06)
    wave_growth: float = drawn(0.0, 4.0)  # walls thicken unevenly: by how much waves grow, per emptying
    wave_turn: float = drawn(0.0, 6.28)
    annulus_tilt: float = drawn(-0.09, 0.11)
    annulus_below: float = drawn(0.05, 0.4)  # readers close the contour above the bright annulus, by so many cm
    muscle_ml: float = drawn(65.0, 220.0)  # of the left ventricle: with the volume it sets the wall's thickness
    septal_wall_share: float = drawn(0.75, 1.35)  # wall thickness there, in parts of the mean
    lateral_wall_share: float = drawn(0.7, 1.4)
    apical_wall_share: float = drawn(0.4, 1.7)
    # How far outside the dark cavity's edge a reader draws, cm: see `reading_offset`.
    reading_spread: float = drawn(-0.06, 0.06)  # one reader draws all frames of a clip alike
    rv_width: float = drawn(1.4, 3.8)
    rv_apex_at: float = drawn(0.1, 0.45)
    rv_wall: float = drawn(0.2, 0.5)
    la_width: float = drawn(2.8, 5.4)
    la_length: float = drawn(3.2, 6.5)
    ra_width: float = drawn(2.6, 4.8)
    ra_length: float = drawn(3.0, 5.5)
    atria_tilt: float = drawn(-0.25, 0.2)

    @classmethod
    def sample(cls, rng: np.random.Generator) -> Anatomy:
        """A random patient: from small hyperdynamic to large poorly contracting ventricles."""
        ef = float(np.clip(rng.choice([rng.normal(0.62, 0.07), rng.uniform(0.1, 0.75)]), 0.08, 0.8))
        # A failing ventricle is a dilated one; the spread is wide so that EF is not readable from size.
        edv = float(np.clip(np.exp(rng.normal(4.55 + 0.9 * max(0.5 - ef, 0.0), 0.38)), 35.0, 380.0))
        values = draw_fields(cls, rng)
        values["apex_bluntness"] += 3.0 * max(0.5 - ef, 0.0) * rng.random()  # a failing ventricle grows round
        if rng.random() < 0.25:  # thick-walled, small: hypertrophy
            edv = min(edv, float(rng.uniform(40.0, 110.0)))
            values["muscle_ml"] *= 1.5
        return cls(edv_ml=edv, esv_ml=edv * (1.0 - ef), **values)

    def with_volumes(self, edv_ml: float | None, esv_ml: float | None) -> Anatomy:
        """The same heart with other end-diastolic and end-systolic volumes (mL; None keeps its own EF).

        Raises:
            ValueError: not EDV > ESV > 0.
        """
        ratio = self.esv_ml / self.edv_ml
        edv = edv_ml if edv_ml is not None else (esv_ml or 0.0) / ratio
        esv = esv_ml if esv_ml is not None else edv * ratio
        if not edv > esv > 0:
            raise ValueError(f"volumes must satisfy edv_ml > esv_ml > 0, got {edv} and {esv}: check the curve")
        return replace(self, edv_ml=float(edv), esv_ml=float(esv))

    def apical_descent(self, volume_ml: float) -> float:
        """How far the endocardial apex has moved towards the base since end-diastole, cm."""
        return self.apical_share * (self.length_ed - self.length(volume_ml))

    def apex(self, volume_ml: float) -> Points:
        """Endocardial apex (x, depth), cm."""
        return np.array([self.apex_x, self.apex_depth]) + self.apical_descent(volume_ml) * self.axis()[0]

    @property
    def apex_x(self) -> float:
        """Lateral position of the apex: a shallow apex must lie near the middle to be seen at all."""
        return self.apex_offset * (self.apex_depth + 0.6)

    @cached_property
    def length_ed(self) -> float:
        """Long axis at end-diastole, cm."""
        return self.length_factor * self.edv_ml ** (1.0 / 3.0)

    @cached_property
    def mean_wall(self) -> float:
        """Wall thickness at end-diastole, cm, such that a half ellipsoid's shell holds the muscle.

        So a dilated ventricle is thin-walled and a small one thick-walled, as at a given muscle mass they are.
        """
        half = self.width(self.edv_ml) / 2
        return float(np.sqrt(half**2 + self.muscle_ml / (0.8 * np.pi * self.length_ed)) - half)

    @property
    def failing(self) -> float:
        """How far the ejection fraction lies below one half, within [-0.15, 0.3]; below zero: a strong ventricle."""
        return float(np.clip(self.esv_ml / self.edv_ml - 0.5, -0.15, 0.3))

    @property
    def septal_wall(self) -> float:
        """Thickness of the septum at end-diastole, cm."""
        return self.septal_wall_share * self.mean_wall

    def reading_offset(self, volume_ml: float) -> Points:
        """How far outside the dark cavity's edge a reader draws the endocardium at each outline point, cm.

        On real frames readers follow the septum's visible edge; along the lateral wall and the apex, whose inner
        part is dim, they draw inside the visible edge, more so when it is contracted. The more a ventricle fails, the
        more of its trabecular zone they count to the cavity, and they draw outside the visible edge, in systole too,
        which presses that zone together. Rough figures, from grey levels beside readers' contours.
        """
        worse = max(self.failing, 0.0)
        at_ed = -0.15 + 1.1 * min(self.failing, 0.0) + 2.2 * worse + self.reading_spread
        at_es = at_ed - 0.1 + 0.6 * worse
        lateral = at_es + (at_ed - at_es) * np.clip(self.fullness(volume_ml), 0.0, 1.0)
        septal = 0.05 + 0.4 * self.failing
        turn = np.linspace(-1.0, 1.0, 2 * OUTLINE_POINTS - 1)
        return np.interp(turn, [-1.0, -0.4, -0.1, 1.0], [septal, septal, lateral, lateral])

    def length(self, volume_ml: float) -> float:
        """Long axis in cm at a volume: shortens in proportion to the emptying."""
        return self.length_ed * (1.0 - self.shortening_share * (1.0 - volume_ml / self.edv_ml))

    def fullness(self, volume_ml: float) -> float:
        """1 at end-diastole, 0 at end-systole (may leave [0, 1] for other volumes)."""
        return (volume_ml - self.esv_ml) / max(self.edv_ml - self.esv_ml, 1e-6)

    def axis(self) -> tuple[Points, Points]:
        """Unit vectors (x, y) along the long axis towards the base, and to the lateral side."""
        along = np.array([np.sin(self.axis_tilt), np.cos(self.axis_tilt)])
        return along, np.array([along[1], -along[0]])

    def _half_widths(self, s: Points, volume_ml: float) -> tuple[Points, Points]:
        """Septal and lateral half width at `s`, in parts of the greatest width."""
        apical = np.clip((self.widest_at - s) / self.widest_at, 0.0, 1.0)
        basal = np.clip((s - self.widest_at) / (1.0 - self.widest_at), 0.0, 1.0)
        ellipse = (1.0 - apical**self.apex_bluntness) ** 0.5 * (1.0 - (1.0 - self.base_width) * basal**2)
        emptied = np.clip(1.0 - volume_ml / self.edv_ml, 0.0, 0.8)
        taper = min(self.systolic_taper * emptied, 0.8)
        waving = 1.0 + self.wave_growth * emptied
        profile = (1.0 - taper) * ellipse + taper * s**0.75
        rim = np.sqrt(np.clip(s / 0.15, 0.0, 1.0))  # waves and bulge must leave the apex closed
        septal = profile * (1.0 + self.wave_septal * waving * rim * np.sin(7.0 * s + self.wave_turn))
        lateral = profile * (1.0 + self.wave_lateral * waving * rim * np.sin(6.0 * s - self.wave_turn))
        bulge = max(self.septal_bulge, 0.0) * (1.0 + emptied) * np.exp(-(((s - self.bulge_at) / 0.13) ** 2))
        septal = np.maximum(septal - bulge / (1.0 - self.lateral_share) * 0.5, 0.3 * profile)
        return septal * (1.0 - self.lateral_share), lateral * self.lateral_share

    def width(self, volume_ml: float) -> float:
        """Greatest width in cm such that the disks add up: V = pi/4 L W^2 int (w_sept + w_lat)^2 ds."""
        s = (np.arange(200) + 0.5) / 200
        septal, lateral = self._half_widths(s, volume_ml)
        integral = float(np.mean((septal + lateral) ** 2))
        return float(np.sqrt(4.0 * volume_ml / (np.pi * self.length(volume_ml) * integral)))

    def place(self, s: Points, x: Points, volume_ml: float) -> Points:
        """Points (n, 2) in probe coordinates (x, depth) of the LV frame's (s, x cm)."""
        along, across = self.axis()
        bow = self.bend * np.clip(s, 0.0, 1.2) * (1.0 - np.clip(s, 0.0, 1.2))
        tilted = s * (1.0 + self.annulus_tilt * x / self.width(self.edv_ml))
        return self.apex(volume_ml) + np.outer(tilted * self.length(volume_ml), along) + np.outer(x + bow, across)

    def lv_outline(self, volume_ml: float) -> Points:
        """Endocardial outline, shape (2 n - 1, 2): septal annulus, up to the apex, down to the lateral one."""
        s = np.linspace(0.0, 1.0, OUTLINE_POINTS) ** 1.6  # denser where the outline curves
        septal, lateral = self._half_widths(s, volume_ml)
        width = self.width(volume_ml)
        x = np.concatenate([-septal[::-1], lateral[1:]]) * width
        return self.place(np.concatenate([s[::-1], s[1:]]), x, volume_ml)

    def outward(self, outline: Points) -> Points:
        """Unit normals of an LV outline, pointing out of the cavity; sideways at the two annulus points."""
        _, across = self.axis()
        tangent = np.gradient(outline, axis=0)
        normal = np.stack([tangent[:, 1], -tangent[:, 0]], axis=1)
        normal /= np.linalg.norm(normal, axis=1, keepdims=True) + 1e-9
        centre = outline.mean(axis=0)
        normal *= np.sign(np.sum(normal * (outline - centre), axis=1, keepdims=True) + 1e-9)
        normal[0], normal[-1] = -across, across
        return normal

    def wall_thickness(self, volume_ml: float) -> Points:
        """Wall thickness in cm at each outline point; thickens as the cavity empties (constant muscle)."""
        turn = np.linspace(-1.0, 1.0, 2 * OUTLINE_POINTS - 1)
        lateral_wall, apical_wall = self.lateral_wall_share * self.mean_wall, self.apical_wall_share * self.mean_wall
        side = np.where(turn < 0, self.septal_wall, lateral_wall)
        weight = np.clip(np.abs(turn) / 0.35, 0.0, 1.0)
        rest = apical_wall + (side - apical_wall) * weight
        width_ed, width = self.width(self.edv_ml), self.width(volume_ml)
        # Shell of constant cross-section: (w/2 + h)^2 - (w/2)^2 stays; length shortens, so the shell gains.
        area = ((width_ed / 2 + rest) ** 2 - (width_ed / 2) ** 2) * self.length_ed / self.length(volume_ml)
        return np.sqrt((width / 2) ** 2 + area) - width / 2
