"""What joins the panels once the sliders rest: the band of a spread, made a slice at a time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "lvad_twin_live_band",
    html='<span class="live-band-source" hidden></span>',
    js=(_HERE / "band.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def live_band(
    *, stamp: str, slice: int, pause_ms: int, done: bool, band: dict[str, Any] | None, key: str, follows: str
) -> None:
    """Hand a band to the ``live_results`` that show the same stamp; nothing is seen of this component itself.

    Call it from a fragment of its own: as long as the band is not done and no slider moves, the browser asks for the
    next slice, which reruns that fragment.

    Args:
        stamp: What the band belongs to.
        slice: How many slices are made; the browser asks for the next one by stamp and the next number.
        pause_ms: How long the browser waits before it asks.
        done: Whether there is nothing left to make.
        band: ``bands`` (panel to a list of ``label``, ``step``, ``low``, ``high``, ``beats``) and ``words`` (HTML of
            the intervals, already escaped); None while there is nothing to show.
        key: Session key.
        follows: Session key of the ``live_sliders`` whose rest it waits for.
    """
    data = {"channel": follows, "stamp": stamp, "slice": slice, "pause": pause_ms, "done": done, "band": band}
    _component(key=key, data=data, on_asked_change=lambda: None)
