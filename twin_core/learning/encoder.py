"""From an echo clip to the circuit's seven learned parameters, always inside their bounds."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.circuit import LEARNED, PARAMETERS
from twin_core.echo.clip import Clip
from twin_core.echo.volumes import Measurement
from twin_core.learning import box
from twin_core.learning.devices import pick_device
from twin_core.learning.one_beat import CURVE, PICTURES, SIDE, OneBeat, one_beat
from twin_core.learning.weights import ASSETS, Weights, WeightsError, load_weights

KIND = "encoder"
DEFAULT_WEIGHTS = ASSETS / "encoder.safetensors"
CHANNELS = (8, 16, 32, 64)
WIDTH = 192
INPUT = {"pictures": [2, PICTURES, SIDE, SIDE], "curve": CURVE, "measured": ["edv_ml", "esv_ml", "heart_rate_bpm"]}
REMEDY = "`python -m twin_core train encoder`"

_RATE = LEARNED.index("heart_rate_bpm")
_START_MARGIN = 0.02  # of a parameter's range: a sigmoid cannot start at a bound itself
_FARTHEST = 4.0  # standardised measured values are clipped here: what lies far outside saturates


class EncoderNetwork(nn.Module):
    """One beat's pictures, contours, volume curve and measured values to the seven parameters.

    As in Med-Real2Sim (arXiv 2403.00177, section 4) a sigmoid scales each output to its parameter's bounds. Theirs
    reads the beat's length Tc off the clip too; it is measured here, so heart rate is the measured one, clipped to
    its bounds, and six outputs are left. Space and time are convolved in turn (Tran 2018, arXiv 1711.11248), with
    group normalisation, which treats one real clip as it treats a training batch.
    """

    lower: torch.Tensor
    upper: torch.Tensor

    def __init__(self, channels: Sequence[int] = CHANNELS, width: int = WIDTH) -> None:
        super().__init__()
        self.channels, self.width = tuple(channels), width
        layers: list[nn.Module] = []
        for i, (inside, outside) in enumerate(pairwise((2, *self.channels))):
            layers += [
                nn.Conv3d(inside, outside, (1, 3, 3), stride=(1, 2, 2), padding=(0, 1, 1)),
                nn.SiLU(),
                nn.Conv3d(outside, outside, (3, 1, 1), stride=(1 if i == 0 else 2, 1, 1), padding=(1, 0, 0)),
                nn.GroupNorm(min(4, outside), outside),
                nn.SiLU(),
            ]
        self.pictures = nn.Sequential(*layers, nn.AdaptiveAvgPool3d(1), nn.Flatten())
        inputs = self.channels[-1] + CURVE + 3
        self.head = nn.Sequential(
            nn.Linear(inputs, width), nn.SiLU(), nn.Linear(width, width), nn.SiLU(), nn.Linear(width, len(LEARNED) - 1)
        )
        self.register_buffer("lower", torch.tensor(box.LOWER, dtype=torch.float32), persistent=False)
        self.register_buffer("upper", torch.tensor(box.UPPER, dtype=torch.float32), persistent=False)
        self._start_at_reference()

    def _start_at_reference(self) -> None:
        """Before training every output is its parameter's reference value."""
        last = self.head[-1]
        assert isinstance(last, nn.Linear)
        defaults = np.array([getattr(box.DEFAULTS, name) for name in LEARNED])
        unit = (np.delete(defaults, _RATE) - np.delete(box.LOWER, _RATE)) / np.delete(box.UPPER - box.LOWER, _RATE)
        unit = np.clip(unit, _START_MARGIN, 1.0 - _START_MARGIN)
        with torch.no_grad():
            last.weight.mul_(0.1)
            last.bias.copy_(torch.tensor(np.log(unit / (1.0 - unit)), dtype=torch.float32))

    def look(self, pictures: torch.Tensor) -> torch.Tensor:
        """Features of pictures and contours.

        Args:
            pictures: uint8 (B, 2, PICTURES, SIDE, SIDE).

        Returns:
            float (B, channels).
        """
        features: torch.Tensor = self.pictures(pictures.float() / 255.0)
        return features

    def forward(self, features: torch.Tensor, curve: torch.Tensor, measured: torch.Tensor) -> torch.Tensor:
        """The seven parameters.

        Args:
            features: of the pictures, from ``look`` (B, channels).
            curve: measured volume over EDV at CURVE phases (B, CURVE).
            measured: EDV in mL, ESV in mL, heart rate in bpm (B, 3).

        Returns:
            Parameters in the order of ``LEARNED``, each in its own unit and bounds (B, 7).
        """
        edv, esv, rate = measured.unbind(-1)
        standard = torch.stack(
            [torch.log(edv / 120.0) / 0.4, ((edv - esv) / edv - 0.45) / 0.18, (rate - 75.0) / 25.0], dim=-1
        ).clamp(-_FARTHEST, _FARTHEST)
        shape = ((curve - 0.75) / 0.2).clamp(-_FARTHEST, _FARTHEST)
        unit = torch.sigmoid(self.head(torch.cat([features, shape, standard], dim=-1)))
        lower, upper = self.lower, self.upper
        others = [i for i in range(len(LEARNED)) if i != _RATE]
        values = list((lower[others] + unit * (upper[others] - lower[others])).unbind(-1))
        values.insert(_RATE, rate.clamp(float(lower[_RATE]), float(upper[_RATE])))
        return torch.stack(values, dim=-1)


