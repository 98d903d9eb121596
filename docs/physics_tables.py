"""The generated sections of physics.md: parameters, pumps, constants, reference patients and the clinical check."""

from __future__ import annotations

from collections.abc import Iterable

from schematic import split_symbol
from scipy.optimize import brentq

from twin_core.circuit import (
    CircuitParameters,
    ClosedLoopBeat,
    ClosedLoopParameters,
    circuits,
    closed_loop_beat,
    cohort,
    equations,
    fixed_point,
    indices,
    presets,
    pumps,
    solve_periodic,
    solver,
)
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.pumps import Pump
from twin_core.ramp import Step, ramp, speeds

COMPUTED = frozenset({"law-points", "patients", "ramp", "ramp-change", "heartmate3"})
"""Sections that hold solver output: another machine may round their last digit the other way."""

_PATIENT, _STEP_RPM = "severe_heart_failure", 400.0

# Index, whether summed over the ramp, and the change in patients, mean and standard deviation (Uriel 2016, abstract).
_URIEL = (
    ("cardiac_output_l_min", False, "+0.16 ± 0.19"),
    ("cardiac_output_l_min", True, "+1.28 ± 1.41"),
    ("left_atrial_pressure_mmhg", False, "−1.23 ± 0.85"),
    ("left_atrial_pressure_mmhg", True, "−9.9 ± 6.5"),
    ("central_venous_pressure_mmhg", False, "not significant"),
    ("systolic_pressure_mmhg", False, "not significant"),
    ("mean_arterial_pressure_mmhg", False, "–"),
)

# Pump, speed in rpm, pressure difference in mmHg, flow in L/min as published, by whom.
_LAW_POINTS = (
    ("heartmate2", 9000, 53, "5.0 ± 1.3", "bench, Stanfield 2013"),
    ("heartmate2", 9000, 55, "4.8 ± 1.6", "bench, Stanfield 2013"),
    ("heartmate2", 9000, 70, "3.4 ± 2.5", "bench, Stanfield 2013"),
    ("heartmate2", 8000, 60, "2.07", "VAD-0D-DNN polynomial"),
    ("heartmate2", 9000, 60, "4.32", "VAD-0D-DNN polynomial"),
    ("heartmate2", 10000, 60, "6.63", "VAD-0D-DNN polynomial"),
    ("heartmate3", 5000, 60, "4.40", "VAD-0D-DNN polynomial"),
    ("heartmate3", 5000, 80, "1.83", "VAD-0D-DNN polynomial"),
    ("heartmate3", 6000, 80, "5.69", "VAD-0D-DNN polynomial"),
)


def tex(symbol: str) -> str:
    """A parameter's symbol in TeX."""
    base, under, after = split_symbol(symbol)
    written = base if len(base) == 1 else rf"\mathrm{{{base}}}"
    return written + (rf"_\mathrm{{{under}}}" if under else "") + (r"^{\ast}" if after == "*" else after)


def sections() -> dict[str, str]:
    """Every generated section by the name of its marker."""
    five, closed = CircuitParameters.infos(), ClosedLoopParameters.infos()
    shared = [name for name in five if name in closed]
    hm2 = pumps.get("heartmate2")
    at = speeds(8000, 12000, _STEP_RPM, hm2)
    loop_ramp, five_ramp = (ramp(presets.load(_PATIENT, name), hm2, at) for name in ("closed_loop", "five_state"))
    return {
        "parameters-both": _parameters(CircuitParameters, shared),
        "parameters-five-state": _parameters(CircuitParameters, [name for name in five if name not in shared]),
        "parameters-closed-loop": _parameters(ClosedLoopParameters, [name for name in closed if name not in shared]),
        "pumps": _pumps(),
        "law-points": _law_points(),
        "constants": _constants(),
        "presets": _presets(),
        "patients": _patients(),
        "ramp": _ramp(loop_ramp),
        "ramp-change": _ramp_change(loop_ramp, five_ramp),
        "heartmate3": _heartmate3(),
    }


def _table(header: Iterable[str], rows: Iterable[Iterable[str]], left: int = 1) -> str:
    """A Markdown table; the first ``left`` columns flush left, the others right."""
    names = list(header)
    rule = [":--" if i < left else "--:" for i in range(len(names))]
    return "\n".join(f"| {' | '.join(row)} |" for row in (names, rule, *rows))


