import numpy as np
import pytest
import torch

from twin_core.learning.outline_loss import ALONE_SHARE, FARTHEST, log_volume, pixel_loss, volume_loss


def square(side):
    mask = torch.zeros(1, 1, 32, 32)
    mask[:, :, 2 : 2 + side, 2 : 2 + side] = 1
    return mask


def logits(*sides):
    return (torch.cat([square(side) for side in sides]) - 0.5) * 40


def masks(*sides):
    return torch.cat([square(side) for side in sides])


def test_pixels_prefer_the_truth():
    truth = masks(16, 16)
    assert pixel_loss(logits(16, 16), truth) < 0.01 < pixel_loss(torch.zeros_like(truth), truth)
    assert pixel_loss(-logits(16, 16), truth) > 5


def test_volume_is_that_of_disks():
    small, large = log_volume(masks(8, 16)).tolist()
    assert large - small == pytest.approx(np.log(8), rel=0.05)


def test_the_right_volumes_cost_nothing_wrong_ratios_more_than_wrong_sizes():
    one = torch.tensor([0, 0])
    assert volume_loss(logits(10, 20), masks(10, 20), one) == pytest.approx(0, abs=1e-4)
    both_large = float(volume_loss(logits(11, 22), masks(10, 20), one))
    one_large = float(volume_loss(logits(11, 20), masks(10, 20), one))
    off = 3 * np.log(1.1)
    assert both_large == pytest.approx(ALONE_SHARE * off, rel=0.05)
    assert one_large == pytest.approx(off * (1 + ALONE_SHARE / 2), rel=0.05)


def test_only_frames_of_one_patient_are_compared():
    apart, together = torch.tensor([0, 1]), torch.tensor([3, 3])
    given = (logits(11, 20), masks(10, 20))
    alone = float(volume_loss(*given, apart))
    assert alone == pytest.approx(ALONE_SHARE * 3 * np.log(1.1) / 2, rel=0.05)
    assert volume_loss(*given, together) > 3 * alone


def test_contours_that_are_not_there_yet_do_not_pull():
    nothing = torch.full((2, 1, 32, 32), -20.0, requires_grad=True)
    loss = volume_loss(nothing, masks(10, 20), torch.tensor([0, 0]))
    loss.backward()
    assert loss.item() == pytest.approx(ALONE_SHARE * FARTHEST) and nothing.grad.abs().max() == 0
    wide = ((masks(10, 20) - 0.5) * 4).requires_grad_()
    volume_loss(wide, masks(10, 20), torch.tensor([0, 0])).backward()
    assert wide.grad.abs().max() > 0 and torch.isfinite(wide.grad).all()
