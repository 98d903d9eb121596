import numpy as np
import pytest

from twin_core.echo.anatomy import Anatomy


@pytest.fixture(params=range(8))
def anatomy(request):
    return Anatomy.sample(np.random.default_rng(request.param))


def polygon_area(points):
    x, y = points.T
    return 0.5 * abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1)))


def test_same_seed_same_heart():
    assert Anatomy.sample(np.random.default_rng(5)) == Anatomy.sample(np.random.default_rng(5))
    assert Anatomy.sample(np.random.default_rng(5)) != Anatomy.sample(np.random.default_rng(6))


def test_width_makes_disks_add_up_to_the_volume(anatomy):
    for volume in (anatomy.edv_ml, anatomy.esv_ml):
        s = (np.arange(500) + 0.5) / 500
        septal, lateral = anatomy._half_widths(s, volume)
        diameters = (septal + lateral) * anatomy.width(volume)
        disks = np.pi / 4 * np.mean(diameters**2) * anatomy.length(volume)
        assert disks == pytest.approx(volume, rel=0.01)


def test_systole_is_shorter_narrower_and_thicker_walled(anatomy):
    ed, es = anatomy.edv_ml, anatomy.esv_ml
    assert anatomy.length(es) < anatomy.length(ed)
    assert polygon_area(anatomy.lv_outline(es)) < polygon_area(anatomy.lv_outline(ed))
    assert np.all(anatomy.wall_thickness(es) > anatomy.wall_thickness(ed))


def test_apex_and_base_share_the_shortening(anatomy):
    ed, es = anatomy.edv_ml, anatomy.esv_ml
    shortening = anatomy.length(ed) - anatomy.length(es)
    moved = anatomy.apex(es) - anatomy.apex(ed)
    along, across = anatomy.axis()
    assert moved @ along == pytest.approx(anatomy.apical_share * shortening)
    assert moved @ across == pytest.approx(0.0, abs=1e-9)
    outline = anatomy.lv_outline(es)
    assert outline[len(outline) // 2] == pytest.approx(anatomy.apex(es))


def test_a_reader_draws_further_outside_the_more_a_ventricle_fails(anatomy):
    strong, failing = anatomy.with_volumes(150.0, 52.0), anatomy.with_volumes(150.0, 115.0)
    free_wall = slice(len(strong.reading_offset(150.0)) // 2, None)
    strong_ed, strong_es = (strong.reading_offset(volume)[free_wall] for volume in (150.0, 52.0))
    failing_ed, failing_es = (failing.reading_offset(volume)[free_wall] for volume in (150.0, 115.0))
    assert np.all(strong_es < strong_ed) and np.all(strong_ed < 0), "inside a strong ventricle's dim free wall"
    assert np.all(failing_es > failing_ed) and np.all(failing_ed > 0), "with a failing one's trabecular zone"


def test_outline_runs_from_septal_to_lateral_annulus_over_the_apex(anatomy):
    outline = anatomy.lv_outline(anatomy.edv_ml)
    apex = outline[len(outline) // 2]
    assert apex == pytest.approx([anatomy.apex_x, anatomy.apex_depth])
    assert outline[0, 0] < outline[-1, 0]
    assert apex[1] < outline[0, 1] and apex[1] < outline[-1, 1]


def test_normals_point_out_of_the_cavity(anatomy):
    outline = anatomy.lv_outline(anatomy.edv_ml)
    grown = outline + 0.3 * anatomy.outward(outline)
    assert polygon_area(grown) > 1.05 * polygon_area(outline)


def test_volumes_can_be_prescribed(anatomy):
    other = anatomy.with_volumes(150.0, 60.0)
    assert (other.edv_ml, other.esv_ml) == (150.0, 60.0)
    assert anatomy.with_volumes(150.0, None).esv_ml == pytest.approx(150 * anatomy.esv_ml / anatomy.edv_ml)
    assert anatomy.with_volumes(None, 60.0).edv_ml == pytest.approx(60 * anatomy.edv_ml / anatomy.esv_ml)


@pytest.mark.parametrize("volumes", [(60.0, 150.0), (100.0, 100.0), (100.0, -5.0)])
def test_impossible_volumes_are_refused(anatomy, volumes):
    with pytest.raises(ValueError, match="edv_ml > esv_ml > 0"):
        anatomy.with_volumes(*volumes)


def test_patients_span_small_healthy_to_large_failing_hearts():
    many = [Anatomy.sample(np.random.default_rng(i)) for i in range(400)]
    edv = np.array([a.edv_ml for a in many])
    ef = 1 - np.array([a.esv_ml for a in many]) / edv
    assert edv.min() < 55 and edv.max() > 220
    assert ef.min() < 0.2 and ef.max() > 0.7
    assert np.corrcoef(edv, ef)[0, 1] < -0.1
