import numpy as np
import pytest
import torch

from twin_core.learning.box import DEFAULTS
from twin_core.learning.physics_loss import curve_misfit, prior, volume_misfit
from twin_core.learning.samples import PHASES


def made_up_shape(phase, count):
    """A beat's shape with a steep ejection, a plateau and two filling waves, between 0 and 1."""
    at = (np.arange(count) / count + phase) % 1.0
    return torch.tensor(np.interp(at, [0, 0.08, 0.3, 0.45, 0.6, 0.85, 1], [1, 1, 0, 0, 0.7, 0.75, 1]))[None].float()


def test_volumes_that_are_met_cost_nothing_and_errors_count_in_percent_and_points():
    wanted = torch.tensor([[200.0, 100.0]])
    assert float(volume_misfit(torch.tensor([200.0]), torch.tensor([100.0]), wanted)) == 0.0
    # Both volumes 10 % too large: 10 % and 5 % of EDV, EF as wanted; straight lines, less a half each.
    both = volume_misfit(torch.tensor([220.0]), torch.tensor([110.0]), wanted)
    assert float(both) == pytest.approx((9.5 + 4.5) / 2, rel=1e-4)
    # ESV alone half a percent of EDV off: squares of 0.5 % and 0.5 points.
    small = volume_misfit(torch.tensor([200.0]), torch.tensor([101.0]), wanted)
    assert float(small) == pytest.approx(0.125 / 2 + 0.125, rel=1e-3)


@pytest.mark.parametrize("steps", [0, 5, 40])
def test_the_same_shape_costs_nothing_wherever_it_starts_and_at_any_scale(steps):
    shape = made_up_shape(0.0, PHASES)
    curve = 60.0 + 80.0 * made_up_shape(steps / PHASES, PHASES // 2)
    assert float(curve_misfit(shape, curve)) == pytest.approx(0.0, abs=1e-9)


def test_another_shape_costs_its_mean_squared_difference():
    flat, curve = torch.full((1, PHASES), 0.5), made_up_shape(0.0, PHASES // 2)
    assert float(curve_misfit(flat, curve)) == pytest.approx(float((curve - 0.5).square().mean()), rel=1e-5)
    worse, better = made_up_shape(0.0, PHASES) ** 4, made_up_shape(0.0, PHASES) ** 1.2
    assert float(curve_misfit(worse, curve)) > float(curve_misfit(better, curve)) > 0


def test_the_shapes_gradient_leads_to_the_curve():
    shape = torch.full((1, PHASES), 0.5, requires_grad=True)
    curve = made_up_shape(0.1, PHASES // 2)
    optimiser = torch.optim.Adam([shape], lr=0.05)
    before = float(curve_misfit(shape, curve))
    for _ in range(100):
        optimiser.zero_grad()
        curve_misfit(shape, curve).backward()
        optimiser.step()
    assert float(curve_misfit(shape, curve)) < 0.01 * before


def test_the_prior_holds_reference_values_on_a_logarithmic_scale():
    at = torch.tensor([[75.0, 100.0, 2.0, DEFAULTS.emin_mmhg_per_ml, 0.005, 0.001, 10.0]])
    assert float(prior(at)) == pytest.approx(0.0, abs=1e-9)
    stiff = at.clone()
    stiff[0, 3] += 0.02
    expected = (np.log(0.08 / 0.06) / np.log(5)) ** 2  # of the logarithm of Emin's range, 0.02 to 0.1
    assert float(prior(stiff)) == pytest.approx(expected, rel=1e-4)
    other = at.clone()
    other[0, :3] *= 1.3  # heart rate, preload and contractility are free
    assert float(prior(other)) == pytest.approx(0.0, abs=1e-9)
