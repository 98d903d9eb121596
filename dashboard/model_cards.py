"""The model cards that lie beside the weights: what each network is, and how far off it was found to be."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin_core.learning.weights import ASSETS

_LINK_TO_FILE = re.compile(r"\[([^\]]+)\]\((?!https?:)[^)]+\)")


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """One network's card.

    Attributes:
        name: Name of the network.
        sentence: Its first sentence.
        text: All of it but the title, as markdown. Links to other files of the repository, which a page does not serve,
            are their words alone.
    """

    name: str
    sentence: str
    text: str


@cache
def cards(folder: Path = ASSETS) -> tuple[ModelCard, ...]:
    """The cards in a folder, by name; each lies beside the weights it describes."""
    return tuple(_read(path) for path in sorted(folder.glob("*.md")) if path.with_suffix(".safetensors").is_file())


def _read(path: Path) -> ModelCard:
    _, _, body = path.read_text(encoding="utf-8").partition("\n")
    first = " ".join(body.strip().split("\n\n")[0].split())
    return ModelCard(name=path.stem, sentence=f"{first.split('. ')[0].rstrip('.')}.", text=_for_page(body.strip()))


def _for_page(text: str) -> str:
    """Headings two sizes down, since the page has its own; no links that would lead out of it to nothing."""
    text = _LINK_TO_FILE.sub(r"\1", text)
    return "\n".join(f"##{line}" if line.startswith("## ") else line for line in text.splitlines())