def _parameters(circuit: type[LeftHeartParameters], names: Iterable[str]) -> str:
    infos, default = circuit.infos(), circuit().to_dict()
    rows = []
    for name in names:
        about = infos[name]
        bounds = " to ".join(_number(bound) for bound in about.bounds)
        unit = "–" if about.unit == "1" else about.unit
        title = f"{about.label}<br>`{name}`"
        rows.append((f"${tex(about.symbol)}$", title, unit, _number(default[name]), bounds, about.source))
    return _table(("Symbol", "Parameter", "Unit", "Default", "Bounds", "Source"), rows, left=6)


def _number(value: float) -> str:
    """Four digits; of small numbers only powers of ten get an exponent."""
    text = f"{value:.4g}"
    if "e" in text:
        text = text.replace("e-0", "e-") if text.startswith("1e") else f"{value:.6f}".rstrip("0")
    return text.replace("-", "−", 1) if value < 0 else text


def _pumps() -> str:
    rows = [
        (
            f"{pump.label}<br>`{pump.name}`",
            *(f"{low:.0f} to {high:.0f}" for low, high in (pump.speed_range_rpm, pump.usual_range_rpm)),
            *(f"{value:.5g}" for value in (pump.cannula_resistance, pump.inertance)),
            *(f"{value:.5g}" for value in (pump.suction_gain, pump.suction_threshold_mmhg)),
            pump.source,
        )
        for pump in map(pumps.get, pumps.NAMES)
    ]
    symbols = (r"R_\mathrm{can}", r"L_\mathrm{p}", r"\alpha", r"P_\mathrm{suc}")
    return _table(("Pump", "Speeds, rpm", "Usual, rpm", *(f"${s}$" for s in symbols), "Source"), rows, left=8)


def _law_points() -> str:
    rows = []
    for name, speed, pressure, published, source in _LAW_POINTS:
        own = _static_flow(pumps.get(name), speed, pressure)
        simaan = f"{_static_flow(pumps.get('axial'), speed, pressure):.1f}" if name == "heartmate2" else "–"
        rows.append((pumps.get(name).label, source, f"{speed}", f"{pressure}", published, f"{own:.1f}", simaan))
    header = ("Pump", "Published by", "rpm", "ΔP, mmHg", "Published, L/min", "Law here, L/min", "`axial` law, L/min")
    return _table(header, rows, left=2)


def _static_flow(pump: Pump, speed_rpm: float, pressure_mmhg: float) -> float:
    """Steady flow in L/min against a constant aortic minus LV pressure."""
    h0, h1, h2 = pump.head_coefficients(speed_rpm)

    def excess(flow: float) -> float:
        return h0 + (h1 - pump.cannula_resistance) * flow + h2 * flow * abs(flow) - pressure_mmhg

    return 0.06 * float(brentq(excess, -500.0, 500.0))


def _constants() -> str:
    def span(limits: tuple[float, float]) -> str:
        return f"{_number(limits[0])} to {_number(limits[1])}"

    rows = [
        ("Systemic resistance under the reflex, of resting", span(equations.RESISTANCE_LIMITS)),
        ("Heart rate under the reflex, of resting", span(equations.RATE_LIMITS)),
        ("Relative pressure error that still moves venous volume", span(equations.PRESSURE_LIMITS)),
        (
            "Periodic if no unknown changes over a cycle by",
            f"{_number(fixed_point.TOLERANCE)} of {fixed_point.SCALE:g}",
        ),
        ("Cycles integrated at most", f"{fixed_point.MAX_CYCLES}"),
        ("LSODA, relative and absolute tolerance", f"{_number(solver._RTOL)}, {_number(solver._ATOL)}"),
        ("Cohort integrator, relative and absolute tolerance", f"{_number(cohort._RTOL)}, {_number(cohort._ATOL)}"),
        ("Intervals that waveforms and indices are read on", f"{solver.SAMPLES_PER_CYCLE} a cycle"),
        ("CVP to wedge ratio over which the right heart is flagged", f"{closed_loop_beat.RIGHT_HEART_FAILURE_RATIO:g}"),
    ]
    return _table(("Constant", "Value"), rows)


def _presets() -> str:
    rows = [
        (f"{one.label}<br>`{name}`", _differences(one.parameters), _differences(one.closed_loop), one.source)
        for name, one in presets.PRESETS.items()
    ]
    return _table(("Patient", "Five-state circuit: defaults but", "Closed loop: defaults but", "Source"), rows, left=4)


