import pytest

from twin_core.circuit import LEARNED
from twin_core.learning import box
from twin_core.learning.weights import WeightsError


def test_what_is_described_is_accepted():
    described = box.describe()
    assert [row[0] for row in described["bounds"]] == list(LEARNED)
    assert described["fixed"]["systemic_resistance"] == 1.0
    box.check(described, "some.safetensors", "`train`")


def test_other_bounds_are_refused_and_the_difference_named():
    config = box.describe()
    config["bounds"][2][2] = 30.0
    with pytest.raises(WeightsError, match=r"some\.safetensors.*emax_mmhg_per_ml.*30\.0.*3\.5.*retrain, `train`"):
        box.check(config, "some.safetensors", "`train`")


def test_another_order_or_number_of_parameters_is_refused():
    config = box.describe()
    config["bounds"][0], config["bounds"][1] = config["bounds"][1], config["bounds"][0]
    with pytest.raises(WeightsError, match="trained for bounds"):
        box.check(config, "some.safetensors", "`train`")
    with pytest.raises(WeightsError, match=r"0 parameters.*7"):
        box.check({**box.describe(), "bounds": []}, "some.safetensors", "`train`")


def test_another_value_of_a_parameter_that_is_not_learned_is_refused():
    config = box.describe()
    config["fixed"]["systemic_resistance"] = 1.2
    with pytest.raises(WeightsError, match=r"systemic_resistance = 1\.2, the circuit has 1\.0"):
        box.check(config, "some.safetensors", "`train`")
