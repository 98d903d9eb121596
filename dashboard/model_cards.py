"""The model cards that lie beside the weights: what each network is, and how far off it was found to be."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from twin_core.learning.weights import ASSETS


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """One network's card.

    Attributes:
        name: Name of the network.
        sentence: Its first sentence.
        text: All of it but the title, as markdown.
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
    return ModelCard(name=path.stem, sentence=f"{first.split('. ')[0].rstrip('.')}.", text=_smaller(body.strip()))


def _smaller(text: str) -> str:
    """Headings two sizes down: the page has its own."""
    return "\n".join(f"##{line}" if line.startswith("## ") else line for line in text.splitlines())
