import pytest

from dashboard import sliders
from twin_core.circuit import CircuitParameters, circuits, presets, pumps

PATIENT = presets.load("severe_heart_failure")
AXIAL = pumps.get("axial")
EVERY = pytest.mark.parametrize(
    ("circuit", "name"), [(circuit, name) for circuit, names in sliders.WHAT_IF_PARAMETERS.items() for name in names]
)


def test_each_circuit_has_its_own_preload_and_the_same_left_heart():
    five, closed = (sliders.WHAT_IF_PARAMETERS[name] for name in circuits.CIRCUITS)
    assert set(five) ^ set(closed) == {"initial_volume_ml", "total_blood_volume_ml"}


@EVERY
def test_a_slider_is_made_of_the_parameters_metadata(circuit, name):
    patient = presets.load("severe_heart_failure", circuit)
    about, spec = patient.infos()[name], sliders.slider_spec(name, patient)
    assert spec.label == about.label
    assert spec.unit == about.unit
    assert spec.home == spec.nearest(getattr(patient, name))
    assert about.bounds[0] <= spec.low < spec.high <= about.bounds[1]
    assert (about.bounds[1] - about.bounds[0]) - (spec.high - spec.low) < 2 * spec.step, "next to nothing is cut off"
    assert 50 <= (spec.high - spec.low) / spec.step <= 500
    assert about.help in spec.help


@EVERY
def test_every_place_of_a_slider_is_a_value_the_circuit_takes(circuit, name):
    patient = presets.load("severe_heart_failure", circuit)
    spec = sliders.slider_spec(name, patient)
    for value in (spec.low, spec.high, spec.nearest((spec.low + spec.high) / 3)):
        assert getattr(patient.replace(**{name: value}), name) == value


def test_the_nearest_place_is_on_the_grid_and_within_it():
    spec = sliders.slider_spec("aortic_resistance", PATIENT)
    assert spec.nearest(0.1234) == 0.123
    assert spec.nearest(0.0001) == spec.low == 0.001
    assert spec.nearest(9.0) == spec.high == 0.25


def test_untouched_sliders_leave_the_patient_exactly_as_found():
    patient = CircuitParameters(emax_mmhg_per_ml=1.23456, aortic_resistance=0.0003, heart_rate_bpm=71.7)
    scenario = sliders.scenario(patient, sliders.starting_values(patient), AXIAL, None)
    assert scenario.changes == {}
    assert scenario.parameters(patient) == patient


def test_a_moved_slider_changes_its_parameter_and_nothing_else():
    moved = sliders.starting_values(PATIENT) | {"mitral_resistance": 0.05}
    scenario = sliders.scenario(PATIENT, moved, AXIAL, 9_000.0)
    assert scenario.changes == {"mitral_resistance": 0.05}
    assert (scenario.pump, scenario.speed_rpm) == ("axial", 9_000.0)
    assert scenario.parameters(PATIENT) == PATIENT.replace(mitral_resistance=0.05)


@pytest.mark.parametrize("name", pumps.NAMES)
def test_a_pump_is_switched_on_within_its_everyday_range(name):
    pump = pumps.get(name)
    low, high = pump.usual_range_rpm
    assert low < sliders.starting_speed_rpm(pump) < high
    spec = sliders.speed_spec(pump)
    assert (spec.low, spec.high) == pump.speed_range_rpm
    assert spec.home == sliders.starting_speed_rpm(pump)
    assert f"everyday range {pump.usual_range_rpm[0]:.0f}" in spec.help
    assert sliders.starting_speed_rpm(pump) % sliders.SPEED_STEP_RPM == 0
