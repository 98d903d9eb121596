"""The circuits there are: how each is packed for the equations, started and read off."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from twin_core.circuit import equations
from twin_core.circuit.closed_loop_parameters import ClosedLoopParameters
from twin_core.circuit.five_state_parameters import CircuitParameters, LeftHeartParameters
from twin_core.circuit.parameters import ParameterError
from twin_core.circuit.pumps import Pump

LEFT_ATRIAL, SYSTEMIC_ARTERIAL, AORTIC, VENOUS = 1, 2, 3, 5  # places in the state
_NORMAL_ATRIAL_PRESSURE, _NORMAL_PULMONARY_PRESSURE = 8.0, 16.0  # mmHg, where the closed loop starts


@dataclass(frozen=True, kw_only=True)
class Circuit:
    """One circuit.

    Attributes:
        name: Name for the command line and files.
        label: Name for people.
        sentence: What it is, in a sentence.
        parameters: Its parameter class.
        has_reflex: Whether the baroreflex is part of it.
        weights: Parameters and number of states to the weights of the conserved volume, shape (states,).
        initial_state: Parameters and pump to a state with this circuit's conserved volume.
        absorb: State, missing volume in mL and parameters to a state that holds it.
    """

    name: str
    label: str
    sentence: str
    parameters: type[LeftHeartParameters]
    has_reflex: bool
    weights: Callable[..., np.ndarray]
    initial_state: Callable[..., np.ndarray]
    absorb: Callable[..., np.ndarray]


def pack(parameters: LeftHeartParameters, pump: Pump | None = None, speed_rpm: float = 0.0) -> np.ndarray:
    """The record the equations read, shape (1,), with the baroreflex at rest."""
    row = np.zeros(1, equations.PACKED)
    p = parameters
    row["tc"] = row["tc_rest"] = p.cycle_length_s
    row["emax"], row["emin"] = p.emax_mmhg_per_ml, p.emin_mmhg_per_ml
    row["vd"] = p.unstressed_volume_ml
    row["rm"], row["ra"] = p.mitral_resistance, p.aortic_resistance
    row["rs"] = row["rs_rest"] = p.systemic_resistance
    row["rc"], row["cs"], row["ca"] = p.characteristic_resistance, p.systemic_compliance, p.aortic_compliance
    row["ls"] = p.aortic_inertance
    row["inertance"], row["set_point"] = 1.0, 1.0  # divisors, whether or not there is a pump or a reflex
    if isinstance(p, CircuitParameters):
        row["cr"] = p.left_atrial_compliance
    elif isinstance(p, ClosedLoopParameters):
        row["cr"], row["stiffness"] = p.left_atrial_compliance, p.lv_stiffness_per_ml
        row["csv"], row["rsv"] = p.systemic_venous_compliance, p.systemic_venous_resistance
        # All vascular unstressed volume is booked in the veins, where nearly all of it is.
        row["vu"] = row["vu_rest"] = p.vascular_unstressed_volume_ml
        row["cra"] = p.right_atrial_compliance
        row["ermax"], row["ermin"], row["vdr"] = p.rv_emax_mmhg_per_ml, p.rv_emin_mmhg_per_ml, p.rv_unstressed_volume_ml
        row["rt"], row["rpv"] = p.tricuspid_resistance, p.pulmonary_valve_resistance
        row["cpa"], row["rp"] = p.pulmonary_arterial_compliance, p.pulmonary_resistance
        row["cpv"], row["rpvn"] = p.pulmonary_venous_compliance, p.pulmonary_venous_resistance
        row["gm"], row["ga"], row["gt"], row["gp"] = p.mitral_leak, p.aortic_leak, p.tricuspid_leak, p.pulmonary_leak
        row["set_point"], row["gain_rs"] = p.reflex_set_point_mmhg, p.reflex_resistance_gain
        row["gain_hr"], row["gain_vu"] = p.reflex_rate_gain, p.reflex_venous_gain_ml
    if pump:
        row["h0"], row["h1"], row["h2"] = pump.head_coefficients(speed_rpm)
        row["cannula_resistance"], row["inertance"] = pump.cannula_resistance, pump.inertance
        row["suction_gain"], row["suction_threshold"] = pump.suction_gain, pump.suction_threshold_mmhg
    return row


def _five_state_weights(p: CircuitParameters, states: int) -> np.ndarray:
    weights = np.zeros(states)
    weights[:4] = 1.0, p.left_atrial_compliance, p.systemic_compliance, p.aortic_compliance
    return weights


def _five_state_start(p: CircuitParameters, pump: Pump | None = None) -> np.ndarray:
    """As Med-Real2Sim sets it: Pla(0) = start_v·E(0), arterial pressures equal, no flow."""
    state = np.zeros(equations.FIVE_STATE + (pump is not None))
    state[0] = p.initial_volume_ml + p.unstressed_volume_ml
    state[LEFT_ATRIAL] = p.initial_volume_ml * p.emin_mmhg_per_ml
    state[SYSTEMIC_ARTERIAL] = state[AORTIC] = p.initial_aortic_pressure_mmhg
    return state


def _into_pressures(state: np.ndarray, missing_ml: float, p: CircuitParameters) -> np.ndarray:
    vessels = slice(LEFT_ATRIAL, AORTIC + 1)
    moved = state.copy()
    moved[vessels] += missing_ml / _five_state_weights(p, state.size)[vessels].sum()
    return moved


def _closed_loop_weights(p: ClosedLoopParameters, states: int) -> np.ndarray:
    weights = np.zeros(states)
    weights[:4] = 1.0, p.left_atrial_compliance, p.systemic_compliance, p.aortic_compliance
    weights[VENOUS : equations.CLOSED_LOOP] = (
        *(1.0, p.right_atrial_compliance, 1.0),
        *(p.pulmonary_arterial_compliance, p.pulmonary_venous_compliance),
    )
    return weights


def _closed_loop_start(p: ClosedLoopParameters, pump: Pump | None = None) -> np.ndarray:
    """Normal pressures everywhere; the veins take what is left of the blood volume."""
    state = np.zeros(equations.CLOSED_LOOP + (pump is not None))
    state[0], state[7] = 110.0 + p.unstressed_volume_ml, 110.0 + p.rv_unstressed_volume_ml
    state[LEFT_ATRIAL] = state[9] = _NORMAL_ATRIAL_PRESSURE
    state[SYSTEMIC_ARTERIAL] = state[AORTIC] = p.reflex_set_point_mmhg
    state[6], state[8] = _NORMAL_ATRIAL_PRESSURE / 2, _NORMAL_PULMONARY_PRESSURE
    held = float(_closed_loop_weights(p, state.size) @ state)
    return _into_veins(state, p.total_blood_volume_ml - held, p)


def _into_veins(state: np.ndarray, missing_ml: float, p: ClosedLoopParameters) -> np.ndarray:
    moved = state.copy()
    moved[VENOUS] += missing_ml
    return moved


FIVE_STATE = Circuit(
    name="five_state",
    label="Left heart (five states)",
    sentence="The paper's circuit: left ventricle, atrium and arteries; preload is set by start values, no reflex.",
    parameters=CircuitParameters,
    has_reflex=False,
    weights=_five_state_weights,
    initial_state=_five_state_start,
    absorb=_into_pressures,
)
CLOSED_LOOP = Circuit(
    name="closed_loop",
    label="Whole circulation (closed loop)",
    sentence="Adds veins, right heart, lungs, valve leaks and a baroreflex; preload is the blood volume.",
    parameters=ClosedLoopParameters,
    has_reflex=True,
    weights=_closed_loop_weights,
    initial_state=_closed_loop_start,
    absorb=_into_veins,
)
CIRCUITS: dict[str, Circuit] = {circuit.name: circuit for circuit in (FIVE_STATE, CLOSED_LOOP)}


def get(name: str) -> Circuit:
    """The circuit of that name.

    Raises:
        ParameterError: If there is none.
    """
    try:
        return CIRCUITS[name]
    except KeyError:
        raise ParameterError(f"there is no circuit {name!r}; choose from {', '.join(CIRCUITS)}.") from None


def of(parameters: LeftHeartParameters) -> Circuit:
    """The circuit these parameters belong to."""
    return next(circuit for circuit in CIRCUITS.values() if isinstance(parameters, circuit.parameters))


def conserved_volume_ml(state: np.ndarray, parameters: LeftHeartParameters) -> np.ndarray:
    """What the equations conserve, of one state or of states in rows, in mL.

    Five-state circuit: stressed volume above LV unstressed volume. Closed loop: total blood volume.
    """
    offset = parameters.unstressed_volume_ml if isinstance(parameters, CircuitParameters) else 0.0
    return state @ of(parameters).weights(parameters, state.shape[-1]) - offset
