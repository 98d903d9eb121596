"""What a pump's beat should make one look up for, in plain words."""

from __future__ import annotations

from twin_core.circuit import Beat, ClosedLoopBeat
from twin_core.circuit.closed_loop_beat import RIGHT_HEART_FAILURE_RATIO
from twin_core.ramp import Targets

LOW_FLOW_L_MIN = 2.5  # the HeartMate 3 controller's low-flow alarm (Abbott parameter sheet)


def alarms(beat: Beat, targets: Targets | None = None) -> tuple[str, ...]:
    """What is wrong with a beat on a pump, one sentence each, the gravest first; empty without a pump.

    Suction is the beat's own status and said by its message.

    Args:
        beat: The beat.
        targets: Pressures that are wanted on a pump.
    """
    if beat.pump is None:
        return ()
    aims, found = targets or Targets(), []
    flow, mean = beat.pump_flow_l_min, beat.mean_arterial_pressure_mmhg
    if flow < 0:
        found.append(
            f"The pump leaks backward: {-flow:.1f} L/min run from the aorta into the ventricle; raise the speed."
        )
    elif flow < LOW_FLOW_L_MIN:
        found.append(f"Low pump flow: {flow:.1f} L/min, under {LOW_FLOW_L_MIN}; raise the speed or look for a cause.")
    if mean > aims.mean_pressure_high_mmhg:
        found.append(f"Mean pressure is high: {mean:.0f} mmHg, over {aims.mean_pressure_high_mmhg:.0f}.")
    if mean < aims.mean_pressure_low_mmhg:
        found.append(f"Mean pressure is low: {mean:.0f} mmHg, under {aims.mean_pressure_low_mmhg:.0f}.")
    if beat.aortic_valve_open_fraction <= 0:
        found.append("The aortic valve stays shut for the whole beat; at a lower speed it may open.")
    if isinstance(beat, ClosedLoopBeat):
        venous, wedge = beat.central_venous_pressure_mmhg, beat.left_atrial_pressure_mmhg
        # On a pump that unloads the left heart well the ratio alone is high at a low wedge pressure.
        if venous >= aims.central_venous_pressure_mmhg and venous > RIGHT_HEART_FAILURE_RATIO * wedge:
            found.append(
                f"The right heart may be failing: central venous pressure {venous:.0f} mmHg beside a wedge pressure of "
                f"{wedge:.0f}."
            )
    return tuple(found)
