"""What-if scenarios: changes to a patient's circuit and the pump fitted to it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from twin_core.circuit import Beat, ParameterError, pumps, solve_periodic
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.parameters import check_value, info


class Scenario(BaseModel):
    """A named what-if, checked when made.

    Attributes:
        name: Name for tables and reports.
        changes: Parameters that differ from the patient's, by name.
        pump: Name of the pump fitted, or None.
        speed_rpm: Its speed; given with a pump and only then.
        reflex: Whether the baroreflex acts, where the circuit has one.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    changes: dict[str, float] = {}
    pump: str | None = None
    speed_rpm: float | None = None
    reflex: bool = True

    @field_validator("changes")
    @classmethod
    def _within_bounds(cls, changes: dict[str, float]) -> dict[str, float]:
        return {name: check_value(name, value) for name, value in changes.items()}

    @model_validator(mode="after")
    def _pump_runs_at_this_speed(self) -> Scenario:
        if (self.pump is None) != (self.speed_rpm is None):
            raise ParameterError(
                f"a pump and its speed go together; received pump = {self.pump}, speed = {self.speed_rpm}: "
                "give both or neither."
            )
        if self.pump is not None and self.speed_rpm is not None:
            pumps.get(self.pump).check_speed(self.speed_rpm)
        return self

    def parameters(self, patient: LeftHeartParameters) -> LeftHeartParameters:
        """The patient's circuit with this scenario's changes."""
        return patient.replace(**self.changes)

    def simulate(self, patient: LeftHeartParameters, start: Beat | None = None) -> Beat:
        """The periodic beat of the patient in this scenario.

        Args:
            patient: The patient's circuit.
            start: A beat to start the search from; it changes the time taken, not the answer.
        """
        return solve_periodic(
            self.parameters(patient),
            pump=pumps.get(self.pump) if self.pump else None,
            speed_rpm=self.speed_rpm,
            start=start,
            reflex=self.reflex,
        )

    def describe(self) -> str:
        """The settings in words, for tables and reports."""
        parts = [f"{pumps.get(self.pump).label} pump at {self.speed_rpm:.0f} rpm"] if self.pump else []
        for name, value in self.changes.items():
            about = info(name)
            parts.append(f"{about.label} {value:.4g} {about.unit}")
        return ", ".join(parts) or "no change"
