import re

import pytest

from dashboard import ramp_charts, tables
from dashboard.palette import ACCENT, COLOURS, TEXT, WHAT_IF
from twin_core import ramp as ramps
from twin_core.circuit import presets, pumps

PUMP = pumps.get("heartmate3")
SPEEDS = [4400.0, 5200.0, 6000.0]


@pytest.fixture(scope="module", params=["closed_loop", "five_state"])
def steps(request):
    return ramps.ramp(presets.load("severe_heart_failure", request.param), PUMP, SPEEDS)


def test_each_panel_draws_its_quantity_with_its_unit(steps):
    figure = ramp_charts.small_multiples(steps, ramps.Targets())
    titles = [title.text for title in figure.layout.annotations]
    closed = hasattr(steps[0].beat, "central_venous_pressure_mmhg")
    assert ("CVP (mmHg)" in titles) is closed
    assert {"MAP (mmHg)", "PCWP (mmHg)", "LVEDD (cm)", "Pump flow (L/min)"} <= set(titles)
    shown = {title: trace for title, trace in zip(titles, figure.data, strict=True)}
    assert list(shown["MAP (mmHg)"].y) == [step.beat.mean_arterial_pressure_mmhg for step in steps]
    assert list(shown["Pump flow (L/min)"].x) == SPEEDS


def test_speeds_that_meet_every_target_differ_in_shape_too(steps):
    trace = ramp_charts.small_multiples(steps, ramps.Targets()).data[0]
    assert list(trace.marker.symbol) == ["diamond" if step.reasons else "circle" for step in steps]


def test_it_is_drawn_in_colours_that_follow_the_theme(steps):
    """The style sheet turns those of light ground, and no others, into those of the theme."""
    figure = ramp_charts.small_multiples(steps, ramps.Targets(), 5200.0)
    assert figure.layout.font.color == TEXT.light
    for trace in figure.data:
        assert trace.line.color == ACCENT.light
        outlines = [WHAT_IF.light if step.reasons else ACCENT.light for step in steps]
        assert list(trace.marker.line.color) == outlines
    known = {one.light for one in COLOURS} | {"rgba(0, 0, 0, 0)"}
    used = re.findall(r'"(?:\w*color)": ?"([^"]+)"', figure.to_json())
    assert used
    assert {colour for colour in used if not colour.startswith("rgba(")} <= known


def test_target_zones_are_shaded_at_the_targets():
    steps = ramps.ramp(presets.load("severe_heart_failure", "closed_loop"), PUMP, SPEEDS)
    targets = ramps.Targets(mean_pressure_low_mmhg=66.0, mean_pressure_high_mmhg=91.0)
    figure = ramp_charts.small_multiples(steps, targets)
    zones = [shape for shape in figure.layout.shapes if shape.x0 == 0 and shape.x1 == 1]
    assert (zones[0].y0, zones[0].y1) == (66.0, 91.0)
    low, high = figure.layout.yaxis.range
    assert low <= 66.0 < 91.0 <= high, "the zone is on the axis"


def test_the_recommended_speeds_are_shaded_where_there_are_any():
    steps = ramps.ramp(presets.load("heart_failure", "closed_loop"), PUMP, [5000.0, 5200.0])
    figure = ramp_charts.small_multiples(steps, ramps.Targets())
    good = [step.speed_rpm for step in steps if not step.reasons]
    bands = [shape for shape in figure.layout.shapes if shape.x1 is not None and shape.x1 > 1]
    assert bool(bands) is bool(good)
    for band in bands:
        assert band.x0 < min(good) <= max(good) < band.x1


def test_the_table_has_a_row_a_speed_with_its_reasons(steps):
    html = tables.ramp_table(steps)
    assert html.count('<th scope="row">') == len(steps)
    for step in steps:
        assert f'<th scope="row">{step.speed_rpm:.0f}</th>' in html
        assert all(reason in html for reason in step.reasons)
