import numpy as np
import pytest

from twin_core.echo.fan import Fan, polar
from twin_core.echo.fan_fit import fit_fan, side_contrast

UPRIGHT = Fan(x=100.0, y=20.0, left=-0.75, right=0.75, inner=6.0, outer=150.0)


def picture(fan: Fan, rows: int = 180, columns: int = 200, seed: int = 0):
    """Noise, bright in the fan, in logarithm."""
    rng = np.random.default_rng(seed)
    mask = fan.mask(rows, columns)
    level = np.where(mask, rng.uniform(4, 30, mask.shape), rng.uniform(0, 0.2, mask.shape))
    return mask, np.log2(level + 0.25).astype(np.float32)


def overlap(a, b) -> float:
    return (a & b).sum() / (a | b).sum()


@pytest.mark.parametrize(
    "fan",
    [
        UPRIGHT,
        Fan(x=80.0, y=5.0, left=-0.5, right=0.5, inner=10.0, outer=165.0),
        Fan(x=100.0, y=-60.0, left=-0.45, right=0.45, inner=75.0, outer=220.0),  # curved array
        Fan(x=100.0, y=10.0, left=-1.0, right=0.4, inner=4.0, outer=140.0),  # steered
    ],
)
def test_fans_are_found(fan):
    mask, brightness = picture(fan)
    found = fit_fan(mask, mask, brightness)
    assert overlap(found.mask(*mask.shape), mask) > 0.95
    assert side_contrast(found, brightness) > 1


def test_a_dark_side_is_completed():
    mask, brightness = picture(UPRIGHT)
    dark = np.zeros_like(mask)
    dark[60:130, :70] = True
    brightness[dark] = brightness[~mask].mean()
    found = fit_fan(mask & ~dark, mask & ~dark, brightness)
    assert overlap(found.mask(*mask.shape), mask) > 0.93


def test_noise_has_no_edges():
    rng = np.random.default_rng(0)
    noise = rng.uniform(0, 30, (180, 200)).astype(np.float32)
    logarithm = np.log2(noise + 0.25)
    assert side_contrast(fit_fan(noise > 3, noise > 3, logarithm), logarithm) < 0.4


def test_contrast_of_true_edges_is_the_step_in_doublings():
    mask = UPRIGHT.mask(180, 200)
    logarithm = np.where(mask, 2.0, 0.5).astype(np.float32)
    assert side_contrast(UPRIGHT, logarithm, 4.0) == pytest.approx(1.5, abs=0.05)
    assert side_contrast(UPRIGHT, -logarithm, 4.0) == pytest.approx(-1.0, abs=0.05)  # bounded


def test_signal_outside_pulls_the_edges_outwards():
    # The left third is dim but carries signal: the strong inner edge must not win.
    mask, brightness = picture(UPRIGHT)
    angle, _ = polar(UPRIGHT.x, UPRIGHT.y, 180, 200)
    dim = mask & (angle < -0.35)
    brightness[dim] -= 2.5
    assert overlap(fit_fan(mask, mask, brightness).mask(180, 200), mask) > 0.93
