"""What a panel beside the sliders is made of, ready to be drawn: axes, curves, bars, areas and their words."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

_TICKS = 7  # at most, on an axis

Layer = Literal["", "lines", "areas"]
"""What the user can have on screen or not: the ESPVR and EDPVR, the areas of work; all else is always there."""


@dataclass(frozen=True, kw_only=True)
class Scale:
    """One axis of a panel.

    Attributes:
        title: What is on it, with its unit; empty where the panel below has the same axis.
        unit: The unit alone.
        span: Smallest and largest value shown.
        digits: Digits after the point where a value is read off.
        names: Words in place of ticks, by the value they stand at; empty for an axis of numbers.
    """

    title: str
    unit: str
    span: tuple[float, float]
    digits: int = 0
    names: dict[float, str] = field(default_factory=dict)

    def ticks(self) -> list[float]:
        """Round values that cut the axis into at most six parts."""
        low, high = self.span
        if not high > low:
            return []
        rough = (high - low) / (_TICKS - 1)
        size = 10.0 ** math.floor(math.log10(rough))
        step = next(size * part for part in (1, 2, 2.5, 5, 10) if size * part >= rough * (1 - 1e-9))
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        return [round(step * i, 10) for i in range(first, last + 1)]

    def to_json(self) -> dict[str, Any]:
        """The axis as the browser takes it: a tick is its value and what is written there."""
        ticks = self.names or {tick: f"{tick:g}" for tick in self.ticks()}
        return {
            "title": self.title,
            "unit": self.unit,
            "span": self.span,
            "digits": self.digits,
            "ticks": [[at, text] for at, text in ticks.items()],
            "named": bool(self.names),
        }


@dataclass(frozen=True, kw_only=True)
class Line:
    """One curve, bar or area.

    Attributes:
        label: What is drawn.
        beat: Whose it is: ``Patient``, ``What-if`` or the name of a pinned one.
        tone: Which colour the style sheet gives it: ``patient``, ``what-if``, ``pin-1`` to ``pin-3`` or ``quiet``.
        x: Abscissae, shape (n,); or the distance between evenly spaced ones that start at 0.
        y: Ordinates, shape (n,); not finite where the line is broken.
        dash: ``solid``, ``dash``, ``dot``, or a pinned one's own.
        width: In pixels; 0 for an area.
        legend: What the legend says of it; empty for nothing.
        layer: What it belongs to.
        beats: How many beats of it are drawn, one after the other.
        tag: Words beside it and the point they stand at; None for none.
        still: Whether a slider in motion leaves it as it is.
    """

    label: str
    beat: str
    tone: str
    x: NDArray[np.float64] | float
    y: NDArray[np.float64]
    dash: str
    width: float
    legend: str = ""
    layer: Layer = ""
    beats: int = 1
    tag: tuple[str, float, float] | None = None
    still: bool = False

    def to_json(self, moving: bool) -> dict[str, Any]:
        """The line as the browser takes it, without its points where it has them already."""
        told: dict[str, Any] = {
            "label": self.label,
            "beat": self.beat,
            "tone": self.tone,
            "dash": self.dash,
            "width": self.width,
            "legend": self.legend,
            "layer": self.layer,
            "beats": self.beats,
        }
        if self.still and moving:
            return told
        even = isinstance(self.x, float | int)
        return told | {
            "x": float(self.x) if even else _numbers(self.x),
            "y": _numbers(self.y),
            "tag": self.tag and [self.tag[0], round(self.tag[1], 3), round(self.tag[2], 1)],
        }


@dataclass(frozen=True, kw_only=True)
class Panel:
    """One pair of axes with its curves.

    Attributes:
        name: Identifier.
        alt: What a screen reader says of it.
        height: In pixels, with its legend.
        x: Horizontal axis.
        y: Vertical axis.
        lines: The curves, those in front last.
        read: What the pointer reads off: the ``point`` nearest to it, the ``column`` under it, or ``nothing``.
        tab: The tab it stands under; empty where it is always seen.
        empty: What is said in its place while there is nothing to draw.
    """

    name: str
    alt: str
    height: int
    x: Scale
    y: Scale
    lines: tuple[Line, ...]
    read: Literal["point", "column", "nothing"]
    tab: str = ""
    empty: str = ""

    def to_json(self, moving: bool = False) -> dict[str, Any]:
        """The panel as the browser takes it: what is drawn is rounded to a fraction of a pixel.

        Args:
            moving: Whether the browser has been sent this panel at rest: lines that stand still then keep their points.
        """
        return {
            "name": self.name,
            "alt": self.alt,
            "height": self.height,
            "x": self.x.to_json(),
            "y": self.y.to_json(),
            "read": self.read,
            "tab": self.tab,
            "empty": self.empty,
            "lines": [line.to_json(moving) for line in self.lines],
        }


def _numbers(values: Any) -> list[float | None]:
    """Numbers of four significant digits or one after the point, whichever are more; None where not finite."""
    array = np.asarray(values, dtype=float)
    digits = 1 if np.nanmax(np.abs(array), initial=0.0) >= 50.0 else 3
    rounded: list[float | None] = np.round(array, digits).tolist()
    finite = np.isfinite(array)
    return rounded if finite.all() else [one if fine else None for one, fine in zip(rounded, finite, strict=True)]
