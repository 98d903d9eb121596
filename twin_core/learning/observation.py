"""What is measured of a patient and how far off it is: the noise model of the posterior, written once."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from twin_core.echo.quality import MAX_EF_PCT, MIN_EF_PCT
from twin_core.learning.prior import Patients
from twin_core.learning.readings import CUFF, check_order

OBSERVED: tuple[str, ...] = (
    *("edv_ml", "esv_ml", "ejection_fraction_pct", "heart_rate_bpm"),
    *CUFF,
)
"""What can be measured, in the order of every array here. An absent value is NaN."""

# Volumes of rendered clips, read by the shipped segmenter: a scale or view that is off moves EDV and ESV together,
# a contour that is off moves each by itself. The second makes EF wrong by 11 % of ESV/EDV: 4 to 8 points, as between
# two readers of one clip.
SCALE_ERROR = 0.08
VOLUME_ERROR = 0.08
# A beat's length is counted in frames of a curve that wavers. Wider than today's readings need: nine in ten of the
# rendered clips of benchmarks/encoder_rendered.py are within 2.2 bpm, of this size they would be within 3.3.
RATE_ERROR_BPM = 2.0
# Of a device that passes ISO 81060-2 (AAMI): mean error within 5 mmHg, standard deviation within 8. Its readings
# are taken as central systolic and diastolic pressure.
CUFF_ERROR_MMHG = 5.0
READABLE_EF_PCT = (MIN_EF_PCT, MAX_EF_PCT)  # outside, nothing is inferred from a clip
LEAST_PULSE_PRESSURE_MMHG = 1.0

_VOLUMES = ("edv_ml", "esv_ml", "ejection_fraction_pct")
SETS: dict[str, tuple[str, ...]] = {
    "EF, HR": ("ejection_fraction_pct", "heart_rate_bpm"),
    "EF, HR, cuff": ("ejection_fraction_pct", "heart_rate_bpm", *CUFF),
    "EDV, ESV, HR": (*_VOLUMES, "heart_rate_bpm"),
    "EDV, ESV, HR, cuff": OBSERVED,
}
"""What a clinic has: a clip without or with a scale, without or with a cuff pressure."""
CLINIC_SHARE = 0.7  # of training patients are seen with one of these sets, the others with any subset at all

_EDV, _ESV, _EF, _RATE, _SYSTOLIC, _DIASTOLIC = range(len(OBSERVED))


def observe(patients: Patients, rows: NDArray[np.int64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Measured values of patients, with fresh errors, in the order of ``OBSERVED`` (N, 6).

    Args:
        patients: of the prior.
        rows: which of them, N indices.
        rng: draws the errors. Those that make a clip unreadable are drawn again: no twin comes of such a clip.
    """
    edv, esv = patients.index("edv_ml")[rows], patients.index("esv_ml")[rows]
    cuff = np.stack([patients.index(name)[rows] for name in CUFF], axis=-1)
    rate = patients.parameters[rows, 0]
    values = np.empty((len(rows), len(OBSERVED)))
    values[:, _RATE] = rate + RATE_ERROR_BPM * rng.standard_normal(len(rows))
    again = np.arange(len(rows))
    while len(again):
        scale = SCALE_ERROR * rng.standard_normal(len(again))
        each = VOLUME_ERROR * rng.standard_normal((2, len(again)))
        values[again, _EDV] = edv[again] * np.exp(scale + each[0])
        values[again, _ESV] = esv[again] * np.exp(scale + each[1])
        values[again, _EF] = 100.0 * (1.0 - values[again, _ESV] / values[again, _EDV])
        low, high = READABLE_EF_PCT
        again = again[(values[again, _EF] < low) | (values[again, _EF] > high)]
    again = np.arange(len(rows))
    while len(again):
        values[again, _SYSTOLIC:] = cuff[again] + CUFF_ERROR_MMHG * rng.standard_normal((len(again), 2))
        pulse = values[again, _SYSTOLIC] - values[again, _DIASTOLIC]
        again = again[(pulse < LEAST_PULSE_PRESSURE_MMHG) | (values[again, _DIASTOLIC] <= 0)]
    return values


def hide(values: NDArray[np.float64], rng: np.random.Generator) -> NDArray[np.float64]:
    """Measured values (N, 6) with some of each row made absent, as NaN: a clinic's set or any other subset."""
    count = len(values)
    sets = np.array([[name in names for name in OBSERVED] for names in SETS.values()])
    shown = sets[rng.integers(len(sets), size=count)]
    other = rng.random((count, len(OBSERVED))) < 0.5
    both = other[:, :_RATE].sum(axis=1) >= 2  # two of EDV, ESV and EF are all three
    other[both, :_RATE] = True
    shown = np.where(rng.random(count)[:, None] < CLINIC_SHARE, shown, other)
    return np.where(shown, values, np.nan)


def only(values: NDArray[np.float64], names: tuple[str, ...]) -> NDArray[np.float64]:
    """Measured values (N, 6) with all but the named made absent."""
    return np.where([name in names for name in OBSERVED], values, np.nan)


def as_row(measured: Mapping[str, float]) -> NDArray[np.float64]:
    """One patient's measured values in the order of ``OBSERVED`` (6,), NaN where absent.

    Args:
        measured: any subset of ``OBSERVED`` by name; two of EDV, ESV and EF give the third.

    Raises:
        ValueError: an unknown name, a value that is not finite and positive, ESV over EDV, diastolic over systolic.
    """
    for name, value in measured.items():
        if name not in OBSERVED:
            raise ValueError(f"{name} is not something the posterior knows; give any of {', '.join(OBSERVED)}.")
        if not (np.isfinite(value) and value > 0):
            raise ValueError(f"{name} = {value} is not a finite, positive number; leave it out if it is unknown.")
    row = np.array([measured.get(name, np.nan) for name in OBSERVED])
    edv, esv, ef = row[:_RATE]
    if np.isnan(ef):
        row[_EF] = 100.0 * (1.0 - esv / edv)
    elif np.isnan(esv):
        row[_ESV] = edv * (1.0 - ef / 100.0)
    elif np.isnan(edv):
        row[_EDV] = esv / (1.0 - ef / 100.0) if ef < 100.0 else np.nan
    if esv >= edv:
        raise ValueError(f"esv_ml = {esv:g} is not under edv_ml = {edv:g}; check the two volumes.")
    check_order(measured)
    return row
