import re
import xml.etree.ElementTree as ET
from dataclasses import replace

import numpy as np
import pytest

from twin_core import figures
from twin_core.circuit import pumps
from twin_core.ramp import ramp_study
from twin_core.scenario import Scenario


@pytest.fixture(scope="module")
def study(twin):
    return ramp_study(twin.circuit_in("closed_loop"), pumps.get("heartmate3"))


def test_a_ramp_has_five_panels_and_marks_speeds_that_meet_every_target(study):
    svg = figures.ramp(study, [5400.0]).decode()
    root = ET.fromstring(svg)
    axes = [one for one in root.iter() if re.fullmatch(r"axes_\d", one.get("id", ""))]
    assert len(axes) == 5
    good = [not step.reasons for step in study.steps]
    assert any(good) and not all(good)
    assert "#d55e00" in svg.lower(), "speeds that miss a target stand out"
    none = replace(study, steps=tuple(replace(step, reasons=("misses",)) for step in study.steps))
    assert len(figures.ramp(none)) != len(figures.ramp(study)), "no band where nothing is recommended"


def test_a_beat_that_ran_away_leaves_room_for_the_others(twin):
    steady = twin.simulate()
    away = replace(steady, status="not_periodic", lv_pressure_mmhg=steady.lv_pressure_mmhg * 1e6)
    beats = {"Patient": steady, "A": away}
    assert figures.is_drawn(steady, beats)
    assert not figures.is_drawn(away, beats)
    assert figures.is_drawn(away, {"A": away}), "alone it is all there is to draw"
    assert figures.waveforms(beats).startswith(b"<?xml")


@pytest.mark.parametrize("stiffness", [None, 0.012])
def test_the_pressure_volume_lines_touch_the_loop(twin, stiffness):
    circuit = twin.circuit
    if stiffness is not None:
        circuit = twin.circuit_in("closed_loop").replace(lv_stiffness_per_ml=stiffness)
    beat = Scenario(name="x").simulate(circuit)
    (foot, top), passive = figures.relations(beat, 100.0)
    assert foot == [beat.parameters.unstressed_volume_ml, 0.0]
    assert top[1] == 100.0
    assert top[1] / (top[0] - foot[0]) == pytest.approx(beat.end_systolic_elastance_mmhg_per_ml)
    assert passive[-1][0] > beat.edv_ml
    volumes, pressures = np.array(passive).T
    filling = beat.lv_end_diastolic_pressure_mmhg
    assert np.interp(beat.edv_ml, volumes, pressures) == pytest.approx(filling, rel=0.25), "the loop fills along it"
    straight = np.interp(volumes, volumes[[0, -1]], pressures[[0, -1]])
    sag = (straight - pressures).max() / pressures[-1]
    assert (sag > 0.1) if stiffness else (sag < 0.001), "an LV with a stiffness stiffens as it fills"
