import numpy as np
import pytest

from twin_core.echo.speckle import ImageFormation, Machine, Sector


def sector(**changes):
    values = dict(size=112, cm_per_px=0.15, tip_row=2.0, tip_column=56.0, depth_cm=15.0,
                  left_angle=-0.7, right_angle=0.7, skin_cm=0.5)  # fmt: skip
    return Sector(**(values | changes))


def test_fan_has_the_area_of_its_geometry():
    s = sector(depth_cm=12.0, skin_cm=1.0)
    expected = (1.4 / 2) * (12.0**2 - 1.0**2)
    assert s.mask.sum() * 0.15**2 == pytest.approx(expected, rel=0.02)


def test_pixels_and_centimetres_agree():
    s = sector()
    x, y = s.centimetres
    assert s.pixels(np.array([[x[40, 70], y[40, 70]]]))[0] == pytest.approx([70, 40], abs=1e-4)


def test_speckle_is_zero_mean_unit_spread_and_skewed_like_log_rayleigh():
    machine = Machine.sample(np.random.default_rng(0))
    texture = ImageFormation(sector(), machine)._tissue
    assert texture.mean() == pytest.approx(0, abs=0.01) and texture.std() == pytest.approx(1, abs=0.01)
    # Log-compressed speckle has its long tail towards black; a displayed pixel averages over some, which shortens it.
    assert -1.0 < np.mean(texture**3) < -0.3


def test_brighter_level_gives_brighter_frame_and_nothing_outside_the_fan():
    s, machine = sector(), Machine.sample(np.random.default_rng(3))
    formation = ImageFormation(s, machine)
    blood = np.zeros((112, 112), np.float32)
    frames = [
        formation.form(np.full((112, 112), level, np.float32), blood, s.centimetres, np.random.default_rng(0))
        for level in (0.1, 0.5)
    ]
    assert frames[1].mean() > 1.5 * frames[0].mean()
    assert not frames[1][~s.mask].any()


def test_sampled_sector_reaches_below_the_heart():
    for seed in range(20):
        s = Sector.sample(np.random.default_rng(seed), 112, heart_cm=17.0, cm_per_px=None)
        assert s.depth_cm >= 17.0
        assert 2000 < s.mask.sum() < 112 * 112
