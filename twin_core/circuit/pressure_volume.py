"""What stands around a pressure–volume loop: the relations it touches and the area of its potential energy."""

from __future__ import annotations

import numpy as np

from twin_core.circuit import equations
from twin_core.circuit.beat import Beat

_ALONG_EDPVR = 25  # points of an outline: a curve in the closed loop


def espvr_mmhg(beat: Beat, volume_ml: np.ndarray) -> np.ndarray:
    """End-systolic pressure–volume relation: P = Ees (V − V0) in mmHg (Suga & Sagawa 1974), same shape as volumes.

    Args:
        beat: The beat; its Ees is the elastance peak, its V0 the unstressed volume.
        volume_ml: LV volumes in mL, any shape.
    """
    return beat.end_systolic_elastance_mmhg_per_ml * (volume_ml - beat.parameters.unstressed_volume_ml)


def edpvr_mmhg(beat: Beat, volume_ml: np.ndarray) -> np.ndarray:
    """End-diastolic pressure–volume relation: the passive curve of the equations in mmHg, same shape as volumes.

    A straight line Emin (V − V0) in the five-state circuit, an exponential where the LV has a stiffness.

    Args:
        beat: The beat.
        volume_ml: LV volumes in mL, shape (n,).
    """
    row = beat.record[0]
    stretch = np.asarray(volume_ml, dtype=float) - row["vd"]
    emin, stiffness = float(row["emin"]), float(row["stiffness"])
    return np.array([equations.passive_pressure(one, emin, stiffness) for one in stretch])


def potential_energy_outline(beat: Beat) -> tuple[np.ndarray, np.ndarray]:
    """The area of potential energy in the pressure–volume plane (Suga 1979), as a closed outline.

    From V0 along the ESPVR to end-systole, with the loop through relaxation and filling to the end of the cycle, and
    back along the EDPVR. It shares no point's area with the loop: stroke work and this are the pressure–volume area,
    also where a pump goes on emptying the LV as it relaxes.

    Returns:
        Volumes in mL and pressures in mmHg, each of shape (points,), the first point repeated at the end.
    """
    v0 = beat.parameters.unstressed_volume_ml
    end_systole = int(beat.elastance_mmhg_per_ml.argmax())
    volume, pressure = (waveform[end_systole:] for waveform in (beat.lv_volume_ml, beat.lv_pressure_mmhg))
    back = np.linspace(volume[-1], v0, _ALONG_EDPVR)
    return (
        np.concatenate([[v0], volume, back]),
        np.concatenate([[0.0], pressure, edpvr_mmhg(beat, back)]),
    )
