"""Reference patients, each with its source, in both circuits."""

from __future__ import annotations

from dataclasses import dataclass

from twin_core.circuit import circuits
from twin_core.circuit.closed_loop_parameters import ClosedLoopParameters
from twin_core.circuit.five_state_parameters import CircuitParameters, LeftHeartParameters
from twin_core.circuit.parameters import ParameterError


@dataclass(frozen=True, kw_only=True)
class Preset:
    """A reference patient: label for people, five-state and closed-loop parameters, and where they come from."""

    label: str
    parameters: CircuitParameters
    closed_loop: ClosedLoopParameters
    source: str


# Published start values are given as (V − V0, Pla, Ps, Pao) and matter only through the stressed volume they
# add up to. initial_volume_ml is the start_v that gives the same stressed volume with Pla(0) = start_v·Emin:
# start_v (1 + Cr·Emin) = (V − V0) + Cr·Pla, and 1 + Cr·Emin = 1.264 with the published Cr and Emin.
_SIMAAN_NORMAL = CircuitParameters(initial_volume_ml=(140 + 4.4 * 5) / 1.264, initial_aortic_pressure_mmhg=90.0)

PRESETS: dict[str, Preset] = {
    "simaan_normal": Preset(
        label="Normal adult",
        parameters=_SIMAAN_NORMAL,
        closed_loop=ClosedLoopParameters(),
        source="Simaan 2009, table I, Emax 2; start values (140 mL, 5, 90, 90 mmHg)",
    ),
    "heart_failure": Preset(
        label="Heart failure",
        parameters=CircuitParameters(
            emax_mmhg_per_ml=1.0,
            initial_volume_ml=(140 + 4.4 * 15) / 1.264,
            initial_aortic_pressure_mmhg=80.0,
        ),
        closed_loop=ClosedLoopParameters(
            heart_rate_bpm=80.0, emax_mmhg_per_ml=1.0, total_blood_volume_ml=5100.0, reflex_set_point_mmhg=94.5
        ),
        source="Simaan 2009, Emax 1; start values (140 mL, 15, 80, 80 mmHg)",
    ),
    "severe_heart_failure": Preset(
        label="Severe heart failure",
        parameters=CircuitParameters(
            heart_rate_bpm=90.0,
            emax_mmhg_per_ml=0.5,
            emin_mmhg_per_ml=0.1,
            unstressed_volume_ml=20.0,
            initial_volume_ml=230.0,
            systemic_resistance=0.95,
        ),
        closed_loop=ClosedLoopParameters(
            heart_rate_bpm=85.0,
            emax_mmhg_per_ml=0.65,
            emin_mmhg_per_ml=0.03,
            lv_stiffness_per_ml=0.012,
            unstressed_volume_ml=24.0,
            systemic_resistance=1.15,
            rv_emax_mmhg_per_ml=0.4,
            rv_emin_mmhg_per_ml=0.06,
            pulmonary_resistance=0.13,
            total_blood_volume_ml=5600.0,
            reflex_set_point_mmhg=83.5,
        ),
        source="set to the LVAD candidates of MOMENTUM 3 and Fujino 2020: EF about 20 % or "
        "less, wedge pressure 20 to 25 mmHg, mean arterial pressure about 80 mmHg, cardiac output under 4 L/min",
    ),
    "aortic_stenosis": Preset(
        label="Severe aortic stenosis",
        parameters=_SIMAAN_NORMAL.replace(aortic_resistance=0.2),
        closed_loop=ClosedLoopParameters(aortic_resistance=0.2, reflex_set_point_mmhg=91.3),
        source="Simaan normal with Ra 0.2: valve area about 0.8 cm² by Gorlin (Ford 1990, Circ Res 66:1)",
    ),
    "mitral_stenosis": Preset(
        label="Mitral stenosis",
        parameters=_SIMAAN_NORMAL.replace(mitral_resistance=0.1),
        closed_loop=ClosedLoopParameters(mitral_resistance=0.1, reflex_set_point_mmhg=72.4),
        source="Simaan normal with Rm 0.1: valve area about 1.0 cm² by Gorlin, the border of severe",
    ),
}


def load(name: str, circuit: str = circuits.FIVE_STATE.name) -> LeftHeartParameters:
    """The parameters of a reference patient in one of the circuits.

    Raises:
        ParameterError: If there is no preset or no circuit of that name.
    """
    try:
        preset = PRESETS[name]
    except KeyError:
        raise ParameterError(f"there is no preset {name!r}; choose from {', '.join(PRESETS)}.") from None
    return preset.closed_loop if circuits.get(circuit) is circuits.CLOSED_LOOP else preset.parameters
