"""What a report is of: a patient, the what-ifs set beside it, their beats and a ramp, solved once for every format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from string import ascii_uppercase

from twin_core.case import Case
from twin_core.circuit import Beat, ParameterError, circuits, pumps, solve_periodic
from twin_core.ramp import RampStudy, ramp_study
from twin_core.report.words import AS_FOUND
from twin_core.scenario import Scenario
from twin_core.twin import Twin

PATIENT = "Patient"
MOST_SCENARIOS = 4  # columns that an A4 page holds: the what-if as it stands and three pinned ones


@dataclass(frozen=True, kw_only=True)
class Study:
    """Everything a report says. PDF, HTML, CSV and JSON of one study agree, to the time they were made at.

    Attributes:
        case: The patient: twin, what it was recalibrated to, circuit, pinned what-ifs.
        scenarios: What-ifs beside the patient, in the case's circuit.
        beats: The patient's beat and each scenario's by name, the patient first.
        ramp: The ramp of a pump in this patient, or None.
        ramp_problem: Why the ramp asked for could not be run; empty if it could, or none was asked for.
        notes: What the reader wants said, as plain text.
        contour_png: A frame of the clip with its contour, or None.
        created: When it was made.
    """

    case: Case
    scenarios: tuple[Scenario, ...]
    beats: dict[str, Beat]
    ramp: RampStudy | None
    ramp_problem: str
    notes: str
    contour_png: bytes | None
    created: datetime

    @property
    def twin(self) -> Twin:
        """The patient's twin."""
        return self.case.twin

    @property
    def origin(self) -> str:
        """What the patient's circuit is, in words."""
        record = self.case.recalibration
        return record.describe() if record is not None else AS_FOUND

    @property
    def settings(self) -> dict[str, str]:
        """What each beat is of, in words, by name."""
        return {PATIENT: self.origin, **{one.name: one.describe() for one in self.scenarios}}

    @property
    def ramp_speeds(self) -> list[float]:
        """Speeds at which the scenarios run the pump of the ramp."""
        if self.ramp is None:
            return []
        ramped = self.ramp.pump.name
        return [one.speed_rpm for one in self.scenarios if one.pump == ramped and one.speed_rpm is not None]

    @property
    def letters(self) -> dict[str, str]:
        """What each beat is called in figures and columns, by name: names may be long, or in any script."""
        return {PATIENT: PATIENT, **{one.name: ascii_uppercase[i] for i, one in enumerate(self.scenarios)}}


def study(
    case: Case | Twin,
    scenarios: Sequence[Scenario] = (),
    *,
    ramp: bool | RampStudy = False,
    notes: str = "",
    contour_png: bytes | None = None,
    created: datetime | None = None,
) -> Study:
    """Solve what a report is of.

    Args:
        case: The patient; a twin alone is looked at in the five-state circuit.
        scenarios: What-ifs to set beside the patient, in the case's circuit.
        ramp: A ramp already run; or True to run that of the first scenario's pump that has one (see ``ramped_pump``).
        notes: What the reader wants said, as plain text.
        contour_png: A frame of the clip with its contour, if there is one to show.
        created: Time to print, now if left out.

    Raises:
        ValueError: If two scenarios have the same name, there are more than ``MOST_SCENARIOS``, or the case's circuit
            is the closed loop and the patient's volumes fit none.
    """
    if isinstance(case, Twin):
        case = Case(twin=case)
    if len(scenarios) > MOST_SCENARIOS:
        raise ValueError(f"{len(scenarios)} scenarios do not fit on a page; choose {MOST_SCENARIOS} at most.")
    patient = case.twin.circuit_in(case.circuit)
    beats = {PATIENT: solve_periodic(patient)}
    for scenario in scenarios:
        if scenario.name in beats:
            raise ValueError(f"two scenarios are called {scenario.name!r}; give each its own name.")
        beats[scenario.name] = scenario.simulate(patient, start=beats[PATIENT])
    run, problem = (ramp, "") if isinstance(ramp, RampStudy) else (None, "")
    pump = ramped_pump(scenarios)
    if ramp is True and pump is not None:
        try:
            run = ramp_study(case.twin.circuit_in(circuits.CLOSED_LOOP.name), pumps.get(pump))
        except ParameterError as error:  # no blood volume gives this patient's EDV: the rest of the report stands
            problem = str(error)
    return Study(
        case=case,
        scenarios=tuple(scenarios),
        beats=beats,
        ramp=run,
        ramp_problem=problem,
        notes=notes.strip(),
        contour_png=contour_png,
        created=created or datetime.now(UTC),
    )


def ramped_pump(scenarios: Sequence[Scenario]) -> str | None:
    """Name of the pump whose ramp belongs in a report: the first scenario's that has one."""
    return next((one.pump for one in scenarios if one.pump is not None), None)
