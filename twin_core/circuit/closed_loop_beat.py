"""One cycle of the closed loop, with what only a right heart and lungs can show."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin_core.circuit.beat import Beat
from twin_core.circuit.indices import CLOSED_LOOP_INDICES, IndexInfo

RIGHT_HEART_FAILURE_RATIO = 0.63  # of CVP to wedge pressure


@dataclass(frozen=True, kw_only=True, eq=False)
class ClosedLoopBeat(Beat):
    """One cycle of the closed loop: a beat with its right heart and lungs.

    Attributes:
        systemic_venous_waveform_mmhg: Systemic venous pressure.
        central_venous_waveform_mmhg: Right atrial pressure.
        rv_volume_ml: Right-ventricular volume.
        rv_pressure_mmhg: Right-ventricular pressure.
        pulmonary_artery_waveform_mmhg: Pulmonary arterial pressure.
        pulmonary_venous_waveform_mmhg: Pulmonary venous pressure.
        tricuspid_flow_ml_s: Flow through the tricuspid valve.
        pulmonary_valve_flow_ml_s: Flow through the pulmonary valve.
    """

    systemic_venous_waveform_mmhg: np.ndarray
    central_venous_waveform_mmhg: np.ndarray
    rv_volume_ml: np.ndarray
    rv_pressure_mmhg: np.ndarray
    pulmonary_artery_waveform_mmhg: np.ndarray
    pulmonary_venous_waveform_mmhg: np.ndarray
    tricuspid_flow_ml_s: np.ndarray
    pulmonary_valve_flow_ml_s: np.ndarray

    @property
    def effective_systemic_resistance(self) -> float:
        """Systemic resistance as the baroreflex left it, mmHg·s/mL."""
        return float(self.record["rs"][0])

    @property
    def central_venous_pressure_mmhg(self) -> float:
        """Central venous pressure: time average of right atrial pressure."""
        return self._mean(self.central_venous_waveform_mmhg)

    @property
    def pulmonary_artery_pressure_mmhg(self) -> float:
        """Mean pulmonary artery pressure: time average."""
        return self._mean(self.pulmonary_artery_waveform_mmhg)

    @property
    def cvp_to_pcwp_ratio(self) -> float | None:
        """Central venous over wedge (left atrial) pressure; None without a positive wedge pressure."""
        wedge = self.left_atrial_pressure_mmhg
        return self.central_venous_pressure_mmhg / wedge if wedge > 0 else None

    @property
    def right_heart_failure(self) -> bool:
        """Whether the CVP to wedge ratio is over 0.63, which suggests right heart failure (Kormos 2010)."""
        ratio = self.cvp_to_pcwp_ratio
        return ratio is not None and ratio > RIGHT_HEART_FAILURE_RATIO

    @property
    def index_infos(self) -> dict[str, IndexInfo]:
        """The indices this beat has, by JSON key, in the order of tables."""
        return CLOSED_LOOP_INDICES

    def indices(self) -> dict[str, float | bool | str | None]:
        """Every index by its JSON key, status first."""
        return {**super().indices(), "right_heart_failure": self.right_heart_failure}
