import numpy as np
import pytest
from safetensors.numpy import save_file

from twin_core.learning.narrowing import DERIVED, narrowing_table
from twin_core.learning.observation import SETS
from twin_core.learning.posterior import Posterior, widths
from twin_core.learning.prior import UNKNOWN


def test_the_shipped_table_is_the_posteriors_in_the_order_it_is_told():
    table = narrowing_table()
    assert table == Posterior.load().identifiability
    assert list(table) == list(SETS)
    assert all(list(row) == [*UNKNOWN, *DERIVED] for row in table.values())


def test_intervals_of_few_draws_are_as_wide_as_those_of_many():
    uniform = np.random.default_rng(0).random((39, 4000))
    assert widths(uniform).mean() == pytest.approx(0.9, abs=0.005)


def test_a_file_without_a_table_is_refused(tmp_path):
    save_file({"x": np.zeros(1)}, tmp_path / "w.safetensors", {"config": "{}"})
    with pytest.raises(ValueError, match="holds no table of narrowing: give a file of"):
        narrowing_table(tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match="not a readable weight file"):
        narrowing_table(tmp_path / "none.safetensors")
