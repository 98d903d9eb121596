"""A table as HTML: heads with a sentence where the pointer rests, rows of figures, and a bar for a value in bounds."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape


def named(label: str, unit: str, help: str) -> str:
    """What a row is about, with its unit and a sentence where the pointer rests."""
    shown = f' <span class="unit">{escape(unit)}</span>' if unit else ""
    # Focusable, so that a finger finds the sentence too; no stop on the way of the Tab key.
    return f'<span class="term" title="{escape(help)}" tabindex="-1">{escape(label)}</span>{shown}'


def row(name: str, *cells: str) -> str:
    """One row: its head and its cells, both HTML."""
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def table(name: str, header: tuple[str, ...], rows: list[str], helps: Sequence[str] = ()) -> str:
    """A table; ``helps`` says what each column is, where that is not said in each row."""
    explained = zip(header, [*helps, *[""] * (len(header) - len(helps))], strict=True)
    heads = [named(text, "", help) if help else escape(text) for text, help in explained]
    # What heads nothing is no header.
    head = "".join(f'<th scope="col">{text}</th>' if text else "<td></td>" for text in heads)
    return f'<table class="twin-table {name}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'


def wide(label: str, table: str) -> str:
    """A table that is moved sideways where it does not fit; the Tab key reaches it, so that keys can move it."""
    return f'<div class="wide" tabindex="0" role="region" aria-label="{escape(label)}">{table}</div>'


def bar(share: float, interval: Sequence[float] = ()) -> str:
    """A small bar that shows where a value, and its interval if there is one, lies between its bounds."""
    dot, *ends = (100 * min(max(one, 0.0), 1.0) for one in (share, *interval))
    reach = f'<span class="reach" style="left:{ends[0]:.1f}%;right:{100 - ends[1]:.1f}%"></span>' if ends else ""
    return f'<span class="span">{reach}<span class="dot" style="left:{dot:.1f}%"></span></span>'
