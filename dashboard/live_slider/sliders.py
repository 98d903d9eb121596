"""The sliders: dragged, typed or moved by keys; each shows its unit, its bounds and the way back."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from dashboard.sliders import SliderSpec

_HERE = Path(__file__).parent
_component = st.components.v2.component(
    "lvad_twin_live_sliders",
    html='<div class="live-sliders"></div>',
    css=(_HERE / "sliders.css").read_text(encoding="utf-8"),
    js=(_HERE / "sliders.js").read_text(encoding="utf-8"),
    isolate_styles=False,
)


def live_sliders(
    specs: Mapping[str, SliderSpec],
    values: Mapping[str, float],
    *,
    key: str,
    on_rest: Callable[[], None],
    disabled: Collection[str] = (),
) -> None:
    """Draw sliders.

    Args:
        specs: What each slider needs, by name, in their order.
        values: Where each stands, by name. The page owns the values: a slider the user is not moving follows them.
        key: Session key. ``live_results`` follows the sliders with this key.
        on_rest: Called before the rerun that a slider at rest causes; ``sent(key, "rest", specs)`` are the values.
        disabled: Names of the sliders that cannot be moved.

    Raises:
        KeyError: If a slider has no value.
    """
    _component(
        key=key,
        data={
            "channel": key,
            "seq": sequence(key, "rest"),
            "sliders": [
                {
                    "name": name,
                    "label": spec.label,
                    "low": spec.low,
                    "high": spec.high,
                    "step": spec.step,
                    "digits": spec.digits,
                    "unit": spec.unit,
                    "home": spec.home,
                    "help": spec.help,
                    "value": values[name],
                    "disabled": name in disabled,
                }
                for name, spec in specs.items()
            ],
        },
        on_rest_change=on_rest,
    )


def sent(key: str, event: str, specs: Mapping[str, SliderSpec]) -> dict[str, float]:
    """The values a browser sent, each on its slider's grid.

    What is no finite number, or belongs to no slider, is left out: a browser can send anything.

    Args:
        key: Session key of the component that sent them.
        event: ``rest`` (of ``live_sliders``) or ``moving`` (of ``live_results``).
        specs: The sliders on the page, by name.
    """
    values = _message(key, event).get("values")
    if not isinstance(values, Mapping):
        return {}
    return {
        name: spec.nearest(float(values[name]))
        for name, spec in specs.items()
        if isinstance(values.get(name), int | float)
        and not isinstance(values[name], bool)
        and math.isfinite(values[name])
    }


def sequence(key: str, event: str) -> int:
    """Number of the browser's last message, which goes back with the answer to it; 0 before the first."""
    number = _message(key, event).get("seq", 0)
    return number if isinstance(number, int) else 0


def _message(key: str, event: str) -> Mapping[str, Any]:
    state = st.session_state.get(key)
    message = state.get(event) if isinstance(state, Mapping) else None
    return message if isinstance(message, Mapping) else {}
