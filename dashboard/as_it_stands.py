"""The what-if as it stands, for whatever is asked for outside the page's own runs."""

from __future__ import annotations

import threading
import time

from dashboard import state
from twin_core.scenario import Scenario

_RELEASE_S = 0.25  # a release just before the click is known to the session after no longer than this
_PATIENCE_S = 20.0  # for the rerun that follows it, on a busy machine


class AsItStands:
    """The what-if as it stands when a file is asked for.

    The buttons are drawn once and hold on to this, where each drawing anew would give them another address: a click
    that falls into the rerun after a slider's release would then ask for a file that is no longer there.
    """

    def __init__(self) -> None:
        """Nothing stands yet."""
        self._scenario: Scenario | None = None
        self._settled = threading.Event()

    def move(self) -> None:
        """A slider is in motion: what stands is about to change."""
        self._settled.clear()

    def stand(self, scenario: Scenario | None) -> None:
        """The sliders rest at a what-if, or at one that cannot be (None)."""
        self._scenario = scenario
        self._settled.set()

    def scenarios(self) -> list[Scenario]:
        """The what-if once the sliders rest, to be called where waiting holds up nobody; none if it is the patient."""
        time.sleep(_RELEASE_S)
        self._settled.wait(_PATIENCE_S)
        one = self._scenario
        # With every slider where it started the what-if is the patient: the report then shows one beat, not two.
        return [one] if one is not None and (one.changes or one.pump) else []


def as_it_stands() -> AsItStands:
    """This session's what-if as it stands."""
    now: AsItStands | None = state.result("as_it_stands", None)
    if now is None:
        now = AsItStands()
        state.keep_result("as_it_stands", None, now)
    return now
