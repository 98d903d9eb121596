"""How indices are shown, and which a beat has."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class IndexInfo:
    """How an index is shown: label, unit, digits after the point, and one sentence on what it says."""

    label: str
    unit: str
    digits: int
    help: str


INDICES: dict[str, IndexInfo] = {
    "heart_rate_bpm": IndexInfo("Heart rate", "bpm", 0, "Beats a minute."),
    "edv_ml": IndexInfo("End-diastolic volume", "mL", 0, "Largest volume of the left ventricle."),
    "esv_ml": IndexInfo("End-systolic volume", "mL", 0, "Smallest volume of the left ventricle."),
    "stroke_volume_ml": IndexInfo("Stroke volume", "mL", 0, "EDV − ESV; on a pump not what the body receives."),
    "ejection_fraction_pct": IndexInfo(
        "Ejection fraction",
        "%",
        1,
        "Share of EDV ejected; rises on a pump as the LV empties, no sign of benefit.",
    ),
    "mean_arterial_pressure_mmhg": IndexInfo("Mean arterial pressure", "mmHg", 0, "Average aortic pressure."),
    "systolic_pressure_mmhg": IndexInfo("Systolic pressure", "mmHg", 0, "Highest aortic pressure."),
    "diastolic_pressure_mmhg": IndexInfo("Diastolic pressure", "mmHg", 0, "Lowest aortic pressure."),
    "left_atrial_pressure_mmhg": IndexInfo(
        "Left atrial pressure",
        "mmHg",
        1,
        "Average left atrial pressure; a catheter reads it as wedge pressure.",
    ),
    "lv_end_diastolic_pressure_mmhg": IndexInfo(
        "LV end-diastolic pressure", "mmHg", 1, "LV pressure as the mitral valve shuts."
    ),
    "lv_peak_pressure_mmhg": IndexInfo("LV peak pressure", "mmHg", 0, "Highest LV pressure."),
    "cardiac_output_l_min": IndexInfo("Cardiac output", "L/min", 2, "Mean flow to the body: aortic valve plus pump."),
    "pump_flow_l_min": IndexInfo(
        "Pump flow",
        "L/min",
        2,
        "Mean true flow through the pump; a console shows an estimate. Negative is a leak.",
    ),
    "aortic_valve_open_fraction": IndexInfo(
        "Aortic valve open", "of cycle", 2, "Share of the cycle in which blood crosses the aortic valve."
    ),
    "stroke_work_mmhg_ml": IndexInfo("Stroke work", "mmHg·mL", 0, "Area of the PV loop: external work of the LV."),
    "pressure_volume_area_mmhg_ml": IndexInfo(
        "Pressure–volume area", "mmHg·mL", 0, "Stroke work plus potential energy; follows oxygen use."
    ),
    "arterial_elastance_mmhg_per_ml": IndexInfo(
        "Arterial elastance",
        "mmHg/mL",
        2,
        "End-systolic pressure over stroke volume: the load the LV ejects against.",
    ),
    "end_systolic_elastance_mmhg_per_ml": IndexInfo(
        "End-systolic elastance", "mmHg/mL", 2, "Slope of the end-systolic pressure–volume relation."
    ),
    "cardiac_power_output_w": IndexInfo("Cardiac power output", "W", 2, "MAP × CO / 451; under 0.6 W is shock."),
    "pulsatility_index": IndexInfo("Pulsatility index", "", 1, "(max − min) / mean of pump flow over the beat."),
}
"""Every index of a beat by its JSON key, in the order of tables."""

CLOSED_LOOP_INDICES: dict[str, IndexInfo] = {
    **INDICES,
    "central_venous_pressure_mmhg": IndexInfo(
        "Central venous pressure", "mmHg", 1, "Average right atrial pressure; under 12 on a well-set pump."
    ),
    "pulmonary_artery_pressure_mmhg": IndexInfo(
        "Mean pulmonary artery pressure", "mmHg", 1, "Average pulmonary artery pressure."
    ),
    "cvp_to_pcwp_ratio": IndexInfo(
        "CVP to wedge ratio", "", 2, "Central venous over wedge pressure; over 0.63 suggests right heart failure."
    ),
}
"""Every index of a closed-loop beat by its JSON key, in the order of tables."""
