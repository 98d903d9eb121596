"""Ramp study: pump speed stepped up, what each speed does, which speeds meet every target and why the others miss."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import overload

import streamlit as st
from streamlit.delta_generator import DeltaGenerator
from streamlit.navigation.page import Page

from dashboard import charts, intake, ramp_charts, ramp_results, state, tables
from dashboard.reading import Patient
from twin_core import ramp as ramps
from twin_core.circuit import ParameterError, circuits, pumps
from twin_core.circuit.pumps import Pump
from twin_core.report import CIRCUIT_LIMITS


class _Told(Sequence[float]):
    """Speeds that move a progress bar as they are taken."""

    def __init__(self, speeds: Sequence[float], bar: DeltaGenerator) -> None:
        self.speeds, self.bar = speeds, bar

    def __iter__(self) -> Iterator[float]:
        for i, speed in enumerate(self.speeds):
            self.bar.progress(i / len(self.speeds), f"Solving {speed:.0f} rpm, {i + 1} of {len(self.speeds)}")
            yield speed

    def __len__(self) -> int:
        return len(self.speeds)

    @overload
    def __getitem__(self, at: int) -> float: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[float]: ...
    def __getitem__(self, at: int | slice) -> float | Sequence[float]:
        return self.speeds[at]


def page(what_if: Page) -> None:
    """Draw the page.

    Args:
        what_if: The page a chosen speed is opened on.
    """
    patient = state.patient()
    if patient is None:
        intake.show_nothing()
        return
    intake.header(patient, with_circuit=False)
    pump, circuit, speeds = _settings()
    try:
        at_speeds = ramps.speeds(*speeds, pump)
        if len(at_speeds) > ramps.MOST_SPEEDS_SHOWN:
            raise ParameterError(
                f"{len(at_speeds)} speeds are more than the {ramps.MOST_SPEEDS_SHOWN} shown; give a larger step."
            )
        steps = _solved(patient, pump, circuit, at_speeds, _asks_draws(patient))
    except ParameterError as error:
        st.error(intake.plain(f"This ramp cannot be run: {error}"))
        return
    said, choice, button = st.columns([3.0, 0.9, 1.1], vertical_alignment="bottom")
    with said:
        _recommendation(steps)
    chosen = _chosen(choice, steps)
    if button.button("Open in What-if", key=state.RAMP_OPEN, type="primary", width="stretch"):
        _open(pump, chosen, circuit, what_if)
    picked = st.plotly_chart(
        ramp_charts.small_multiples(steps, ramps.Targets(), chosen),
        key=state.RAMP_CHART,
        on_select="rerun",
        selection_mode="points",
        config=charts.CONFIG,
        alt="Mean arterial, wedge and central venous pressure, flow, pulsatility, size and valve opening against speed",
    )
    st.html(
        '<p class="note">Green: target zone. Blue, with a bar below: recommended speeds. Filled circles meet every '
        "target, open diamonds miss at least one. Click a point to open its speed in What-if. LVEDD is read from the "
        "volume (Teichholz 1976); PCWP is mean left atrial pressure. A pulsatility index over 10 is off "
        "its axis: next to no flow.</p>"
    )
    if points := picked["selection"]["points"]:
        _open(pump, float(points[0]["x"]), circuit, what_if)
    st.html(tables.ramp_table(steps))
    st.html(f'<p class="note">{CIRCUIT_LIMITS[circuit]}</p>')


def _settings() -> tuple[Pump, str, tuple[float, float, float]]:
    """The widgets: pump, circuit, and speeds from, to, by."""
    columns = st.columns([1.3, 1.7, 1.0, 1.0, 1.0], vertical_alignment="bottom")
    for key, value in ((state.RAMP_PUMP, "heartmate3"), (state.RAMP_CIRCUIT, circuits.CLOSED_LOOP.name)):
        if key not in st.session_state:
            state.put(key, value)
    columns[0].selectbox(
        "Pump",
        pumps.NAMES,
        format_func=lambda name: pumps.get(name).label,
        key=state.RAMP_PUMP,
        on_change=_usual_speeds,
    )
    pump = pumps.get(st.session_state[state.RAMP_PUMP])
    if state.RAMP_FROM not in st.session_state:
        _usual_speeds()
    columns[1].selectbox(
        "Circuit",
        list(circuits.CIRCUITS),
        format_func=lambda name: circuits.get(name).label,
        key=state.RAMP_CIRCUIT,
        help="A ramp needs veins and a right heart: without them the left heart's circuit lets pressure climb more "
        "than a patient's.",
    )
    low, high = pump.speed_range_rpm
    for column, key, label in (
        (columns[2], state.RAMP_FROM, "From, rpm"),
        (columns[3], state.RAMP_TO, "To, rpm"),
    ):
        column.number_input(label, min_value=int(low), max_value=int(high), step=100, key=key)
    columns[4].number_input("Step, rpm", min_value=10, max_value=int(high - low), step=50, key=state.RAMP_STEP)
    speeds = tuple(float(st.session_state[key]) for key in (state.RAMP_FROM, state.RAMP_TO, state.RAMP_STEP))
    return pump, st.session_state[state.RAMP_CIRCUIT], (speeds[0], speeds[1], speeds[2])


def _usual_speeds() -> None:
    """Put the sweep round the pump's everyday range."""
    sweep = ramps.usual_sweep(pumps.get(st.session_state[state.RAMP_PUMP]))
    for key, value in zip((state.RAMP_FROM, state.RAMP_TO, state.RAMP_STEP), sweep, strict=True):
        state.put(key, int(value))


