"""Other sizes, rates and depths of contraction of the clips an encoder is trained on."""

from __future__ import annotations

import numpy as np
import torch

from twin_core.circuit import LEARNED, PARAMETERS
from twin_core.learning import box
from twin_core.learning.plausible_beat import EDV_ML, EF_PCT
from twin_core.learning.surrogate import Surrogate

WIDE_EDV_ML, WIDE_EF_PCT = (40.0, 380.0), (5.0, 82.0)  # what may be measured, in the circuit's reach or not
REACHABLE = 65_536  # circuits whose volumes are drawn from
REACHABLE_SHARE = 0.75  # of variants


@torch.inference_mode()
def reachable_values(physics: Surrogate, rng: np.random.Generator) -> torch.Tensor:
    """EDV mL, ESV mL, heart rate bpm (N, 3) of adults that the circuit can be; their parameters are thrown away."""
    device = next(physics.parameters()).device
    parameters = torch.tensor(rng.uniform(box.LOWER, box.UPPER, (REACHABLE, len(LEARNED))), dtype=torch.float32)
    edv, esv = (volume.cpu() for volume in physics(parameters.to(device)))
    ef = 100.0 * (edv - esv) / edv
    adult = (edv > EDV_ML[0]) & (edv < EDV_ML[1]) & (ef > EF_PCT[0]) & (ef < EF_PCT[1])
    return torch.stack([edv, esv, parameters[:, LEARNED.index("heart_rate_bpm")]], dim=-1)[adult]


def shown_values(rng: np.random.Generator, count: int, reachable: torch.Tensor) -> torch.Tensor:
    """EDV, ESV, heart rate (count, 3) for variants: mostly what the circuit can do, the rest anything at all."""
    edv = np.exp(rng.uniform(np.log(WIDE_EDV_ML[0]), np.log(WIDE_EDV_ML[1]), count))
    esv = edv * (1.0 - rng.uniform(*WIDE_EF_PCT, count) / 100.0)
    rate = rng.uniform(*PARAMETERS["heart_rate_bpm"].bounds, count)
    wide = torch.tensor(np.stack([edv, esv, rate], axis=-1), dtype=torch.float32)
    usual = torch.from_numpy(rng.random(count) < REACHABLE_SHARE)
    return torch.where(usual[:, None], reachable[rng.integers(len(reachable), size=count)], wide)


def vary(
    curve: torch.Tensor, seen: torch.Tensor, truth: torch.Tensor, new: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """The same clips with other measured values.

    A clip with another pixel size or played at another speed is the same pictures with volumes scaled and another
    heart rate; only the changed depth of the contraction is not what the pictures show.

    Args:
        curve: measured volume over EDV (N, CURVE).
        seen: measured EDV mL, ESV mL, heart rate bpm (N, 3).
        truth: wanted EDV and ESV, mL (N, 2).
        new: what ``seen`` is to become (N, 3).

    Returns:
        Curve, measured values and wanted volumes; what was wanted of EDV and EF over what was measured stays.
    """
    size = new[:, 0] / seen[:, 0]
    depth = (1.0 - new[:, 1] / new[:, 0]) / (1.0 - seen[:, 1] / seen[:, 0])
    wanted_edv = truth[:, 0] * size
    wanted_ef = ((1.0 - truth[:, 1] / truth[:, 0]) * depth).clamp(0.02, 0.95)
    wanted = torch.stack([wanted_edv, wanted_edv * (1.0 - wanted_ef)], dim=-1)
    return 1.0 - (1.0 - curve) * depth[:, None], new, wanted
