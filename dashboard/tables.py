"""What stands in each of the page's tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from statistics import mean, stdev

from dashboard.frames import EchoRecord
from dashboard.html_table import bar, named, row, table, wide
from twin_core.circuit import CLOSED_LOOP_INDICES, INDICES, LEARNED, PARAMETERS, Beat
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.learning.posterior import Interval
from twin_core.ramp import Step
from twin_core.recalibration import Comparison, Move
from twin_core.report import change_shown, format_value, intervals
from twin_core.twin import Twin

_MEASURED = ("ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml")


def index_table(patient: Beat, what_if: Beat) -> str:
    """Every index of the patient and the what-if, and the change between what is shown."""
    rows = []
    for key, about in patient.index_infos.items():
        before, after = getattr(patient, key), getattr(what_if, key)
        change = change_shown(before, after, about.digits)
        changed = (change is None and before is not after) or bool(change and round(change, about.digits))
        rows.append(
            row(
                named(about.label, about.unit, about.help),
                format_value(before, about.digits),
                f'<span class="{"what-if" if changed else "same"}">{format_value(after, about.digits)}</span>',
                f'<span class="{"changed" if changed else "same"}">'
                f"{format_value(change, about.digits, signed=True)}</span>",
            )
        )
    return table("indices", ("Index", "Patient", "What-if", "Change"), rows)


def measured_table(twin: Twin, beat: Beat) -> str:
    """What the contour gives beside what the twin does."""
    rows = []
    for key in _MEASURED:
        about = INDICES[key]
        value = getattr(twin.measured, key) if twin.measured else None
        # An assumed scale makes millilitres a guess; the ratio and the rate do not depend on it.
        guessed = twin.measured is not None and not twin.measured.calibrated and about.unit == "mL"
        rows.append(
            row(
                named(about.label, f"{about.unit}, scale assumed" if guessed else about.unit, about.help),
                f"{'≈ ' if guessed else ''}{format_value(value, about.digits)}",
                format_value(getattr(beat, key), about.digits),
            )
        )
    return table("measured", ("", "Clip", "Twin"), rows)


def learned_table(twin: Twin) -> str:
    """The parameters found from the clip, with units and what else they may be: their bounds if nothing is known."""
    known = intervals(twin)
    rows = []
    for name in known or LEARNED:
        about = PARAMETERS[name]
        low, high = about.bounds
        rows.append(
            row(
                named(about.label, about.unit, about.help),
                f"{twin.parameters[name]:.3g}",
                known[name].replace(" to ", "–") if known else f"{low:.3g}–{high:.3g}",
            )
        )
    return table("parameters", ("", "Value", "90 % interval" if known else "Bounds"), rows)


def narrowing_table(narrowing: dict[str, dict[str, float]]) -> str:
    """By how much each set of measurements narrows each parameter and index, percent."""
    rows = []
    for name in next(iter(narrowing.values())):
        about = PARAMETERS.get(name) or INDICES[name]
        rows.append(
            row(
                named(about.label, "", about.help),
                *(f"{format_value(measured[name], 0)} %" for measured in narrowing.values()),
            )
        )
    return table("narrowing", ("", *narrowing), rows)


def known_table(twin: Twin, known: Mapping[str, Interval]) -> str:
    """Every parameter of the patient's circuit: value, bounds, and how much the data say about it.

    Args:
        twin: The twin in use.
        known: What is known of each parameter that the twin has draws of.
    """
    rows = []
    for name, about in PARAMETERS.items():
        value, (low, high) = twin.parameters[name], about.bounds
        one = known.get(name)
        ends = (one.percentile_5, one.percentile_95) if one else None
        shares = [(end - low) / (high - low) for end in (ends or ())]
        rows.append(
            row(
                named(about.label, about.unit, about.help),
                _plain_number(value),
                f"{_plain_number(low)}–{_plain_number(high)}",
                f"{_plain_number(ends[0])}–{_plain_number(ends[1])}" if ends else format_value(None, 0),
                bar((value - low) / (high - low), shares),
                _said(one, about.learned),
            )
        )
    header = ("Parameter", "Value", "Bounds", "90 % interval", "Within the bounds", "What the data say")
    return wide("Parameters of the circuit", table("known", header, rows))


def _plain_number(value: float) -> str:
    """Three significant digits, never with an exponent."""
    text = f"{value:.3g}"
    return f"{value:.7f}".rstrip("0") if "e-" in text else text


def _said(known: Interval | None, learned: bool) -> str:
    """How much the data say about a parameter, in words and percent."""
    if known is None:
        return "estimated from the clip" if learned else "not estimated: published adult's value"
    share = max(known.narrowing_pct, 0.0)
    for least, words in ((80.0, "fixed"), (40.0, "narrowed"), (15.0, "narrowed a little"), (0.0, "hardly anything")):
        if share >= least:
            return f"{words} ({share:.0f} % narrower)"
    return ""


def beats_table(echo: EchoRecord) -> str:
    """Every whole beat of a clip: volumes, ejection fraction, length; their means with standard deviations."""
    rows = []
    for i, beat in enumerate(echo.beats, 1):
        period = beat.period_s
        rows.append(
            row(
                f"{i}, at {echo.time_s[beat.ed_index]:.2f} s",
                f"{beat.edv:.0f}",
                f"{beat.esv:.0f}",
                f"{beat.ef_pct:.1f}",
                format_value(period, 2),
                format_value(60.0 / period if period else None, 0),
            )
        )
    if len(echo.beats) > 1:
        columns = (("edv", 0), ("esv", 0), ("ef_pct", 1))
        shown = []
        for name, digits in columns:
            values = [getattr(beat, name) for beat in echo.beats]
            shown.append(f"{mean(values):.{digits}f} ± {stdev(values):.{digits}f}")
        rows.append(row("Mean ± SD", *shown, "", ""))
    header = ("Beat", "EDV mL", "ESV mL", "EF %", "Length s", "bpm")
    keys = ("edv_ml", "esv_ml", "ejection_fraction_pct", "heart_rate_bpm")
    helps = [INDICES[key].help for key in keys]
    return table("beats", header, rows, ("", *helps[:3], "From this end-diastole to the next.", helps[3]))


def comparison_table(compared: Sequence[Comparison]) -> str:
    """What the twin was moved to beside what it does."""
    rows = []
    for one in compared:
        about = INDICES[one.name]
        rows.append(
            row(
                named(about.label, about.unit, about.help),
                format_value(one.wanted, 0),
                format_value(one.simulated, 1),
                _off(format_value(one.difference, 1, signed=True), one.met),
            )
        )
    return table("comparison", ("Reading", "Wanted", "Twin", "Off by"), rows)


def _off(text: str, met: bool) -> str:
    return f'<span class="{"same" if met else "what-if"}">{text}</span>'


_STATUS = {
    "fixed by the data": "fixed",
    "at its prior": "left open",
    "at its bound": "at its limit",
    "as read": "as read",
}


def moves_table(moves: Sequence[Move]) -> str:
    """Which parameters a recalibration moved, from where to where, and what fixed each."""
    rows = [
        row(
            named(PARAMETERS[move.name].label, PARAMETERS[move.name].unit, PARAMETERS[move.name].help),
            f"{move.before:.3g} → {move.after:.3g}",
            escape(_STATUS.get(move.status, move.status)),
        )
        for move in moves
    ]
    return table("moves", ("What was moved", "From → to", "By the readings"), rows)


_RAMP = (
    ("mean_arterial_pressure_mmhg", "MAP", "mmHg", 0),
    ("left_atrial_pressure_mmhg", "PCWP", "mmHg", 1),
    ("central_venous_pressure_mmhg", "CVP", "mmHg", 1),
    ("pump_flow_l_min", "Pump flow", "L/min", 2),
    ("cardiac_output_l_min", "Output", "L/min", 2),
    ("pulsatility_index", "PI", "", 1),
    ("lv_end_diastolic_diameter_cm", "LVEDD", "cm", 1),
    ("aortic_valve_open_fraction", "AV open", "of cycle", 2),
)


def ramp_table(steps: Sequence[Step]) -> str:
    """Every speed of a ramp with what is read at it, and why it misses a target."""
    rows = []
    for step in steps:
        values = step.row()
        reasons = "; ".join(step.reasons)
        verdict = (
            f'<span class="misses">{escape(reasons)}</span>' if reasons else '<b class="meets">meets every target</b>'
        )
        rows.append(
            row(
                f"{step.speed_rpm:.0f}",
                *(format_value(values[key], digits) for key, _, _, digits in _RAMP if key in values),
                *([] if step.share_met is None else [f"{100 * step.share_met:.0f} %"]),
                verdict,
            )
        )
    held = steps[0].row()
    header = [f"{label} {unit}".strip() for key, label, unit, _ in _RAMP if key in held]
    helps = [_help(key) for key, *_ in _RAMP if key in held]
    if steps[0].share_met is not None:
        header.append("Draws that meet all")
        helps.append("Share of what this patient may be that meets every target at this speed.")
    speeds = table("ramp", ("Speed rpm", *header, "Targets"), rows, ("", *helps, ""))
    return wide("Every speed of the ramp", speeds)


def _help(key: str) -> str:
    if key == "lv_end_diastolic_diameter_cm":
        return "LV diameter at end-diastole, from its volume (Teichholz 1976)."
    return CLOSED_LOOP_INDICES[key].help


def parameter_table(circuit: type[LeftHeartParameters]) -> str:
    """Every parameter of a circuit with symbol, unit, bounds and where they come from."""
    rows = [
        row(
            named(about.label, about.unit, about.help),
            escape(about.symbol),
            f"{about.bounds[0]:.3g}–{about.bounds[1]:.3g}",
            "clip" if about.learned else "published",
            escape(about.source),
        )
        for about in circuit.infos().values()
    ]
    return table("circuit", ("Parameter", "Symbol", "Bounds", "Value from", "Source of the bounds"), rows)


def index_definitions() -> str:
    """Every index and the sentence that says what it is."""
    rows = [
        row(named(about.label, about.unit, about.help), escape(about.help)) for about in CLOSED_LOOP_INDICES.values()
    ]
    return table("definitions", ("Index", "What it says"), rows)


def model_table(twin: Twin) -> str:
    """The weights that took part in making a twin."""
    rows = [row(escape(name), f"<code>{escape(digest)}</code>") for name, digest in twin.models.items()]
    return table("models", ("Network", "SHA-256 of its weights"), rows)


def version_table(versions: Mapping[str, str]) -> str:
    """Which versions are running."""
    return table("models", ("Part", "Version"), [row(escape(k), escape(v)) for k, v in versions.items()])