def _asks_draws(patient: Patient) -> bool:
    """Whether each speed is also to be judged on what else the patient may be."""
    if not patient.twin.posterior_draws:
        return False
    return st.toggle(
        f"Judge each speed on {ramps.DRAWS} draws of what this patient may be (takes minutes in the closed loop)",
        key=state.RAMP_DRAWS,
        help="The clip leaves much open. The share of draws that meet every target says how sure a speed is.",
    )


def _solved(patient: Patient, pump: Pump, circuit: str, at_speeds: list[float], with_draws: bool) -> list[ramps.Step]:
    """The ramp's steps, with a bar that moves while they are solved."""
    bar = st.progress(0.0, "Closing the circulation")
    try:
        return ramp_results.solved(patient, pump, circuit, at_speeds, with_draws, lambda speeds: _Told(speeds, bar))
    finally:
        bar.empty()


def _recommendation(steps: list[ramps.Step]) -> None:
    found = ramps.recommend_speed(steps)
    if found["range_rpm"]:
        st.success(
            f"**Recommended: {intake.plain(found['summary'])}** {intake.plain(' '.join(ramps.beside_range(steps)))}"
        )
    else:
        st.warning(f"**{intake.plain(found['summary'])}**")


def _chosen(place: DeltaGenerator, steps: list[ramps.Step]) -> float:
    """The speed chosen by name, for those who do not click; at first the one in the middle of the best."""
    at_speeds = [step.speed_rpm for step in steps]
    if st.session_state.get(state.RAMP_CHOSEN) not in at_speeds:
        fewest = min(len(step.reasons) for step in steps)
        best = [step.speed_rpm for step in steps if len(step.reasons) == fewest]
        # Without one that meets all, the one the sentence beside names.
        st.session_state[state.RAMP_CHOSEN] = best[0] if fewest else best[len(best) // 2]
    place.selectbox("Speed", at_speeds, format_func=lambda speed: f"{speed:.0f} rpm", key=state.RAMP_CHOSEN)
    return float(st.session_state[state.RAMP_CHOSEN])


def _open(pump: Pump, speed_rpm: float, circuit: str, what_if: Page) -> None:
    state.fit(pump.name, speed_rpm, circuit)
    st.switch_page(what_if)
