"""The physics-guided loss: how far the surrogate's beat is from what was measured, never from parameters."""

from __future__ import annotations

import numpy as np
import torch
from torch.nn import functional as F  # noqa: N812 (the library's usual name)

from twin_core.circuit import LEARNED
from twin_core.learning import box
from twin_core.learning.samples import PHASES

HELD = ("emin_mmhg_per_ml", "mitral_resistance", "aortic_resistance", "unstressed_volume_ml")
"""Parameters that volumes and period leave open: a weak prior keeps them near their reference values."""


def volume_misfit(edv: torch.Tensor, esv: torch.Tensor, wanted: torch.Tensor) -> torch.Tensor:
    """Misfit of EDV, ESV and EF, a number.

    EDV and ESV errors count in percent of the wanted EDV, EF errors in points; each is squared up to one and grows
    straight beyond, so that clips outside what the circuit can do do not outweigh the others.

    Args:
        edv: the surrogate's, mL (N,).
        esv: the surrogate's, mL (N,).
        wanted: EDV and ESV, mL (N, 2).
    """
    error = 100.0 * (torch.stack([edv, esv], dim=-1) - wanted) / wanted[:, :1]
    ef_error = 100.0 * (esv / edv - wanted[:, 1] / wanted[:, 0])
    return F.smooth_l1_loss(error, torch.zeros_like(error)) + F.smooth_l1_loss(ef_error, torch.zeros_like(ef_error))


def curve_misfit(shape: torch.Tensor, curve: torch.Tensor) -> torch.Tensor:
    """Mean squared difference of two beats' shapes at the circular shift where it is smallest, a number.

    A beat of the circuit starts with the rise of elastance, a measured one at its largest volume, so the phases
    between them are not known. Only the shape is compared, each between its own smallest and largest value.

    Args:
        shape: (V(t) - ESV) / (EDV - ESV) of the surrogate at its phases (N, PHASES).
        curve: measured volume in any scale at evenly spaced phases (N, M), M a divisor of PHASES.
    """
    count = curve.shape[-1]
    low, high = curve.amin(-1, keepdim=True), curve.amax(-1, keepdim=True)
    measured = (curve - low) / (high - low).clamp_min(1e-6)
    steps = torch.arange(count, device=shape.device) * (PHASES // count)
    shifts = torch.arange(PHASES, device=shape.device)
    shifted = shape[:, (shifts[:, None] + steps) % PHASES]
    return (shifted - measured[:, None]).square().mean(-1).amin(-1).mean()


def prior(parameters: torch.Tensor) -> torch.Tensor:
    """Squared distance of the HELD parameters from their reference values, a number.

    On a logarithmic scale, in parts of the bounds' range: all four are positive scales, resistances wide ones.

    Args:
        parameters: in the order of ``LEARNED``, in their own units (N, 7).
    """
    columns = [LEARNED.index(name) for name in HELD]
    reference = parameters.new_tensor([getattr(box.DEFAULTS, name) for name in HELD])
    span = parameters.new_tensor(np.log(box.UPPER[columns] / box.LOWER[columns]))
    return (torch.log(parameters[:, columns] / reference) / span).square().sum(-1).mean()
