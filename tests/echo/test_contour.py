import cv2
import numpy as np
import pytest

from twin_core.echo.contour import trace


def half_ellipsoid(length=80, radius=30, size=200, turn_deg=0.0, top=40):
    """Lower half cut flat: apex up, base down; the volume is 2/3 pi r^2 L."""
    rows, columns = np.mgrid[:size, :size].astype(float)
    pivot = top + length / 2
    a = np.deg2rad(turn_deg)
    y = np.cos(a) * (rows - pivot) + np.sin(a) * (columns - size / 2) + length / 2
    x = -np.sin(a) * (rows - pivot) + np.cos(a) * (columns - size / 2)
    inside = (y >= 0) & (y <= length) & (np.abs(x) <= radius * np.sqrt(np.clip(1 - ((length - y) / length) ** 2, 0, 1)))
    return inside.astype(np.uint8)


@pytest.mark.parametrize("turn", [-25, -10, 0, 15, 30])
def test_half_ellipsoid_has_its_volume_and_length(turn):
    contour = trace(half_ellipsoid(turn_deg=turn), (0.1, 0.1))
    assert contour.length_cm == pytest.approx(8.0, rel=0.03)
    assert contour.volume_ml == pytest.approx(2 / 3 * np.pi * 3**2 * 8, rel=0.05)
    assert contour.area_cm2 == pytest.approx(np.pi / 2 * 3 * 8, rel=0.02)
    assert contour.solidity > 0.97


def test_axis_ends_at_apex_and_annulus():
    contour = trace(half_ellipsoid(), (0.1, 0.1))
    assert contour.apex == pytest.approx((10.0, 4.0), abs=0.2)
    assert contour.annulus == pytest.approx((10.0, 12.0), abs=0.2)
    assert contour.septal_annulus[0] < contour.lateral_annulus[0]


def test_oblong_pixels_measure_the_same():
    mask = half_ellipsoid()
    squeezed = cv2.resize(mask, (100, 200), interpolation=cv2.INTER_NEAREST)
    square, oblong = trace(mask, (0.1, 0.1)), trace(squeezed, (0.1, 0.2))
    assert oblong.volume_ml == pytest.approx(square.volume_ml, rel=0.03)
    assert oblong.length_cm == pytest.approx(square.length_cm, rel=0.03)


def test_volume_scales_with_the_cube_of_the_pixel():
    mask = half_ellipsoid()
    assert trace(mask, (0.2, 0.2)).volume_ml == pytest.approx(8 * trace(mask, (0.1, 0.1)).volume_ml, rel=1e-6)


def test_wide_cavity_keeps_its_axis_upright():
    contour = trace(half_ellipsoid(length=60, radius=34), (0.1, 0.1))
    assert contour.length_cm == pytest.approx(6.0, rel=0.06)
    assert contour.volume_ml == pytest.approx(2 / 3 * np.pi * 3.4**2 * 6, rel=0.07)


def test_nothing_to_trace():
    assert trace(np.zeros((50, 50), np.uint8), (0.1, 0.1)) is None
    speck = np.zeros((50, 50), np.uint8)
    speck[10, 10] = 1
    assert trace(speck, (0.1, 0.1)) is None
    line = np.zeros((50, 50), np.uint8)
    line[10:40, 20] = 1
    assert trace(line, (0.1, 0.1)).volume_ml < 0.1
