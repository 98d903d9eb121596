"""What the sliders move: panels of curves and a table, redrawn at once and together."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from dashboard.live_slider.sliders import sequence
from dashboard.panels import Panel

_HERE = Path(__file__).parent
_SCRIPTS = ("panel.js", "results.js")  # one script for the browser, two concepts here
_component = st.components.v2.component(
    "lvad_twin_live_results",
    html='<div class="live-frame"><div class="live-results"></div></div>',
    css=(_HERE / "results.css").read_text(encoding="utf-8"),
    js="\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS),
    isolate_styles=False,
)


def live_results(
    panels: Sequence[Panel],
    *,
    status: str,
    table: str,
    key: str,
    follows: str,
    on_moving: Callable[[], None],
    moving: bool = False,
    stamp: str = "",
    shows: str = "",
) -> None:
    """Draw panels and a table, and follow sliders.

    Args:
        panels: The panels, from top to bottom, those under one tab together; none leaves those on screen, faded.
        status: HTML of the line above the panels, already escaped.
        table: HTML of what stands beside the panels, already escaped; empty leaves the one on screen, faded.
        key: Session key.
        follows: Session key of the ``live_sliders`` to follow.
        on_moving: Called before the rerun that a moving slider causes; ``sent(key, "moving", specs)`` are the values.
        moving: Whether this answers a slider in motion: what stands still then is not sent again.
        stamp: Names what is drawn: a ``live_band`` of the same stamp joins it.
        shows: What is drawn, in words. With the number of the rest it belongs to it stands in the page's HTML, so that
            whoever looks from outside can tell what the numbers are of.
    """
    _component(
        key=key,
        data={
            "channel": follows,
            "seq": sequence(key, "moving"),
            "rest": "" if moving else sequence(follows, "rest"),
            "shows": shows,
            "stamp": "" if moving else stamp,
            "panels": [panel.to_json(moving) for panel in panels],
            "status": status,
            "table": table,
        },
        on_moving_change=on_moving,
    )
