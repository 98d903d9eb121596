"""Which view a clip shows: the apical four-chamber view, the same turned, mirrored or cut off, or another."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from twin_core.learning.devices import pick_device
from twin_core.learning.segmenter import (
    PROJECTIONS,
    SIZE,
    Crop,
    beat_window,
    normalise,
    projections,
)
from twin_core.learning.weights import ASSETS, Weights, load_weights

KIND = "view"
DEFAULT_WEIGHTS = ASSETS / "view.safetensors"
VIEWS = ("four_chamber", "turned", "mirrored", "cut_off", "other")
_MIRROR = [VIEWS.index(name) for name in ("mirrored", "turned", "four_chamber", "cut_off", "other")]
CHANNELS = (16, 32, 48, 64, 96)
MOMENTS = 7  # of the clip that are looked at
# Of the evidence. Set with an earlier network on 90 rendered clips of seed A (benchmarks/quality.py): 2 upright ones,
# all but 5 mirrored and all turned ones were below. The present one gives the upright ones 0.46 and more.
MIN_FOUR_CHAMBER = 0.2


class ViewNetwork(nn.Module):
    """Strided convolutions and a small head that keeps where things are: (B, C, SIZE, SIZE) to logits (B, VIEWS)."""

    def __init__(self, inputs: int = 1 + len(PROJECTIONS), channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for i, (a, b) in enumerate(zip((inputs, *channels[:-1]), channels, strict=True)):
            stride = 1 if i == len(channels) - 1 else 2
            size = 5 if i == 0 else 3
            layers += [nn.Conv2d(a, b, size, stride, size // 2, bias=False), nn.BatchNorm2d(b), nn.ReLU(True)]
        self.look = nn.Sequential(*layers, nn.Conv2d(channels[-1], 24, 1), nn.ReLU(True), nn.Flatten())
        grid = SIZE // 2 ** (len(channels) - 1)
        self.head = nn.Sequential(
            nn.Dropout(0.3), nn.Linear(24 * grid * grid, 64), nn.ReLU(True), nn.Linear(64, len(VIEWS))
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of ``VIEWS``."""
        logits: torch.Tensor = self.head(self.look(x))
        return logits


@dataclass(frozen=True, kw_only=True)
class View:
    """What a clip shows.

    Attributes:
        share: of the evidence that goes to each of ``VIEWS``, 0 to 1; the median over the clip's moments, so they
            need not add up to one.
    """

    share: dict[str, float]

    @property
    def usable(self) -> bool:
        """Whether this is an upright apical four-chamber view."""
        return self.share["four_chamber"] >= MIN_FOUR_CHAMBER

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why the view cannot be used and what to do: empty, or one reason."""
        if self.usable:
            return ()
        likeliest = max(VIEWS[1:], key=lambda name: self.share[name])
        seen, remedy = _WORDS[likeliest]
        return (
            f"{seen} (the view network gives {self.share['four_chamber']:.0%} to an upright apical four-chamber view, "
            f"at least {MIN_FOUR_CHAMBER:.0%} is needed; {self.share[likeliest]:.0%} to this): {remedy}",
        )


_WORDS = {
    "turned": ("the picture is turned or upside down", "give the clip with the apex at the top and the atria below"),
    "mirrored": ("the picture is mirrored", "flip it so that the left ventricle is on the right"),
    "cut_off": (
        "no whole apical four-chamber view: the ventricle is cut off, or this is something else",
        "give the whole sector, uncropped",
    ),
    "other": ("this is no apical four-chamber view", "give a grey-scale apical four-chamber echo clip"),
}


class ViewReader:
    """A trained network with its input preparation."""

    def __init__(self, network: ViewNetwork, weights: Weights, device: torch.device) -> None:
        self.network, self.weights, self.device = network.to(device).eval(), weights, device

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> ViewReader:
        """Load the shipped weights, or those at `path`.

        Raises:
            WeightsError: file missing, damaged or of another kind.
            ValueError: device not there.
        """
        chosen = pick_device(device)
        weights = load_weights(path or DEFAULT_WEIGHTS, KIND)
        network = weights.network(lambda config: ViewNetwork(int(config["inputs"]), tuple(config["channels"])))
        return cls(network, weights, chosen)

    @torch.inference_mode()
    def read(self, frames: NDArray[np.uint8], sector: NDArray[np.bool_], frame_time_s: float) -> View:
        """Look at moments spread over the clip, each with one beat round it.

        Args:
            frames: grey values, uint8 (T, H, W).
            sector: pixels inside the fan, bool (H, W).
            frame_time_s: median time between frames, s.

        Raises:
            ValueError: an empty sector.
        """
        x = torch.from_numpy(moments(frames, sector, frame_time_s)).to(self.device).float() / 255.0
        # The mirrored picture must give the mirrored answer: the mean of both favours neither side.
        both = (torch.log_softmax(self.network(x), 1) + torch.log_softmax(self.network(x.flip(-1)), 1)[:, _MIRROR]) / 2
        share = torch.softmax(both, dim=1).median(dim=0).values.cpu().tolist()
        return View(share=dict(zip(VIEWS, share, strict=True)))


def moments(frames: NDArray[np.uint8], sector: NDArray[np.bool_], frame_time_s: float) -> NDArray[np.uint8]:
    """Frame and projections at moments spread over a clip, each over one window of about a beat round it.

    Returns:
        uint8 (at most MOMENTS, 1 + 4, SIZE, SIZE).
    """
    crop, count = Crop.around(sector), len(frames)
    window, within = beat_window(count, frame_time_s)
    middles = np.unique(np.linspace(0, count - 1, MOMENTS + 2).round().astype(int)[1:-1])
    starts = np.clip(middles - window // 2, 0, count - window)
    used = np.unique(np.concatenate([middles, (starts[:, None] + within).ravel()]))
    shown = sector.astype(np.uint8)
    cut = np.stack([crop.cut(frames[i] * shown) for i in used])
    small = normalise(cut, crop.cut(shown) > 0)
    place = {int(frame): i for i, frame in enumerate(used)}
    return np.stack(
        [
            np.concatenate([small[place[int(m)]][None], projections(small[[place[int(i)] for i in s + within]])])
            for m, s in zip(middles, starts, strict=True)
        ]
    )
