"""The words and figures of a report that the page and the command line use too."""

from __future__ import annotations

from twin_core.circuit import INDICES, circuits
from twin_core.learning.intervals import interval
from twin_core.twin import Twin

LIMITS = (
    "EDV, ESV and heart rate fix about three of the seven estimated parameters; the others stay near the values "
    "the encoder was trained to prefer. The 90 % intervals say what each may be in a simulated patient with these "
    "measurements and their usual errors; a cuff pressure narrows them.",
    "Pressures are not measured: without a cuff pressure they are what the published circuit gives at these volumes.",
    "Ejection fraction rises as a pump empties the ventricle and is no measure of its benefit.",
    "The networks were trained on rendered echoes, not on patients. On three real clips with reference contours "
    "ejection fraction was off by 0.6, 3.6 and 7.4 points; the failing ventricle's was read too high. The reading was "
    "adjusted on these clips: expect more on others. Networks trained alike from other seeds were off by up to 11 "
    "points.",
)
CIRCUIT_LIMITS = {
    circuits.FIVE_STATE.name: "The circuit has a left heart only: no right heart, no reflex, no valve leak; its "
    "filling is set by start values. When pump speed changes, a patient's own regulation will differ.",
    circuits.CLOSED_LOOP.name: "Right heart, lungs, veins and baroreflex are a reference adult's, not this patient's; "
    "blood volume is found so that end-diastolic volume matches.",
}
AS_FOUND = "as found from the echo, no pump"
CUFF = ("systolic_pressure_mmhg", "diastolic_pressure_mmhg")
NOTHING = "–"


def format_value(value: float | None, digits: int, signed: bool = False) -> str:
    """A number with sensible digits and a true minus sign; a dash where there is none."""
    if value is None:
        return NOTHING
    rounded = round(value, digits) + 0.0  # adding zero turns a rounded −0 into 0
    return f"{rounded:{'+' if signed and rounded else ''}.{digits}f}".replace("-", "−")


def change_shown(before: float | None, after: float | None, digits: int) -> float | None:
    """The change between two values as they are shown: a reader who subtracts finds the same. None without both."""
    return None if before is None or after is None else round(after, digits) - round(before, digits)


def measured_note(twin: Twin) -> str:
    """What the measured volumes rest on, in a sentence or two."""
    if twin.measured is None:
        return ""
    beats = f"Mean of {twin.measured.beats} beat{'s' if twin.measured.beats > 1 else ''}"
    if twin.measured.ejection_fraction_sd_pct is not None:
        found = [beat.ejection_fraction_pct for beat in twin.measured.each_beat]
        beats += (
            f", whose ejection fractions are {min(found):.0f} to {max(found):.0f} % (standard deviation "
            f"{twin.measured.ejection_fraction_sd_pct:.1f} points)"
        )
    beats += "."
    if twin.measured.calibrated:
        return f"{beats} Volumes are calibrated."
    return f"{beats} Volumes are NOT calibrated: they rest on an assumed image depth. Ejection fraction does not."


def intervals(twin: Twin) -> dict[str, str]:
    """The 90 % interval of each parameter that the twin has draws of, as text; empty without draws."""
    ends = {name: interval(values) for name, values in twin.posterior.items()}
    return {name: f"{low:.3g} to {high:.3g}" for name, (low, high) in ends.items()}


def known_of(twin: Twin) -> str:
    """What a twin's intervals rest on, for a sentence."""
    if twin.measured is None:
        return "nothing"
    names = twin.measured.known()
    parts = ["EDV", "ESV"] if "edv_ml" in names else []
    parts += ["EF", "heart rate"]
    parts += [f"{INDICES[name].label.lower()}" for name in names if name in CUFF]
    return f"{', '.join(parts[:-1])} and {parts[-1]}"
