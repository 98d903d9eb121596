"""One cardiac cycle and every haemodynamic index read off it, each defined once."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np

from twin_core.circuit import equations
from twin_core.circuit.five_state_parameters import LeftHeartParameters
from twin_core.circuit.indices import INDICES, IndexInfo
from twin_core.circuit.pumps import Pump
from twin_core.circuit.units import L_MIN_PER_ML_S

Status = Literal["periodic", "not_periodic", "suction"]

_WATT_DIVISOR = 451.0  # mmHg·L/min to W


@dataclass(frozen=True, kw_only=True, eq=False)
class Beat:
    """One cycle of the circuit, from the start of the cycle to its end, both included.

    All arrays have shape (samples,). Flows are positive in the direction of the circulation.

    Attributes:
        time_s: Uniform times, 0 to the cycle length.
        lv_volume_ml: Left-ventricular volume.
        lv_pressure_mmhg: Left-ventricular pressure.
        left_atrial_waveform_mmhg: Left atrial pressure.
        arterial_waveform_mmhg: Systemic arterial pressure (x3).
        aortic_waveform_mmhg: Aortic pressure (x4).
        mitral_flow_ml_s: Flow through the mitral valve.
        aortic_valve_flow_ml_s: Flow through the aortic valve.
        pump_flow_ml_s: Flow through the pump; zero without one.
        systemic_flow_ml_s: Flow from arteries to left atrium.
        elastance_mmhg_per_ml: Left-ventricular elastance.
        parameters: The circuit.
        pump: The pump, or None.
        speed_rpm: Pump speed, or None.
        status: ``periodic``; ``suction`` (periodic, with the LV sucked down onto the inflow cannula);
            ``not_periodic`` (the numbers describe the last cycle tried and are not a steady state).
        residual: Largest difference of a state between the two ends of the cycle, over 100 mL, mmHg, mL/s.
        cycles_used: Cycles integrated to get here.
        initial_state: State at the start of the cycle; the next solve can start from it.
        record: What the equations were given, with the baroreflex as it settled, shape (1,).
    """

    time_s: np.ndarray
    lv_volume_ml: np.ndarray
    lv_pressure_mmhg: np.ndarray
    left_atrial_waveform_mmhg: np.ndarray
    arterial_waveform_mmhg: np.ndarray
    aortic_waveform_mmhg: np.ndarray
    mitral_flow_ml_s: np.ndarray
    aortic_valve_flow_ml_s: np.ndarray
    pump_flow_ml_s: np.ndarray
    systemic_flow_ml_s: np.ndarray
    elastance_mmhg_per_ml: np.ndarray
    parameters: LeftHeartParameters
    pump: Pump | None
    speed_rpm: float | None
    status: Status
    residual: float
    cycles_used: int
    initial_state: np.ndarray
    record: np.ndarray

    @property
    def message(self) -> str:
        """The status in a sentence, with a remedy where one is needed."""
        if self.status == "not_periodic":
            return (
                f"No steady beat after {self.cycles_used} cycles (residual {self.residual:.1e}): these "
                "numbers are not a steady state; move the last changed value back towards the patient."
            )
        if self.status == "suction":
            return (
                f"Suction: LV pressure falls to {self.lv_pressure_mmhg.min():.1f} mmHg "
                f"at {self.speed_rpm:.0f} rpm; lower the pump speed or raise preload."
            )
        cycles = "1 cycle" if self.cycles_used == 1 else f"{self.cycles_used} cycles"
        return f"Steady beat, found in {cycles} (residual {self.residual:.1e})."

    @property
    def suction(self) -> bool:
        """Whether LV pressure falls under the pump's suction threshold within the cycle."""
        return self.pump is not None and bool(self.lv_pressure_mmhg.min() <= self.pump.suction_threshold_mmhg)

    @property
    def heart_rate_bpm(self) -> float:
        """Heart rate of this beat; the baroreflex may have moved it from the circuit's resting rate."""
        return 60.0 / float(self.time_s[-1])

    @property
    def edv_ml(self) -> float:
        """End-diastolic volume: the largest LV volume of the cycle."""
        return float(self.lv_volume_ml.max())

    @property
    def esv_ml(self) -> float:
        """End-systolic volume: the smallest LV volume of the cycle."""
        return float(self.lv_volume_ml.min())

    @property
    def stroke_volume_ml(self) -> float:
        """Stroke volume: EDV − ESV. On a pump it is not what the body receives; see cardiac output."""
        return self.edv_ml - self.esv_ml

    @property
    def ejection_fraction_pct(self) -> float:
        """Ejection fraction: 100 (EDV − ESV) / EDV. It rises as a pump empties the LV: no measure of benefit."""
        return 100.0 * self.stroke_volume_ml / self.edv_ml

    @property
    def mean_arterial_pressure_mmhg(self) -> float:
        """Mean arterial pressure: time average of aortic pressure."""
        return self._mean(self.aortic_waveform_mmhg)

    @property
    def systolic_pressure_mmhg(self) -> float:
        """Systolic pressure: largest aortic pressure."""
        return float(self.aortic_waveform_mmhg.max())

    @property
    def diastolic_pressure_mmhg(self) -> float:
        """Diastolic pressure: smallest aortic pressure."""
        return float(self.aortic_waveform_mmhg.min())

    @property
    def left_atrial_pressure_mmhg(self) -> float:
        """Left atrial pressure, time average: what a catheter reads as wedge pressure."""
        return self._mean(self.left_atrial_waveform_mmhg)

    @property
    def lv_end_diastolic_pressure_mmhg(self) -> float:
        """LV end-diastolic pressure: LV pressure as the mitral valve shuts (at cycle start if it is shut then)."""
        # Not where volume peaks: with a slow pump the LV goes on filling backward through it as pressure climbs.
        return float(self.lv_pressure_mmhg[np.argmax(self.mitral_flow_ml_s <= 0.0)])

    @property
    def lv_peak_pressure_mmhg(self) -> float:
        """Peak LV pressure."""
        return float(self.lv_pressure_mmhg.max())

    @property
    def cardiac_output_l_min(self) -> float:
        """Cardiac output: mean flow into the aorta, aortic valve plus pump. Never stroke volume × rate."""
        return L_MIN_PER_ML_S * self._mean(self.aortic_valve_flow_ml_s + self.pump_flow_ml_s)

    @property
    def pump_flow_l_min(self) -> float:
        """Mean true flow through the pump (a console shows an estimate); negative is a leak."""
        return L_MIN_PER_ML_S * self._mean(self.pump_flow_ml_s)

    @property
    def aortic_valve_open_fraction(self) -> float:
        """Share of the cycle in which blood crosses the aortic valve, 0 to 1."""
        return self._mean((self.aortic_valve_flow_ml_s > 0.0).astype(float))

    @property
    def stroke_work_mmhg_ml(self) -> float:
        """Stroke work SW: area of the pressure–volume loop, −∮ P dV (1 mmHg·mL = 0.133 mJ)."""
        return float(-np.trapezoid(self.lv_pressure_mmhg, self.lv_volume_ml))

    @property
    def potential_energy_mmhg_ml(self) -> float:
        """Potential energy PE = PVA − SW: left of the loop, between ESPVR and EDPVR (Suga 1979).

        ``pressure_volume.potential_energy_outline`` draws it.
        """
        return self.pressure_volume_area_mmhg_ml - self.stroke_work_mmhg_ml

    @property
    def pressure_volume_area_mmhg_ml(self) -> float:
        """Pressure–volume area PVA = SW + PE: between ESPVR, EDPVR and the loop's path in systole (Suga 1979, 1982).

        PVA = ESP (Ves − V0)/2 − ∫ P dV over systole − ∫ EDPVR dV from V0 to the volume systole starts at, from the
        start of the cycle to the elastance peak, where Ves and ESP are read. Proportional to myocardial oxygen use.
        A pump goes on emptying the LV after end-systole: that work is in the loop, and the usual triangle
        PE = ESP (Ves − V0)/2 − EDP (EDV − V0)/4 added to SW would count it twice.
        """
        systole = slice(0, self._end_systole + 1)
        stretch = self.lv_volume_ml[systole] - self.parameters.unstressed_volume_ml
        ejected = -float(np.trapezoid(self.lv_pressure_mmhg[systole], stretch))
        row = self.record[0]
        passive = equations.passive_energy(float(stretch[0]), float(row["emin"]), float(row["stiffness"]))
        return self.end_systolic_pressure_mmhg * float(stretch[-1]) / 2 + ejected - passive

    @property
    def end_systolic_pressure_mmhg(self) -> float:
        """End-systolic pressure: LV pressure at the elastance peak."""
        return float(self.lv_pressure_mmhg[self._end_systole])

    @property
    def arterial_elastance_mmhg_per_ml(self) -> float | None:
        """Arterial elastance Ea = ESP / SV (Sunagawa 1983); None if the LV ejects nothing."""
        return self.end_systolic_pressure_mmhg / self.stroke_volume_ml if self.stroke_volume_ml > 0 else None

    @property
    def end_systolic_elastance_mmhg_per_ml(self) -> float:
        """End-systolic elastance Ees: slope of the ESPVR, here the elastance peak (0.996 Emax)."""
        return float(self.elastance_mmhg_per_ml[self._end_systole])

    @property
    def cardiac_power_output_w(self) -> float:
        """Cardiac power output = MAP × CO / 451, in W (Fincke 2004)."""
        return self.mean_arterial_pressure_mmhg * self.cardiac_output_l_min / _WATT_DIVISOR

    @property
    def pulsatility_index(self) -> float | None:
        """Pulsatility index of pump flow: (max − min) / mean; None without a pump or without forward flow."""
        mean = self._mean(self.pump_flow_ml_s)
        return float(np.ptp(self.pump_flow_ml_s)) / mean if mean > 0 else None

    @cached_property
    def _end_systole(self) -> int:
        return int(self.elastance_mmhg_per_ml.argmax())

    def _mean(self, waveform: np.ndarray) -> float:
        """Time average; trapezoid, as the two ends of the cycle are the same instant."""
        return float(np.trapezoid(waveform, self.time_s) / self.time_s[-1])

    @property
    def index_infos(self) -> dict[str, IndexInfo]:
        """The indices this beat has, by JSON key, in the order of tables."""
        return INDICES

    def indices(self) -> dict[str, float | bool | str | None]:
        """Every index by its JSON key, status first."""
        return {key: getattr(self, key) for key in ("status", "suction", *self.index_infos)}

    def waveforms(self) -> dict[str, np.ndarray]:
        """Every waveform by its name, time first."""
        arrays = {field.name: getattr(self, field.name) for field in fields(self) if field.type == "np.ndarray"}
        return {name: array for name, array in arrays.items() if name not in ("initial_state", "record")}
