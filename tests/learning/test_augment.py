import numpy as np
import torch

from twin_core.learning.augment import display_change, view_change


def test_display_change_keeps_shape_and_is_one_draw_for_the_clip():
    frames = np.tile(np.arange(112, dtype=np.uint8) * 2, (3, 112, 1))
    for seed in range(30):
        out = display_change(np.random.default_rng(seed), frames)
        assert out.shape == frames.shape and out.dtype == np.uint8
        # Same input frames stay alike: motion must not be invented (noise alternates between two draws).
        assert np.array_equal(out[0], out[2])
    again = display_change(np.random.default_rng(29), frames)
    assert np.array_equal(out, again)


def test_view_change_moves_image_and_mask_together():
    image = torch.zeros(6, 2, 112, 112)
    image[:, :, 40:80, 45:70] = 1.0
    mask = image[:, :1].clone()
    moved, moved_mask = view_change(np.random.default_rng(0), image, mask)
    assert moved.shape == image.shape and moved_mask.shape == mask.shape
    assert torch.equal((moved[:, :1] > 0.5).float(), moved_mask)
    assert not torch.equal(moved_mask, mask)
    sizes = moved_mask.sum((1, 2, 3))
    assert len(set(sizes.tolist())) == 6 and sizes.min() > 300
