"""How far a what-if may lie from the one shown: the same what-if on draws of what else the patient may be."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin_core.circuit import Beat, ParameterError, circuits, pumps
from twin_core.circuit.closing import close_loop
from twin_core.circuit.cohort import solve_cohort
from twin_core.circuit.five_state_parameters import CircuitParameters, LeftHeartParameters
from twin_core.learning.intervals import interval
from twin_core.scenario import Scenario
from twin_core.twin import Twin

WAVEFORMS = ("lv_pressure_mmhg", "aortic_waveform_mmhg", "lv_volume_ml")
DRAWS = 40  # the ends of a 90 % interval are then known to about a tenth of its width, in a fraction of a second
_PHASES = 101
_AT_ONCE = 5  # draws solved in one call: no slice runs over its time by more than they take


@dataclass(frozen=True, kw_only=True, eq=False)
class Spread:
    """Where 90 % of the draws lie.

    Attributes:
        draws: Draws with a steady beat, of those solved.
        waveforms: Waveform to its 5th and 95th percentile at 101 phases from 0 to the cycle's end, shape (2, 101).
        indices: Index, by JSON key, to its 5th and 95th percentile; None of a draw leaves the index out.
    """

    draws: int
    waveforms: dict[str, NDArray[np.float64]]
    indices: dict[str, tuple[float, float]]


def spread(beats: Sequence[Beat]) -> Spread | None:
    """The spread of beats; None with fewer than ten steady ones, too few for a 5th percentile.

    Waveforms are compared at the same phase of the cycle, so that draws of other heart rates go together.
    """
    steady = [beat for beat in beats if beat.status != "not_periodic"]
    if len(steady) < 10:
        return None
    phases = np.linspace(0.0, 1.0, _PHASES)
    waveforms = {}
    for name in WAVEFORMS:
        sampled = [np.interp(phases, beat.time_s / beat.time_s[-1], getattr(beat, name)) for beat in steady]
        waveforms[name] = interval(sampled)
    indices = {}
    for key in steady[0].index_infos:
        values = [getattr(beat, key) for beat in steady]
        if None not in values:
            low, high = interval(values)
            indices[key] = (float(low), float(high))
    return Spread(draws=len(steady), waveforms=waveforms, indices=indices)


@dataclass(kw_only=True, eq=False)
class Draws:
    """A twin's draws in one circuit, made as they are asked for: closing a circuit takes a while.

    Attributes:
        raw: The draws in the twin's own circuit that are still to be made.
        circuit: Name of the circuit to have them in.
        made: Those made so far; a draw that cannot be closed is left out.
    """

    raw: list[LeftHeartParameters]
    circuit: str
    made: list[LeftHeartParameters] = field(default_factory=list)

    @classmethod
    def of(cls, twin: Twin, circuit: str, limit: int = DRAWS) -> Draws:
        """The first draws of a twin, none made yet; empty for a twin without a posterior."""
        return cls(raw=twin.draw_circuits(limit=limit), circuit=circuit)

    def make_one(self) -> None:
        """Make the next draw."""
        one = self.raw.pop(0)
        if self.circuit == circuits.CLOSED_LOOP.name and isinstance(one, CircuitParameters):
            try:
                one = close_loop(one)
            except ParameterError:  # no blood volume gives this EDV
                return
        self.made.append(one)


class SpreadWork:
    """A spread in the making: solved a slice of time at once, so that whoever waits for something else can have it.

    Attributes:
        found: The spread, once done; None before, and if too few draws had a steady beat.
        done: Whether there is nothing left to solve.
    """

    def __init__(self, draws: Draws, what_if: Scenario) -> None:
        """Prepare the what-if on every draw; nothing is solved yet."""
        self._draws, self._what_if = draws, what_if
        self._taken = 0
        self._beats: list[Beat] = []
        self.found: Spread | None = None
        self.done = False

    def run(self, seconds: float, threads: int | None = 1) -> None:
        """Solve for about so long, or to the end.

        Args:
            seconds: Time to spend; at least one step is made.
            threads: Cores to use at most.
        """
        until = time.perf_counter() + seconds
        while not self.done:
            self._step(threads)
            if time.perf_counter() >= until:
                return

    def _step(self, threads: int | None) -> None:
        if self._draws.raw and len(self._draws.made) < self._taken + _AT_ONCE:
            self._draws.make_one()
            return
        batch = self._draws.made[self._taken : self._taken + _AT_ONCE]
        self._taken += len(batch)
        if batch:
            self._beats += solve_cohort(
                [self._what_if.parameters(one) for one in batch],
                pump=pumps.get(self._what_if.pump) if self._what_if.pump else None,
                speed_rpm=self._what_if.speed_rpm,
                reflex=self._what_if.reflex,
                threads=threads,
            )
        if not self._draws.raw and self._taken >= len(self._draws.made):
            self.found, self.done = spread(self._beats), True
