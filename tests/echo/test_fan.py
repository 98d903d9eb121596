import numpy as np
import pytest

from twin_core.echo.fan import Fan, polar

UPRIGHT = Fan(x=100.0, y=20.0, left=-0.75, right=0.75, inner=6.0, outer=150.0)


def test_mask_is_a_fan():
    mask = UPRIGHT.mask(180, 200)
    assert mask[100, 100] and not mask[22, 100] and not mask[175, 100] and not mask[30, 60]
    assert np.array_equal(mask, mask[:, ::-1])
    area = 0.75 * (150**2 - 6**2)
    assert mask.sum() == pytest.approx(area, rel=0.07)  # a little lies outside the frame


def test_scaling_scales_the_mask():
    assert UPRIGHT.scaled(2.0).mask(360, 400).sum() == pytest.approx(4 * UPRIGHT.mask(180, 200).sum(), rel=0.01)


def test_polar_measures_from_pixel_centres():
    angle, radius = polar(2.5, 0.5, 5, 5)
    assert radius[0, 2] == 0 and radius[3, 2] == 3 and radius[0, 0] == 2
    assert angle[3, 2] == 0 and angle[2, 4] == pytest.approx(np.pi / 4) and angle[2, 0] == pytest.approx(-np.pi / 4)
