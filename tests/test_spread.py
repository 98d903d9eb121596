import dataclasses

import numpy as np
import pytest

from twin_core.circuit import presets, pumps
from twin_core.circuit.cohort import solve_cohort
from twin_core.scenario import Scenario
from twin_core.spread import Draws, SpreadWork, spread
from twin_core.twin import Twin

CIRCUIT = presets.load("heart_failure")
ON_PUMP = Scenario(name="x", pump="axial", speed_rpm=9500.0)


@pytest.fixture(scope="module")
def twin():
    emax = np.linspace(0.7, 1.3, 24).tolist()
    return Twin(pseudonym="Made up", parameters=CIRCUIT.to_dict(), posterior_draws={"emax_mmhg_per_ml": emax})


@pytest.fixture(scope="module")
def beats(twin):
    return solve_cohort(twin.draw_circuits(), pump=pumps.get("axial"), speed_rpm=9500.0, threads=1)


def made(draws, what_if=ON_PUMP):
    work = SpreadWork(draws, what_if)
    slices = 0
    while not work.done:
        work.run(0.0)
        slices += 1
    return work.found, slices


def test_ends_are_percentiles_of_the_draws(beats):
    found = spread(beats)
    outputs = sorted(beat.cardiac_output_l_min for beat in beats)
    assert found.draws == 24  # the k-th lies on average at k / 25, so 5 % a quarter of the way from first to second
    ends = [0.75 * outputs[0] + 0.25 * outputs[1], 0.75 * outputs[-1] + 0.25 * outputs[-2]]
    assert found.indices["cardiac_output_l_min"] == pytest.approx(ends)
    low, high = found.waveforms["lv_pressure_mmhg"]
    assert low.shape == high.shape == (101,)
    assert (low <= high).all()
    waves = [beat.lv_pressure_mmhg[::10] for beat in beats]
    inside = np.mean([(wave >= low - 1e-9) & (wave <= high + 1e-9) for wave in waves])
    assert inside == pytest.approx(22 / 24, abs=0.02), "one of 24 draws, evenly spaced, lies beyond each end"


def test_slices_give_what_one_go_gives(twin, beats):
    found, slices = made(Draws.of(twin, "five_state"))
    assert slices > 5, "with no time at all, every step is a slice"
    whole = spread(beats)
    for key, ends in whole.indices.items():
        assert found.indices[key] == pytest.approx(ends)


def test_what_the_what_if_sets_is_no_longer_spread(twin):
    fixed = Scenario(name="x", changes={"emax_mmhg_per_ml": 2.0})
    found, _ = made(Draws.of(twin, "five_state"), fixed)
    low, high = found.indices["edv_ml"]
    assert low == pytest.approx(high, abs=1e-6)


def test_draws_are_closed_once_and_serve_every_what_if(twin):
    draws = Draws.of(twin, "closed_loop", limit=12)
    first, _ = made(draws, Scenario(name="x"))
    kept = list(draws.made)
    second, slices = made(draws, Scenario(name="x", pump="heartmate3", speed_rpm=5500.0))
    assert all(one is other for one, other in zip(draws.made, kept, strict=True))
    assert slices <= 3, "nothing is closed again"
    assert second.indices["pump_flow_l_min"][0] > 0 == first.indices["pump_flow_l_min"][1]
    assert "central_venous_pressure_mmhg" in second.indices


def test_too_few_steady_draws_have_no_spread(beats):
    broken = [dataclasses.replace(beat, status="not_periodic") for beat in beats[:15]]
    assert spread([*broken, *beats[15:]]) is None
    assert spread([*broken[:4], *beats[4:]]).draws == 20


def test_a_twin_without_draws_is_done_at_once():
    twin = Twin(pseudonym="Reference", parameters=CIRCUIT.to_dict())
    assert made(Draws.of(twin, "five_state")) == (None, 1)
