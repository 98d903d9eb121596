"""Med-Real2Sim's own encoder (arXiv 2403.00177), the baseline: from the clip alone to all seven parameters."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.circuit import LEARNED, PARAMETERS
from twin_core.echo.clip import Clip
from twin_core.learning import box
from twin_core.learning.devices import pick_device
from twin_core.learning.segmenter import Crop
from twin_core.learning.weights import Weights, WeightsError, load_weights

KIND = "paper_encoder"
CHANNELS = (8, 16, 32, 64, 128)
WIDTH = 512
FRAMES, SIDE = 30, 112
STEP_S = 0.05  # 30 frames are then 1.5 s: a whole beat down to 40 bpm
INPUT = {"frames": [FRAMES, SIDE, SIDE], "step_s": STEP_S}
REMEDY = "`python -m twin_core train encoder --architecture paper`"

_RATE = LEARNED.index("heart_rate_bpm")


class PaperEncoder(nn.Module):
    """30 grey frames of 112 x 112 to the seven parameters, the beat's length Tc among them.

    As published: five convolutions of 3 x 3 x 3 with 8 to 128 channels, each with batch normalisation, the first four
    halved by maximum pooling; a global average, a layer of 512, and a sigmoid that scales each output to its
    parameter's bounds. Grey levels are standardised by the mean and spread of the training clips.

    The output that the paper calls Tc is scaled between the bounds of the beat's length, then given as heart rate.
    """

    lower: torch.Tensor
    upper: torch.Tensor
    grey_mean: torch.Tensor
    grey_spread: torch.Tensor

    def __init__(self, grey_mean: float = 0.0, grey_spread: float = 255.0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (inside, outside) in enumerate(pairwise((1, *CHANNELS))):
            layers += [nn.Conv3d(inside, outside, 3, padding=1), nn.BatchNorm3d(outside), nn.ReLU()]
            if i < len(CHANNELS) - 1:
                layers.append(nn.MaxPool3d(2))
        self.features = nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten())
        self.head = nn.Sequential(nn.Linear(CHANNELS[-1], WIDTH), nn.ReLU(), nn.Linear(WIDTH, len(LEARNED)))
        lower, upper = box.LOWER.copy(), box.UPPER.copy()
        lower[_RATE], upper[_RATE] = 60.0 / box.UPPER[_RATE], 60.0 / box.LOWER[_RATE]  # of Tc, s
        for name, value in (("lower", lower), ("upper", upper), ("grey_mean", grey_mean), ("grey_spread", grey_spread)):
            self.register_buffer(name, torch.as_tensor(value, dtype=torch.float32), persistent=False)

    def forward(self, frames: torch.Tensor) -> torch.Tensor:
        """The seven parameters.

        Args:
            frames: grey levels 0 to 255, uint8 or float (B, FRAMES, SIDE, SIDE).

        Returns:
            Parameters in the order of ``LEARNED``, each in its own unit and bounds (B, 7).
        """
        standard = (frames.float() - self.grey_mean) / self.grey_spread
        unit = torch.sigmoid(self.head(self.features(standard[:, None])))
        values = self.lower + unit * (self.upper - self.lower)
        rate = 60.0 / values[:, _RATE]
        return torch.cat([values[:, :_RATE], rate[:, None], values[:, _RATE + 1 :]], dim=1)


def clip_frames(clip: Clip, count: int = FRAMES) -> NDArray[np.uint8]:
    """The clip's frames as the network reads them: the sector's square, STEP_S apart from the first on.

    The paper spreads 30 frames over whatever a clip shows, or takes every second one; at a fixed step a beat's length
    can be read off them. A clip that ends early is played backwards and forwards again: no jump, no still.

    Args:
        clip: the clip.
        count: how many frames.

    Returns:
        Grey levels, black outside the sector, uint8 (count, SIDE, SIDE).
    """
    time = clip.time_s - clip.time_s[0]
    at = STEP_S * np.arange(count)
    end = float(time[-1])
    at = end - np.abs(at % (2 * end) - end) if end > 0 else np.zeros(count)
    picked = np.abs(time[None, :] - at[:, None]).argmin(axis=1)
    crop = Crop.around(clip.sector)
    seen: dict[int, NDArray[np.uint8]] = {}  # a long step or a short clip shows a frame more than once
    for i in picked.tolist():
        if i not in seen:
            cut = crop.cut(clip.frames[i] * clip.sector)
            seen[i] = np.asarray(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA), np.uint8)
    return np.stack([seen[i] for i in picked.tolist()])


class TrainedPaperEncoder:
    """A trained network with its input preparation."""

    def __init__(self, network: PaperEncoder, weights: Weights, device: torch.device) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.weights, self.device = weights, device

    @classmethod
    def load(cls, path: str | Path, device: str = "auto") -> TrainedPaperEncoder:
        """The weights at ``path``; none are shipped.

        Raises:
            WeightsError: file missing, damaged, of another kind, or trained for other bounds, fixed values or input.
            ValueError: device not there.
        """
        chosen = pick_device(device)
        weights = load_weights(path, KIND)
        box.check(weights.config, path, REMEDY)
        if weights.config.get("input") != INPUT:
            raise WeightsError(f"{path} reads {weights.config.get('input')}, this software gives {INPUT}: {REMEDY}")
        network = weights.network(lambda config: PaperEncoder(float(config["grey_mean"]), float(config["grey_spread"])))
        return cls(network, weights, chosen)

    @torch.inference_mode()
    def encode(self, clip: Clip) -> dict[str, float]:
        """The seven learned parameters of the patient in a clip, each inside its bounds."""
        frames = torch.from_numpy(clip_frames(clip))[None].to(self.device)
        values = self.network(frames)[0].cpu().double().numpy()
        inside = np.clip(values, box.LOWER, box.UPPER)  # single precision may round a hair past a bound
        return dict(zip(LEARNED, inside.tolist(), strict=True))


def describe(network: PaperEncoder) -> dict[str, Any]:
    """What a weight file must say to use the network: bounds, fixed values, input format and normalisation."""
    return {
        **box.describe(),
        "input": INPUT,
        "grey_mean": float(network.grey_mean),
        "grey_spread": float(network.grey_spread),
        "units": [PARAMETERS[name].unit for name in LEARNED],
    }
