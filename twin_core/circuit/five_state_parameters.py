"""Parameters of the left heart, and of the five-state circuit that has nothing else (Simaan 2009)."""

from __future__ import annotations

from dataclasses import dataclass

from twin_core.circuit.parameters import Parameters, parameter

_SIMAAN = "Simaan 2009, IEEE Trans Control Syst Technol 17:15, table I"
_REAL2SIM = "Med-Real2Sim, arXiv 2403.00177, learnable range"


def atrial_compliance(help: str) -> float:
    """The field of the left atrium's compliance, which each circuit has in its own place.

    Args:
        help: What is lumped into the left atrium.
    """
    return parameter(
        4.4,
        label="Left atrial compliance",
        symbol="Cr",
        unit="mL/mmHg",
        bounds=(1.0, 15.0),
        source=f"{_SIMAAN}: 4.4",
        help=help,
    )


@dataclass(frozen=True, kw_only=True)
class LeftHeartParameters(Parameters):
    """Left ventricle, its valves, aorta and arteries: what every circuit has. Defaults are the published adult."""

    heart_rate_bpm: float = parameter(
        75.0,
        label="Heart rate",
        symbol="HR",
        unit="bpm",
        bounds=(60 / 1.7, 150.0),
        source=f"{_REAL2SIM}: cycle length 0.4 to 1.7 s",
        learned=True,
        help="Beats a minute; the cycle length is 60 divided by it.",
    )
    emax_mmhg_per_ml: float = parameter(
        2.0,
        label="Contractility (Emax)",
        symbol="Emax",
        unit="mmHg/mL",
        bounds=(0.5, 3.5),
        source=_REAL2SIM,
        learned=True,
        help="Largest elastance of the left ventricle in a beat: how hard it contracts.",
    )
    emin_mmhg_per_ml: float = parameter(
        0.06,
        label="Diastolic elastance (Emin)",
        symbol="Emin",
        unit="mmHg/mL",
        bounds=(0.02, 0.1),
        source=_REAL2SIM,
        learned=True,
        help="Elastance of the relaxed left ventricle: how stiff it is to fill.",
    )
    unstressed_volume_ml: float = parameter(
        10.0,
        label="Unstressed volume (V0)",
        symbol="Vd",
        unit="mL",
        bounds=(4.0, 24.0),
        source=_REAL2SIM,
        learned=True,
        help="Left-ventricular volume at zero pressure.",
    )
    mitral_resistance: float = parameter(
        0.005,
        label="Mitral valve resistance",
        symbol="Rm",
        unit="mmHg·s/mL",
        bounds=(0.005, 0.1),
        source=_REAL2SIM,
        learned=True,
        help="Resistance of the open mitral valve; 0.1 is about an area of 1.0 cm².",
    )
    aortic_resistance: float = parameter(
        0.001,
        label="Aortic valve resistance",
        symbol="Ra",
        unit="mmHg·s/mL",
        bounds=(0.0001, 0.25),
        source=_REAL2SIM,
        learned=True,
        help="Resistance of the open aortic valve; severe stenosis starts at about 0.16.",
    )
    systemic_resistance: float = parameter(
        1.0,
        label="Systemic resistance",
        symbol="Rs",
        unit="mmHg·s/mL",
        bounds=(0.2, 3.0),
        source=f"{_SIMAAN}: 1.0; range 270 to 4000 dyn·s/cm⁵",
        help="Systemic vascular resistance: afterload; 1 mmHg·s/mL is 1333 dyn·s/cm⁵.",
    )
    characteristic_resistance: float = parameter(
        0.0398,
        label="Characteristic resistance",
        symbol="Rc",
        unit="mmHg·s/mL",
        bounds=(0.005, 0.2),
        source=f"{_SIMAAN}: 0.0398",
        help="Resistance of the proximal aorta.",
    )
    aortic_compliance: float = parameter(
        0.08,
        label="Aortic compliance",
        symbol="Ca",
        unit="mL/mmHg",
        bounds=(0.02, 0.5),
        source=f"{_SIMAAN}: 0.08",
        help="Compliance of the aortic root.",
    )
    systemic_compliance: float = parameter(
        1.33,
        label="Systemic arterial compliance",
        symbol="Cs",
        unit="mL/mmHg",
        bounds=(0.3, 4.0),
        source=f"{_SIMAAN}: 1.33",
        help="Compliance of the arterial tree: smaller is stiffer and widens pulse pressure.",
    )
    aortic_inertance: float = parameter(
        0.0005,
        label="Aortic inertance",
        symbol="Ls",
        unit="mmHg·s²/mL",
        bounds=(0.00005, 0.005),
        source=f"{_SIMAAN}: 0.0005",
        help="Inertia of the blood in the aorta.",
    )

    @property
    def cycle_length_s(self) -> float:
        """Length of one beat in seconds (the paper's Tc)."""
        return 60.0 / self.heart_rate_bpm


@dataclass(frozen=True, kw_only=True)
class CircuitParameters(LeftHeartParameters):
    """The five-state circuit of one patient (Simaan 2009), checked when made."""

    initial_volume_ml: float = parameter(
        100.0,
        label="Preload volume (start_v)",
        symbol="start_v",
        unit="mL",
        bounds=(0.0, 280.0),
        source=_REAL2SIM,
        learned=True,
        help="Left-ventricular volume above unstressed volume at t = 0; it sets how full the circulation is.",
    )
    initial_aortic_pressure_mmhg: float = parameter(
        75.0,
        label="Initial aortic pressure",
        symbol="Pao(0)",
        unit="mmHg",
        bounds=(40.0, 150.0),
        source="Med-Real2Sim fixes 75; Simaan 2009 uses 80 to 90",
        help="Aortic and arterial pressure at t = 0; like the preload volume it sets the stressed volume.",
    )
    left_atrial_compliance: float = atrial_compliance(
        help="Compliance of the left atrium with the veins lumped into it."
    )


PARAMETERS = CircuitParameters.infos()
"""Every parameter of the five-state circuit by name, in order of definition."""

LEARNED: tuple[str, ...] = (
    "heart_rate_bpm",
    "initial_volume_ml",
    "emax_mmhg_per_ml",
    "emin_mmhg_per_ml",
    "mitral_resistance",
    "aortic_resistance",
    "unstressed_volume_ml",
)
"""The seven the echo encoder estimates, in the paper's order: Tc, start_v, Emax, Emin, Rm, Ra, Vd."""
