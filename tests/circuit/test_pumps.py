import math

import pytest

from twin_core.circuit import ParameterError, pumps


def test_axial_pump_flow_against_a_constant_head_is_the_published_static_law():
    # Q = (β2 ω² − ΔP) / R_eq with R_eq = 0.3061 mmHg·s/mL: 9000 rpm against 60 mmHg is 3.96 L/min.
    pump = pumps.get("axial")
    h0, h1, h2 = pump.head_coefficients(9000)
    assert h2 == 0
    resistance = pump.cannula_resistance - h1
    assert resistance == pytest.approx(0.3061, abs=1e-4)
    assert pump.inertance == pytest.approx(0.04717, abs=1e-5)
    assert 0.06 * (h0 - 60) / resistance == pytest.approx(3.96, abs=0.01)


@pytest.mark.parametrize("speed", [0.0, -1.0, 1e6, math.nan])
def test_a_speed_outside_the_range_is_refused(speed):
    with pytest.raises(ParameterError, match="choose 6000 to 18000 rpm"):
        pumps.get("axial").check_speed(speed)


def test_an_unknown_pump_lists_the_known():
    with pytest.raises(ParameterError, match="there is no pump 'jarvik'; choose from axial"):
        pumps.get("jarvik")


@pytest.mark.parametrize("name", pumps.NAMES)
def test_usual_range_lies_in_the_range_and_head_rises_with_speed(name):
    pump = pumps.get(name)
    low, high = pump.speed_range_rpm
    usual_low, usual_high = pump.usual_range_rpm
    assert low <= usual_low < usual_high <= high
    assert pump.head_coefficients(usual_low)[0] < pump.head_coefficients(usual_high)[0]
    assert pump.source
