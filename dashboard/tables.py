"""Tables as HTML: right-aligned figures, units, and a sentence on each index where the pointer rests."""

from __future__ import annotations

from html import escape

from twin_core.circuit import CLOSED_LOOP_INDICES, INDICES, LEARNED, PARAMETERS, Beat
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.report import format_value, intervals
from twin_core.twin import Twin

_MEASURED = ("ejection_fraction_pct", "heart_rate_bpm", "edv_ml", "esv_ml")


def index_table(patient: Beat, what_if: Beat) -> str:
    """Every index of the patient and the what-if, and the change between what is shown."""
    rows = []
    for key, about in patient.index_infos.items():
        before, after = getattr(patient, key), getattr(what_if, key)
        # Of the rounded values: a reader who subtracts finds the same change.
        change = None if before is None or after is None else round(after, about.digits) - round(before, about.digits)
        changed = (change is None and before is not after) or bool(change and round(change, about.digits))
        rows.append(
            _row(
                _named(about.label, about.unit, about.help),
                format_value(before, about.digits),
                f'<span class="{"what-if" if changed else "same"}">{format_value(after, about.digits)}</span>',
                f'<span class="{"changed" if changed else "same"}">'
                f"{format_value(change, about.digits, signed=True)}</span>",
            )
        )
    return _table("indices", ("Index", "Patient", "What-if", "Change"), rows)


def measured_table(twin: Twin, beat: Beat) -> str:
    """What the contour gives beside what the twin does."""
    rows = []
    for key in _MEASURED:
        about = INDICES[key]
        value = getattr(twin.measured, key) if twin.measured else None
        # An assumed scale makes millilitres a guess; the ratio and the rate do not depend on it.
        guessed = twin.measured is not None and not twin.measured.calibrated and about.unit == "mL"
        rows.append(
            _row(
                _named(about.label, f"{about.unit}, scale assumed" if guessed else about.unit, about.help),
                f"{'≈ ' if guessed else ''}{format_value(value, about.digits)}",
                format_value(getattr(beat, key), about.digits),
            )
        )
    return _table("measured", ("", "Clip", "Twin"), rows)


def learned_table(twin: Twin) -> str:
    """The parameters found from the clip, with units and what else they may be: their bounds if nothing is known."""
    known = intervals(twin)
    rows = []
    for name in known or LEARNED:
        about = PARAMETERS[name]
        low, high = about.bounds
        rows.append(
            _row(
                _named(about.label, about.unit, about.help),
                f"{twin.parameters[name]:.3g}",
                known[name].replace(" to ", "–") if known else f"{low:.3g}–{high:.3g}",
            )
        )
    return _table("parameters", ("", "Value", "90 % interval" if known else "Bounds"), rows)


def narrowing_table(table: dict[str, dict[str, float]]) -> str:
    """By how much each set of measurements narrows each parameter and index, percent."""
    rows = []
    for name in next(iter(table.values())):
        about = PARAMETERS.get(name) or INDICES[name]
        rows.append(
            _row(_named(about.label, "", about.help), *(f"{format_value(row[name], 0)} %" for row in table.values()))
        )
    return _table("narrowing", ("", *table), rows)


def parameter_table(circuit: type[LeftHeartParameters]) -> str:
    """Every parameter of a circuit with symbol, unit, bounds and where they come from."""
    rows = [
        _row(
            _named(about.label, about.unit, about.help),
            escape(about.symbol),
            f"{about.bounds[0]:.3g}–{about.bounds[1]:.3g}",
            "clip" if about.learned else "published",
            escape(about.source),
        )
        for about in circuit.infos().values()
    ]
    return _table("circuit", ("Parameter", "Symbol", "Bounds", "Value from", "Source of the bounds"), rows)


def index_definitions() -> str:
    """Every index and the sentence that says what it is."""
    rows = [
        _row(_named(about.label, about.unit, about.help), escape(about.help)) for about in CLOSED_LOOP_INDICES.values()
    ]
    return _table("definitions", ("Index", "What it says"), rows)


def model_table(twin: Twin) -> str:
    """The weights that took part in making a twin."""
    rows = [_row(escape(name), f"<code>{escape(digest)}</code>") for name, digest in twin.models.items()]
    return _table("models", ("Network", "SHA-256 of its weights"), rows)


def _named(label: str, unit: str, help: str) -> str:
    shown = f' <span class="unit">{escape(unit)}</span>' if unit else ""
    return f'<span title="{escape(help)}">{escape(label)}{shown}</span>'


def _row(name: str, *cells: str) -> str:
    return f'<tr><th scope="row">{name}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _table(name: str, header: tuple[str, ...], rows: list[str]) -> str:
    head = "".join(f'<th scope="col">{escape(text)}</th>' for text in header)
    return f'<table class="twin-table {name}"><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table>'
