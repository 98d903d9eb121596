"""The report as a PDF of A4 pages, set by typst from JSON: nothing a user types is read as markup."""

from __future__ import annotations

import json
import tempfile
from functools import cache
from pathlib import Path

import matplotlib
import typst
from matplotlib.ft2font import FT2Font

from twin_core import figures
from twin_core.report.content import content
from twin_core.report.study import Study

_TEMPLATE = Path(__file__).resolve().parents[2] / "assets" / "report.typ"
_FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu Sans: the same on every machine
_PREVIEW_PPI = 110.0  # sharp at the width of a page on screen
_BREAK_EVERY = 20  # characters of a word after which a line may end: a pasted one would leave the page


def pdf(study: Study) -> bytes:
    """A4 pages: what was read, loops, waveforms, indices, ramp, parameters, limits and what made it."""
    (document,) = _typeset(study, image=False)
    return document


def page_images(study: Study) -> list[bytes]:
    """The very pages of the PDF as PNGs, to look at before it is taken away."""
    return _typeset(study, image=True)


def missing_characters(study: Study) -> str:
    """Characters that were typed and the PDF's own font lacks.

    The fonts of the machine stand in where it has any; elsewhere the PDF shows boxes. The HTML report shows them.
    """
    typed = [study.twin.pseudonym, study.notes, *(one.name for one in study.scenarios)]
    return "".join(sorted({c for text in typed for c in text if c.isprintable() and ord(c) not in _characters()}))


@cache
def _characters() -> frozenset[int]:
    return frozenset(FT2Font(str(_FONTS / "DejaVuSans.ttf")).get_charmap())


def _typeset(study: Study, *, image: bool) -> list[bytes]:
    data = content(study)
    data["contour"] = study.contour_png is not None
    data["missing"] = missing_characters(study)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "data.json").write_text(json.dumps(_breakable(data)), encoding="utf-8")
        beats = {study.letters[name]: beat for name, beat in study.beats.items()}
        (root / "loops.svg").write_bytes(figures.pressure_volume_loops(beats))
        (root / "waveforms.svg").write_bytes(figures.waveforms(beats))
        (root / "report.typ").write_text(_TEMPLATE.read_text(encoding="utf-8"), encoding="utf-8")
        if study.contour_png is not None:
            (root / "contour.png").write_bytes(study.contour_png)
        if study.ramp is not None:
            (root / "ramp.svg").write_bytes(figures.ramp(study.ramp, study.ramp_speeds))
        source, fonts, own = root / "report.typ", [_FONTS], not data["missing"]
        if image:
            pages = typst.compile(
                source, root=root, font_paths=fonts, ignore_system_fonts=own, format="png", ppi=_PREVIEW_PPI
            )
            return [pages] if isinstance(pages, bytes) else pages
        return [typst.compile(source, root=root, font_paths=fonts, ignore_system_fonts=own)]


def _breakable(data: dict[str, object]) -> dict[str, object]:
    """The data with places to end a line in words that are longer than a column."""

    def broken(value: object) -> object:
        if isinstance(value, str):
            return " ".join(_pieces(word) for word in value.split(" "))
        if isinstance(value, dict):
            return {key: broken(one) for key, one in value.items()}
        return [broken(one) for one in value] if isinstance(value, list) else value

    return {key: broken(value) for key, value in data.items()}


def _pieces(word: str) -> str:
    return "\u200b".join(word[i : i + _BREAK_EVERY] for i in range(0, len(word), _BREAK_EVERY))
