import numpy as np
import pytest

from tests.echo.made_clips import fan_mask
from twin_core.echo.decoded import UltrasoundRegion
from twin_core.echo.limits import ClipError
from twin_core.echo.scale import check_depth, sector_box, spacing_from_depth, spacing_from_regions

ROWS, COLUMNS = 480, 640
SECTOR = fan_mask(ROWS, COLUMNS, 5.0)
TOP, BOTTOM, LEFT, RIGHT = sector_box(SECTOR)
CM = 0.04


def tissue(scale: float = 1.0, cm: float = CM, margin: int = 0) -> UltrasoundRegion:
    """A region on the sector, in the pixels of a frame `scale` times as large, `cm` a pixel there."""
    return UltrasoundRegion(
        x0=round((LEFT - margin) * scale),
        y0=round((TOP - margin) * scale),
        x1=round((RIGHT + margin) * scale) - 1,
        y1=round((BOTTOM + margin) * scale) - 1,
        cm_per_px=(cm, cm),
    )


def test_box_holds_the_sector():
    assert SECTOR[TOP].any() and SECTOR[BOTTOM - 1].any() and not SECTOR[BOTTOM:].any()
    assert SECTOR[:, LEFT].any() and not SECTOR[:, :LEFT].any() and not SECTOR[:, RIGHT:].any()


def test_depth_over_height():
    assert spacing_from_depth(SECTOR, 15.0) == pytest.approx((15.0 / (BOTTOM - TOP),) * 2)


@pytest.mark.parametrize("depth", [2.99, 40.01, np.nan, None, "abc"])
def test_depth_out_of_bounds(depth):
    with pytest.raises(ClipError, match="3 to 40 cm"):
        check_depth(depth)


def test_a_region_on_the_sector_is_taken_at_its_word():
    assert spacing_from_regions([tissue()], SECTOR) == (CM, CM)
    assert spacing_from_regions([tissue(margin=30)], SECTOR) == (CM, CM)


def test_row_and_column_spacing_keep_their_order():
    oblong = UltrasoundRegion(**{**vars(tissue()), "cm_per_px": (0.04, 0.05)})
    assert spacing_from_regions([oblong], SECTOR) == (0.04, 0.05)


@pytest.mark.parametrize("screen", [(320, 240), (800, 600), (1024, 768), (1280, 960), (1600, 1200)])
def test_a_region_written_for_another_screen_is_rescaled(screen):
    scale = screen[0] / COLUMNS
    spacing = spacing_from_regions([tissue(scale, CM / scale)], SECTOR)
    assert spacing == pytest.approx((CM, CM))


def test_a_region_that_fits_no_screen_is_dropped():
    assert spacing_from_regions([tissue(2.75, CM / 2.75)], SECTOR) is None
    beside = UltrasoundRegion(x0=0, y0=0, x1=100, y1=60, cm_per_px=(CM, CM))
    assert spacing_from_regions([beside], SECTOR) is None
    empty = UltrasoundRegion(x0=5, y0=5, x1=5, y1=2, cm_per_px=(CM, CM))
    assert spacing_from_regions([empty], SECTOR) is None
    assert spacing_from_regions([], SECTOR) is None


def test_a_spacing_that_gives_no_possible_depth_is_dropped():
    assert spacing_from_regions([tissue(cm=0.0004)], SECTOR) is None
    assert spacing_from_regions([tissue(cm=4.0)], SECTOR) is None


@pytest.mark.parametrize("ratio", [1.6, 1 / 1.6, 1e6, 1e-6])
def test_pixels_far_from_square_are_not_believed(ratio):
    stretched = UltrasoundRegion(**{**vars(tissue()), "cm_per_px": (CM, CM * ratio)})
    assert spacing_from_regions([stretched], SECTOR) is None


def test_of_two_regions_the_one_on_the_sector_counts():
    beside = UltrasoundRegion(x0=0, y0=0, x1=100, y1=60, cm_per_px=(0.1, 0.1))
    assert spacing_from_regions([beside, tissue()], SECTOR) == (CM, CM)
