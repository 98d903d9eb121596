"""Parameters of the closed loop: the left heart, the right heart, both circulations and the baroreflex."""

from __future__ import annotations

from dataclasses import dataclass

from twin_core.circuit.five_state_parameters import LeftHeartParameters, atrial_compliance
from twin_core.circuit.parameters import parameter

_REGAZZONI = "Regazzoni 2020, arXiv 2011.15040"
_SANTAMORE = "Santamore & Burkhoff 1991, Am J Physiol 260:H146, order of magnitude"
_EDPVR = "Burkhoff 2005, Am J Physiol 289:H501: exponential EDPVR"
_UNSTRESSED = "about 80 % of blood is unstressed at rest (Rothe 1993; Magder 2016, Crit Care 20:271)"
_ATRIA = "of the order of the left atrium's"
_AS_MITRAL = "of the order of the left heart's valves"
_LEAK = "0 is a tight valve; 1 to 2 at the left heart's valves is severe by regurgitant volume (ASE 2017)"
_REFLEX = "static form of Ursino 1998, Am J Physiol 275:H1733, gains chosen for this circuit"


@dataclass(frozen=True, kw_only=True)
class ClosedLoopParameters(LeftHeartParameters):
    """The closed-loop circuit of one patient, checked when made.

    The LV's passive pressure is Emin (exp(k (V − V0)) − 1) / k, which is the paper's straight line at k = 0.
    """

    lv_stiffness_per_ml: float = parameter(
        0.0,
        label="LV passive stiffness",
        symbol="k",
        unit="1/mL",
        bounds=(0.0, 0.05),
        source=_EDPVR,
        help="How steeply the passive curve of the LV bends upward; 0 is the straight line of Emin.",
    )
    total_blood_volume_ml: float = parameter(
        5000.0,
        label="Total blood volume",
        symbol="Vtot",
        unit="mL",
        bounds=(2500.0, 9000.0),
        source="Guyton & Hall: about 5 L in an adult",
        help="All blood in the circulation: the preload handle.",
    )
    vascular_unstressed_volume_ml: float = parameter(
        4100.0,
        label="Vascular unstressed volume",
        symbol="Vu",
        unit="mL",
        bounds=(1500.0, 7500.0),
        source=_UNSTRESSED,
        help="Blood that fills the vessels without stretching them, most of it in the veins.",
    )
    systemic_venous_compliance: float = parameter(
        60.0,
        label="Systemic venous compliance",
        symbol="Csv",
        unit="mL/mmHg",
        bounds=(20.0, 200.0),
        source=f"{_REGAZZONI}: 60; Santamore & Burkhoff 1991: 70",
        help="Compliance of the systemic veins, by far the largest of the circulation.",
    )
    systemic_venous_resistance: float = parameter(
        0.02,
        label="Systemic venous resistance",
        symbol="Rsv",
        unit="mmHg·s/mL",
        bounds=(0.002, 0.3),
        source=_SANTAMORE,
        help="Resistance from the veins to the right atrium.",
    )
    right_atrial_compliance: float = parameter(
        5.0,
        label="Right atrial compliance",
        symbol="Cra",
        unit="mL/mmHg",
        bounds=(1.0, 20.0),
        source=_ATRIA,
        help="Compliance of the right atrium.",
    )
    rv_emax_mmhg_per_ml: float = parameter(
        0.8,
        label="RV contractility",
        symbol="Ermax",
        unit="mmHg/mL",
        bounds=(0.1, 2.0),
        source=f"{_REGAZZONI}: 0.6, raised so that a normal heart's central venous pressure is 5 mmHg",
        help="Largest elastance of the right ventricle in a beat.",
    )
    rv_emin_mmhg_per_ml: float = parameter(
        0.035,
        label="RV diastolic elastance",
        symbol="Ermin",
        unit="mmHg/mL",
        bounds=(0.01, 0.3),
        source=f"{_REGAZZONI}: 0.05, lowered for the same reason",
        help="Elastance of the relaxed right ventricle.",
    )
    rv_unstressed_volume_ml: float = parameter(
        10.0,
        label="RV unstressed volume",
        symbol="Vdr",
        unit="mL",
        bounds=(0.0, 60.0),
        source=f"{_REGAZZONI}: 10",
        help="Right-ventricular volume at zero pressure.",
    )
    tricuspid_resistance: float = parameter(
        0.005,
        label="Tricuspid valve resistance",
        symbol="Rt",
        unit="mmHg·s/mL",
        bounds=(0.001, 0.1),
        source=_AS_MITRAL,
        help="Resistance of the open tricuspid valve.",
    )
    pulmonary_valve_resistance: float = parameter(
        0.003,
        label="Pulmonary valve resistance",
        symbol="Rpv",
        unit="mmHg·s/mL",
        bounds=(0.0005, 0.1),
        source=_AS_MITRAL,
        help="Resistance of the open pulmonary valve.",
    )
    pulmonary_arterial_compliance: float = parameter(
        4.0,
        label="Pulmonary arterial compliance",
        symbol="Cpa",
        unit="mL/mmHg",
        bounds=(0.5, 15.0),
        source="4 at rest; 1 to 2 in pulmonary hypertension (Lankhaar 2006, AJP Heart 291:H1731)",
        help="Compliance of the pulmonary arteries.",
    )
    pulmonary_resistance: float = parameter(
        0.1,
        label="Pulmonary resistance",
        symbol="Rp",
        unit="mmHg·s/mL",
        bounds=(0.02, 1.0),
        source="0.1 is 1.7 Wood units; normal is under 2 (ESC/ERS 2022)",
        help="Pulmonary vascular resistance; 0.06 mmHg·s/mL is 1 Wood unit.",
    )
    pulmonary_venous_compliance: float = parameter(
        8.0,
        label="Pulmonary venous compliance",
        symbol="Cpv",
        unit="mL/mmHg",
        bounds=(2.0, 30.0),
        source=_SANTAMORE,
        help="Compliance of the pulmonary veins.",
    )
    pulmonary_venous_resistance: float = parameter(
        0.01,
        label="Pulmonary venous resistance",
        symbol="Rpvn",
        unit="mmHg·s/mL",
        bounds=(0.002, 0.2),
        source=_SANTAMORE,
        help="Resistance from the pulmonary veins to the left atrium.",
    )
    left_atrial_compliance: float = atrial_compliance(help="Compliance of the left atrium.")
    mitral_leak: float = parameter(
        0.0,
        label="Mitral regurgitation",
        symbol="Gm",
        unit="mL/s/mmHg",
        bounds=(0.0, 5.0),
        source=_LEAK,
        help="Backward conductance of the shut mitral valve; 1 leaks about 30 mL a beat.",
    )
    aortic_leak: float = parameter(
        0.0,
        label="Aortic regurgitation",
        symbol="Ga",
        unit="mL/s/mmHg",
        bounds=(0.0, 5.0),
        source=_LEAK,
        help="Backward conductance of the shut aortic valve; 1 leaks about 35 mL a beat.",
    )
    tricuspid_leak: float = parameter(
        0.0,
        label="Tricuspid regurgitation",
        symbol="Gt",
        unit="mL/s/mmHg",
        bounds=(0.0, 20.0),
        source=_LEAK,
        help="Backward conductance of the shut tricuspid valve.",
    )
    pulmonary_leak: float = parameter(
        0.0,
        label="Pulmonary regurgitation",
        symbol="Gp",
        unit="mL/s/mmHg",
        bounds=(0.0, 20.0),
        source=_LEAK,
        help="Backward conductance of the shut pulmonary valve.",
    )
    reflex_set_point_mmhg: float = parameter(
        96.6,
        label="Baroreflex set point",
        symbol="MAP*",
        unit="mmHg",
        bounds=(40.0, 200.0),
        source=_REFLEX,
        help="Mean arterial pressure the reflex holds; at it, the reflex changes nothing.",
    )
    reflex_resistance_gain: float = parameter(
        3.0,
        label="Baroreflex gain on resistance",
        symbol="Gr",
        unit="1",
        bounds=(0.0, 10.0),
        source=_REFLEX,
        help="Relative fall of systemic resistance for a relative rise of pressure.",
    )
    reflex_rate_gain: float = parameter(
        0.3,
        label="Baroreflex gain on heart rate",
        symbol="Gh",
        unit="1",
        bounds=(0.0, 5.0),
        source=_REFLEX,
        help="Relative fall of heart rate for a relative rise of pressure; blunted in heart failure.",
    )
    reflex_venous_gain_ml: float = parameter(
        300.0,
        label="Baroreflex gain on venous volume",
        symbol="Gv",
        unit="mL",
        bounds=(0.0, 2000.0),
        source=_REFLEX,
        help="Rise of venous unstressed volume for a doubling of pressure.",
    )