def _differences(parameters: LeftHeartParameters) -> str:
    default = type(parameters)()
    changed = [name for name, value in parameters.to_dict().items() if value != getattr(default, name)]
    infos = parameters.infos()
    return ", ".join(f"${tex(infos[name].symbol)}$ {_number(getattr(parameters, name))}" for name in changed) or "–"


def _patients() -> str:
    rows = []
    for name, preset in presets.PRESETS.items():
        for circuit in circuits.CIRCUITS:
            one = solve_periodic(presets.load(name, circuit))
            cvp = f"{one.central_venous_pressure_mmhg:.0f}" if isinstance(one, ClosedLoopBeat) else "–"
            rows.append(
                (
                    *(preset.label, circuit.replace("_", " "), f"{one.heart_rate_bpm:.0f}"),
                    *(f"{one.edv_ml:.0f}", f"{one.esv_ml:.0f}", f"{one.ejection_fraction_pct:.0f}"),
                    f"{one.systolic_pressure_mmhg:.0f}/{one.diastolic_pressure_mmhg:.0f}",
                    *(f"{one.mean_arterial_pressure_mmhg:.0f}", f"{one.left_atrial_pressure_mmhg:.0f}"),
                    *(cvp, f"{one.cardiac_output_l_min:.1f}"),
                )
            )
    units = ("HR, bpm", "EDV, mL", "ESV, mL", "EF, %", "BP, mmHg", "MAP, mmHg", "PCWP, mmHg", "CVP, mmHg", "CO, L/min")
    return _table(("Patient", "Circuit", *units), rows, left=2)


def _ramp(steps: list[Step]) -> str:
    rows = []
    for step in steps:
        one = step.beat
        assert isinstance(one, ClosedLoopBeat)
        rows.append(
            (
                *(f"{step.speed_rpm:.0f}", f"{one.cardiac_output_l_min:.1f}", f"{one.pump_flow_l_min:.1f}"),
                *(f"{one.left_atrial_pressure_mmhg:.0f}", f"{one.central_venous_pressure_mmhg:.0f}"),
                f"{one.systolic_pressure_mmhg:.0f}/{one.diastolic_pressure_mmhg:.0f}",
                *(f"{one.mean_arterial_pressure_mmhg:.0f}", f"{one.edv_ml:.0f}"),
                f"{100 * one.aortic_valve_open_fraction:.0f}",
            )
        )
    header = ("rpm", "CO, L/min", "Pump, L/min", "PCWP, mmHg", "CVP, mmHg", "BP, mmHg", "MAP, mmHg", "EDV, mL")
    return _table((*header, "Aortic valve open, % of cycle"), rows, left=0)


def _ramp_change(closed: list[Step], five: list[Step]) -> str:
    rows = []
    for key, whole, measured in _URIEL:
        about = indices.CLOSED_LOOP_INDICES[key]
        simple = _change(five, key, whole) if hasattr(five[0].beat, key) else "–"
        over = "whole ramp" if whole else f"{_STEP_RPM:.0f} rpm"
        rows.append((f"{about.label}, {about.unit}", over, measured, _change(closed, key, whole), simple))
    return _table(("Change of", "over", "Patients, Uriel 2016", "Closed loop", "Five-state"), rows, left=2)


def _change(steps: list[Step], key: str, whole: bool) -> str:
    """Change over the whole ramp, or its mean a step."""
    change = getattr(steps[-1].beat, key) - getattr(steps[0].beat, key)
    text = f"{change:+.1f}" if whole else f"{change / (len(steps) - 1):+.2f}"
    return text.replace("-", "−")


def _heartmate3() -> str:
    one = solve_periodic(presets.load(_PATIENT, "closed_loop"), pump=pumps.get("heartmate3"), speed_rpm=5400)
    assert isinstance(one, ClosedLoopBeat)
    rows = [
        ("Pump flow, L/min", f"{one.pump_flow_l_min:.1f}", "4 to 5.5"),
        ("Mean arterial pressure, mmHg", f"{one.mean_arterial_pressure_mmhg:.0f}", "75 to 95"),
        ("Wedge pressure, mmHg", f"{one.left_atrial_pressure_mmhg:.0f}", "under 18"),
        ("Central venous pressure, mmHg", f"{one.central_venous_pressure_mmhg:.0f}", "under 12"),
        ("CVP to wedge ratio", f"{one.cvp_to_pcwp_ratio:.2f}", "–"),
    ]
    return _table(("HeartMate 3 at 5400 rpm", "Closed loop", "Expected"), rows)
