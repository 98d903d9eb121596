"""Circuit diagrams as plain SVG: a sheet that knows resistors, valves, chambers and the rest."""

from __future__ import annotations

import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

INK, ARTERIAL, VENOUS, PUMP, REFLEX = "#22262b", "#b3261e", "#1f5fa8", "#0f766e", "#6b7280"
_FONT = 16
_LINE = 18
_BELOW = 32  # from a wire to the label under it

Point = tuple[float, float]


def split_symbol(symbol: str) -> tuple[str, str, str]:
    """A parameter's symbol as base, subscript and what follows: ``Emax`` is E, max; ``Pao(0)`` is P, ao, (0)."""
    found = re.fullmatch(r"([A-Za-z])([a-z]+)(\W.*)?|([A-Za-z]+?)(?:_(\w+))?(\W.*)?", symbol)
    if found is None:
        raise ValueError(f"symbol {symbol!r} is not letters, a subscript and a sign; write it like Emax or Pao(0).")
    one, under, after, name, under_name, after_name = (part or "" for part in found.groups())
    if name or "_" in symbol:
        return name, under_name, after_name
    return one, under, after


class Sheet:
    """One drawing, made from left to right and top to bottom; coordinates in pixels, y downward."""

    def __init__(self, width: int, height: int, title: str) -> None:
        self._size, self._title = (width, height), title
        self._parts: list[str] = []

    def svg(self) -> str:
        """The whole file."""
        width, height = self._size
        return "\n".join(
            [
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
                f'height="{height}" role="img" font-family="Helvetica, Arial, \'DejaVu Sans\', sans-serif" '
                f'font-size="{_FONT}" fill="none" stroke-width="2" stroke-linejoin="round">',
                f"<title>{escape(self._title)}</title>",
                f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
                *self._parts,
                "</svg>\n",
            ]
        )

    def text(self, at: Point, words: str, *, anchor: str = "middle", color: str = INK, weight: str = "normal") -> None:
        """Words; ``{Emax}`` in them is set as a symbol."""
        pieces = re.split(r"\{(.+?)\}", words)
        spans = [escape(piece) if i % 2 == 0 else _symbol_spans(piece) for i, piece in enumerate(pieces)]
        self._parts.append(
            f'<text x="{at[0]:g}" y="{at[1]:g}" text-anchor="{anchor}" fill="{color}" font-weight="{weight}">'
            f"{''.join(spans)}</text>"
        )

    def wire(self, points: Sequence[Point], color: str = INK, *, dashed: bool = False, arrow: bool = False) -> None:
        """A line through points, horizontal and vertical, with an arrowhead at its end if wanted."""
        path = " ".join(f"{x:g},{y:g}" for x, y in points)
        style = ' stroke-dasharray="5 4" stroke-width="1.5"' if dashed else ""
        self._parts.append(f'<polyline points="{path}" stroke="{color}"{style}/>')
        if arrow:
            (x0, y0), (x1, y1) = points[-2:]
            turn = {(1, 0): 0, (0, 1): 90, (-1, 0): 180, (0, -1): 270}[_sign(x1 - x0), _sign(y1 - y0)]
            self._place((x1, y1), turn, f'<path d="M0,0 l-10,-5 v10 z" fill="{color}"/>')

    def flow(self, at: Point, symbol: str, color: str, *, turn: int = 0) -> None:
        """An arrowhead on a wire with the name of the flow above it."""
        self._place(at, turn, f'<path d="M7,0 l-13,-6 v12 z" fill="{color}"/>')
        self.text((at[0], at[1] - 15), f"{{{symbol}}}", color=color)

    def resistor(self, at: Point, color: str, *, turn: int = 0) -> None:
        """A zigzag."""
        self._component(
            at, turn, f'<path d="M-30,0 h6 l4,-9 l8,18 l8,-18 l8,18 l8,-18 l8,18 l4,-9 h6" stroke="{color}"/>'
        )

    def inductor(self, at: Point, color: str) -> None:
        """Four turns of a coil."""
        coil = " ".join("a6,7 0 0 1 12,0" for _ in range(4))
        self._component(at, 0, f'<path d="M-30,0 h6 {coil} h6" stroke="{color}"/>')

    def valve(self, at: Point, color: str, *, turn: int = 0) -> None:
        """A diode: blood passes towards its point."""
        shape = f'<path d="M-30,0 h18 M12,0 h18 M12,-12 v24" stroke="{color}"/><path d="M-12,-12 l24,12 l-24,12 z" '
        self._component(at, turn, shape + f'fill="{color}" stroke="{color}"/>')

    def rotor(self, at: Point, color: str, *, turn: int = 0) -> None:
        """The pump: a circle with a triangle towards its outlet."""
        shape = f'<circle r="22" stroke="{color}"/><path d="M-10,-15 l26,15 l-26,15 z" stroke="{color}"/>'
        self._component(at, turn, f'<path d="M-30,0 h8 M22,0 h8" stroke="{color}"/>' + shape)

    def store(self, at: Point, color: str, name: str, lines: Sequence[str], *, beats: bool = False) -> None:
        """A compliance from a node down to zero pressure, or a chamber that beats; label beside, name underneath."""
        x, y = at
        plates = "M0,0 v48 M-17,48 h34 M-17,58 h34 M0,58 v36 M-14,94 h28 M-9,100 h18 M-4,106 h8"
        self._place(at, 0, f'<path d="{plates}" stroke="{color}"/>')
        if beats:
            self.wire([(x - 24, y + 76), (x + 20, y + 32)], color)
            self._place((x + 24, y + 28), -45, f'<path d="M0,0 l-11,-5 v10 z" fill="{color}"/>')
        self._place(at, 0, f'<circle r="4.5" fill="{color}"/>')
        top = y + 64 - 3 * min(len(lines), 3)
        for i, line in enumerate(lines):
            self.text((x + 32, top + i * _LINE), line, anchor="start")
        self.text((x, y + 130), name, color=color, weight="bold")

    def box(self, corner: Point, size: Point, lines: Sequence[str], color: str) -> None:
        """A framed note; its first line is bold."""
        (x, y), (width, height) = corner, size
        self._parts.append(
            f'<rect x="{x:g}" y="{y:g}" width="{width:g}" height="{height:g}" rx="8" stroke="{color}" fill="#f6f7f8"/>'
        )
        for i, line in enumerate(lines):
            weight = "bold" if i == 0 else "normal"
            self.text((x + width / 2, y + 24 + 21 * i), line, color=INK if i else color, weight=weight)

    def label(self, at: Point, *lines: str, above: bool = False) -> None:
        """Lines of text under a component, or over it."""
        first = at[1] - 18 - _LINE * (len(lines) - 1) if above else at[1] + _BELOW
        for i, line in enumerate(lines):
            self.text((at[0], first + i * _LINE), line)

    def _component(self, at: Point, turn: int, shape: str) -> None:
        """Shape with the wire behind it painted over."""
        self._place(at, turn, f'<path d="M-30,0 h60" stroke="#ffffff" stroke-width="6"/>{shape}')

    def _place(self, at: Point, turn: int, shape: str) -> None:
        rotation = f" rotate({turn})" if turn else ""
        self._parts.append(f'<g transform="translate({at[0]:g},{at[1]:g}){rotation}">{shape}</g>')


def _symbol_spans(symbol: str) -> str:
    base, under, after = split_symbol(symbol)
    spans = f'<tspan font-family="Georgia, \'DejaVu Serif\', serif" font-style="italic">{escape(base)}</tspan>'
    if under:
        spans += f'<tspan dy="4" font-size="{_FONT - 4}">{escape(under)}</tspan>'
    if after:
        spans += f'<tspan dy="{-4 if under else 0}">{escape(after)}</tspan>'
    elif under:
        spans += '<tspan dy="-4">&#8203;</tspan>'  # back to the line, for the words that follow
    return spans


def _sign(number: float) -> int:
    return (number > 0) - (number < 0)