def tensors(beats: Sequence[OneBeat]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Beats as the network's inputs: pictures uint8, curve float32, measured float32 (EDV, ESV, heart rate)."""
    return (
        torch.from_numpy(np.stack([b.pictures for b in beats])),
        torch.from_numpy(np.stack([b.curve for b in beats])),
        torch.tensor([[b.edv_ml, b.esv_ml, b.heart_rate_bpm] for b in beats], dtype=torch.float32),
    )


class Encoder:
    """A trained network with its input preparation."""

    def __init__(self, network: EncoderNetwork, weights: Weights, device: torch.device) -> None:
        self.network = network.to(device).eval().requires_grad_(False)
        self.weights, self.device = weights, device

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> Encoder:
        """The shipped weights, or those at ``path``.

        Raises:
            WeightsError: file missing, damaged, of another kind, or trained for other bounds, fixed values or input.
            ValueError: device not there.
        """
        chosen, path = pick_device(device), path or DEFAULT_WEIGHTS
        weights = load_weights(path, KIND)
        box.check(weights.config, path, REMEDY)
        if weights.config.get("input") != INPUT:
            raise WeightsError(f"{path} reads {weights.config.get('input')}, this software gives {INPUT}: {REMEDY}")
        network = weights.network(lambda config: EncoderNetwork(config["channels"], int(config["width"])))
        return cls(network, weights, chosen)

    @torch.inference_mode()
    def encode(self, clip: Clip, masks: NDArray[np.uint8], measurement: Measurement) -> dict[str, float]:
        """The seven learned parameters of the patient in a clip.

        Args:
            clip: the clip.
            masks: its cavity masks, nonzero in the cavity (T, H, W).
            measurement: what was measured on these masks; uncalibrated volumes are taken as they are.

        Returns:
            Name to value in the order of ``LEARNED``, each inside its bounds. Heart rate is the measured one,
            clipped to its bounds.

        Raises:
            ValueError: no whole beat was measured, values are not finite and positive, or masks do not fit the clip.
        """
        beat = one_beat(clip, masks, measurement)
        pictures, curve, measured = (x.to(self.device) for x in tensors([beat]))
        values = self.network(self.network.look(pictures), curve, measured)[0].cpu().double().numpy()
        values[_RATE] = beat.heart_rate_bpm
        inside = np.clip(values, box.LOWER, box.UPPER)  # single precision may round a hair past a bound
        return dict(zip(LEARNED, inside.tolist(), strict=True))


def describe(network: EncoderNetwork) -> dict[str, Any]:
    """What a weight file must say to use the network: bounds, fixed values, sizes, input format."""
    return {
        **box.describe(),
        "channels": list(network.channels),
        "width": network.width,
        "input": INPUT,
        "units": [PARAMETERS[name].unit for name in LEARNED],
    }
