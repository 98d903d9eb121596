"""The page's colours on a light and on a dark ground, written once.

Hues are Okabe & Ito's, told apart with every common colour blindness, made darker on light ground and lighter on dark
ground until text and lines in them can be read (WCAG 2.2: 4.5 to 1, and 3 to 1 for lines). The browser gets them as
custom properties that follow the theme: what is drawn there needs no redraw when the user switches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Theme = Literal["light", "dark"]


@dataclass(frozen=True, kw_only=True)
class Colour:
    """One colour of the page.

    Attributes:
        name: What it is called in style sheets, after ``--twin-``.
        light: ``#RRGGBB`` on light ground.
        dark: ``#RRGGBB`` on dark ground.
    """

    name: str
    light: str
    dark: str

    @property
    def css(self) -> str:
        """The colour in the theme of whatever it is used on."""
        return f"var(--twin-{self.name})"

    def on(self, theme: Theme) -> str:
        """The colour on one ground, ``#RRGGBB``."""
        return self.light if theme == "light" else self.dark

    def rgb(self, theme: Theme = "light") -> str:
        """The colour on one ground as a browser writes it, ``rgb(…, …, …)``."""
        return f"rgb({', '.join(str(int(self.on(theme)[i : i + 2], 16)) for i in (1, 3, 5))})"

    def faint(self, share: float) -> str:
        """The colour on light ground, let through by a share from 0 to 1, ``rgba(…)``."""
        return self.rgb().replace("rgb(", "rgba(").replace(")", f", {share:g})")


GROUND = Colour(name="ground", light="#FFFFFF", dark="#0F1720")
PANEL = Colour(name="panel", light="#F2F5F8", dark="#1A2530")
TEXT = Colour(name="text", light="#1A2530", dark="#E6EBF0")
BORDER = Colour(name="border", light="#D5DDE5", dark="#344352")
ACCENT = Colour(name="accent", light="#0072B2", dark="#56B4E9")
"""Controls, links, and what is as it should be."""

PATIENT = Colour(name="patient", light="#737C88", dark="#9AA5B1")
WHAT_IF = Colour(name="what-if", light="#BC4F00", dark="#FF9A56")
"""The what-if, and what misses: never without a word or a shape that says the same."""

TARGET = Colour(name="target", light="#007A59", dark="#33C79A")
"""Target zones."""

INTERVAL = Colour(name="interval", light="#56B4E9", dark="#2E6E96")
"""What a value may be, behind the value."""

ENERGY = Colour(name="energy", light="#E69F00", dark="#E69F00")
"""The area of potential energy, beside that of stroke work, which is the what-if's."""

PINNED = (
    Colour(name="pinned-1", light="#0072B2", dark="#56B4E9"),
    Colour(name="pinned-2", light="#8B2BC4", dark="#B26AFB"),
    Colour(name="pinned-3", light="#5C4A00", dark="#F0E442"),
)
"""Pinned what-ifs, in the order they were pinned."""

COLOURS = (GROUND, PANEL, TEXT, BORDER, ACCENT, PATIENT, WHAT_IF, TARGET, INTERVAL, ENERGY, *PINNED)


def stylesheet() -> str:
    """Every colour as a custom property; ``light-dark()`` asks the theme of the element that uses it.

    Plotly knows no custom properties, and switching the theme runs nothing on the server: its figures are sent in the
    colours of light ground, and what they draw in one of them is given the property of that name.
    """
    properties = [f"  --twin-{one.name}: light-dark({one.light}, {one.dark});" for one in COLOURS]
    drawn = [
        f'.js-plotly-plot [style*="{what}: {one.rgb()}"] {{ {what}: {one.css} !important; }}'
        for one in (GROUND, TEXT, BORDER, ACCENT, WHAT_IF, TARGET)
        for what in ("fill", "stroke")
    ]
    return "\n".join((":root {", *properties, "}", *drawn))
