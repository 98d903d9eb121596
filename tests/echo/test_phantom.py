import numpy as np
import pytest

from twin_core.echo.contour import trace
from twin_core.echo.phantom import Phantom, mitral_opening_from, render_clip


def phantom(seed, **options):
    return Phantom.sample(np.random.default_rng(seed), **options)


def test_same_seed_same_picture():
    first, mask = phantom(3).render(100.0, 0.2)
    again, mask_again = phantom(3).render(100.0, 0.2)
    assert np.array_equal(first, again) and np.array_equal(mask, mask_again)
    assert not np.array_equal(first, phantom(4).render(100.0, 0.2)[0])


def test_frame_is_black_outside_the_fan_and_cavity_darker_than_its_wall():
    darker = []
    for seed in range(60):
        p = phantom(seed)
        image, mask = p.render(p.anatomy.edv_ml, 0.9)
        assert image.dtype == np.uint8 and image.shape == mask.shape == (112, 112)
        assert not image[~p.sector.mask].any() and not mask[~p.sector.mask].any()
        large = p.mask(1.5 * p.anatomy.edv_ml)
        ring = large & ~mask
        darker.append(image[mask].mean() < image[ring].mean())
    assert np.mean(darker) > 0.9


def test_mask_has_the_wanted_volume_by_disks():
    ratios = []
    for seed in range(40):
        p = phantom(seed)
        for volume in (p.anatomy.edv_ml, p.anatomy.esv_ml):
            contour = trace(p.mask(volume), (p.sector.cm_per_px,) * 2)
            ratios.append(contour.volume_ml / volume)
    # A few cavities are cut by the fan's border, as in real clips.
    assert np.median(ratios) == pytest.approx(1.0, abs=0.03)
    assert np.mean(np.abs(np.array(ratios) - 1.0) < 0.06) > 0.85


def test_clip_follows_the_volume_curve():
    p = phantom(11, edv_ml=140.0, esv_ml=60.0, cm_per_px=0.14)
    time = np.arange(30) / 30
    volume = 100 + 40 * np.cos(2 * np.pi * time)
    clip = render_clip(volume, time, p)
    assert clip.frames.shape == clip.masks.shape == (30, 112, 112)
    assert clip.cm_per_px == (0.14, 0.14)
    measured = [trace(m, clip.cm_per_px).volume_ml for m in clip.masks]
    assert np.corrcoef(measured, volume)[0, 1] > 0.99
    assert measured[0] / measured[15] == pytest.approx(140 / 60, rel=0.1)


def test_tissue_speckle_moves_with_the_tissue_and_blood_speckle_is_new():
    p = phantom(2)
    v = p.anatomy.edv_ml
    one, _mask = p.render(v, 0.9, rng=np.random.default_rng(0))
    two, _ = p.render(v, 0.9, rng=np.random.default_rng(1))
    tissue = p.sector.mask & ~p.mask(1.2 * v) & (one > 20) & (one < 235)
    assert np.corrcoef(one[tissue].astype(float), two[tissue].astype(float))[0, 1] > 0.6
    assert not np.array_equal(one, two)


def test_mitral_valve_opens_only_while_the_ventricle_fills():
    time = np.linspace(0, 1, 50)
    volume = 100 + 40 * np.cos(2 * np.pi * time)
    opening = mitral_opening_from(volume, time)
    assert np.all(opening[2:23] == 0)
    assert opening[35:40].min() > 0.9
    assert np.array_equal(mitral_opening_from(np.array([90.0]), np.array([0.0])), [0.0])


def test_bad_input_is_named():
    p = phantom(0)
    with pytest.raises(ValueError, match="volume_ml must be a positive number of mL, got nan"):
        p.render(float("nan"))
    with pytest.raises(ValueError, match="one length"):
        render_clip(np.ones(3), np.arange(4.0), p)
    with pytest.raises(ValueError, match="edv_ml > esv_ml"):
        phantom(0, edv_ml=50.0, esv_ml=80.0)
