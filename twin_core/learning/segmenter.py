"""Left-ventricular cavity in every frame of a clip: small 2-D U-Nets that also see one beat's projections."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from scipy.interpolate import make_interp_spline
from scipy.special import expit
from torch import nn

from twin_core.learning.devices import pick_device
from twin_core.learning.weights import ASSETS, Weights, load_weights

KIND = "segmenter"
DEFAULT_WEIGHTS = ASSETS / "segmenter.safetensors"
SIZE = 112  # pixels the network reads
CHANNELS = (8, 24, 48, 96, 160)
PROJECTIONS = ("mean", "std", "min", "max")  # over about one beat, beside the frame itself
WINDOW_S = 1.2  # long enough for one beat at 50 bpm
WINDOW_FRAMES = 16  # frames a projection is made of, in training and in use
OVERLAPPING = 4  # about so many windows see each moment, fewer at the clip's ends
BATCH = 32
# Frames nearer in time than this need not all be read: between two of them logits are interpolated. No more is smoothed
# here: it cuts the curve's peaks off, and jitter is taken out of the curve (`curve.py`).
READ_EVERY_S = 0.04


def _convolution(inside: int, outside: int) -> list[nn.Module]:
    return [nn.Conv2d(inside, outside, 3, padding=1, bias=False), nn.BatchNorm2d(outside), nn.ReLU(True)]


class UNet(nn.Module):
    """U-Net (Ronneberger 2015, arXiv 1505.04597) with batch normalisation: (B, C, H, W) to logits (B, 1, H, W).

    The decoder is lighter than the original's: channels are reduced before upsampling and one convolution
    a level follows, which halves its cost.
    """

    def __init__(self, inputs: int = 1 + len(PROJECTIONS), channels: tuple[int, ...] = CHANNELS) -> None:
        super().__init__()
        steps = list(zip((inputs, *channels[:-1]), channels, strict=True))
        self.down = nn.ModuleList(nn.Sequential(*_convolution(a, b), *_convolution(b, b)) for a, b in steps)
        self.reduce = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in reversed(steps[1:]))
        self.up = nn.ModuleList(nn.Sequential(*_convolution(2 * a, a)) for a, _ in reversed(steps[1:]))
        self.head = nn.Conv2d(channels[0], 1, 1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of the cavity; height and width must be multiples of 2^(levels - 1)."""
        kept = []
        for i, block in enumerate(self.down):
            x = block(x if i == 0 else nn.functional.max_pool2d(x, 2))
            kept.append(x)
        for reduce, block, skip in zip(self.reduce, self.up, reversed(kept[:-1]), strict=True):
            x = nn.functional.interpolate(reduce(x), scale_factor=2.0, mode="nearest")
            x = block(torch.cat([x, skip], dim=1))
        logits: torch.Tensor = self.head(x)
        return logits


class Networks(nn.Module):
    """U-Nets that were trained apart; the mean of their logits is steadier than any one's."""

    def __init__(self, networks: Iterable[UNet]) -> None:
        super().__init__()
        self.networks = nn.ModuleList(networks)

    @classmethod
    def of(cls, weights: Weights) -> Networks:
        """The networks of a weight file; raises WeightsError where it is of others."""

        def untrained(config: dict[str, Any]) -> Networks:
            shape = int(config["inputs"]), tuple(config["channels"])
            return cls(UNet(*shape) for _ in range(int(config["networks"])))

        return weights.network(untrained)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits of the cavity: (B, C, H, W) to (B, 1, H, W)."""
        return torch.stack([network(x) for network in self.networks]).mean(0)


@dataclass(frozen=True, kw_only=True)
class Crop:
    """The square of a clip that the network sees: top-left corner and side, in the clip's pixels."""

    row: int
    column: int
    side: int

    @classmethod
    def around(cls, sector: NDArray[np.bool_]) -> Crop:
        """Square round the sector: as high as the fan, cutting its far corners where it is wider.

        Raises:
            ValueError: empty sector.
        """
        rows, columns = np.flatnonzero(sector.any(1)), np.flatnonzero(sector.any(0))
        if len(rows) == 0:
            raise ValueError("the sector is empty (0 pixels): the clip shows no ultrasound fan; give another clip")
        height, width = rows[-1] - rows[0] + 1, columns[-1] - columns[0] + 1
        side = int(max(height, round(0.85 * width)))
        # The fan's top stays at the top; sideways the square is centred on the fan.
        return cls(row=int(rows[0]), column=int((columns[0] + columns[-1] + 1 - side) // 2), side=side)

    def cut(self, image: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """The square resized to (SIZE, SIZE), zero where it leaves the image."""
        height, width = image.shape
        square = np.zeros((self.side, self.side), image.dtype)
        top, left = max(self.row, 0), max(self.column, 0)
        bottom, right = min(self.row + self.side, height), min(self.column + self.side, width)
        square[top - self.row : bottom - self.row, left - self.column : right - self.column] = image[
            top:bottom, left:right
        ]
        shrink = self.side > SIZE
        return np.asarray(
            cv2.resize(square, (SIZE, SIZE), interpolation=cv2.INTER_AREA if shrink else cv2.INTER_LINEAR)
        )

    def paste(self, probability: NDArray[np.float32], shape: tuple[int, int]) -> NDArray[np.float32]:
        """The square's values at the clip's own pixels (H, W), zero outside it."""
        height, width = shape
        square = cv2.resize(probability, (self.side, self.side), interpolation=cv2.INTER_LINEAR)
        result = np.zeros(shape, np.float32)
        top, left = max(self.row, 0), max(self.column, 0)
        bottom, right = min(self.row + self.side, height), min(self.column + self.side, width)
        result[top:bottom, left:right] = square[
            top - self.row : bottom - self.row, left - self.column : right - self.column
        ]
        return result


def brightening(frames: NDArray[np.uint8], sector: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Table (256,) that makes a dim clip's 99.5th percentile inside the sector white; a gain of at most 4."""
    inside = frames[:: max(len(frames) // 8, 1), sector]
    top = float(np.percentile(inside, 99.5)) if inside.size else 255.0
    gain = float(np.clip(255.0 / max(top, 1.0), 1.0, 4.0))
    return np.clip(np.arange(256) * gain, 0, 255).astype(np.uint8)


def normalise(frames: NDArray[np.uint8], sector: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """The frames, brightened."""
    found = cv2.LUT(frames.reshape(-1, frames.shape[-1]), brightening(frames, sector))
    return np.asarray(found, np.uint8).reshape(frames.shape)


def prepared(frames: NDArray[np.uint8], sector: NDArray[np.bool_], crop: Crop) -> NDArray[np.uint8]:
    """The square of every frame as a network sees it: brightened, black outside the sector; (T, SIZE, SIZE)."""
    table, shown = brightening(frames, sector), sector.astype(np.uint8)
    return np.stack([crop.cut(np.asarray(cv2.LUT(f, table) * shown)) for f in frames])


def projections(frames: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Mean, standard deviation, minimum, maximum over the frames: uint8 (4, H, W)."""
    values = frames.astype(np.float32)
    spread = np.clip(values.std(0) * 2.0, 0, 255)
    return np.stack([values.mean(0), spread, values.min(0), values.max(0)]).astype(np.uint8)


def beat_window(count: int, frame_time_s: float) -> tuple[int, NDArray[np.int64]]:
    """Length in frames of a window of about one beat in a clip of `count`, and which of its frames are projected."""
    window = int(np.clip(round(WINDOW_S / frame_time_s), 1, count))
    return window, np.linspace(0, window - 1, min(window, WINDOW_FRAMES)).round().astype(np.int64)


def network_input(frames: NDArray[np.uint8], frame_time_s: float) -> NDArray[np.uint8]:
    """Every frame of a prepared clip with its projections: uint8 (T, 1 + 4, SIZE, SIZE).

    All frames have the same: the mean of those over windows of about one beat, spread over the clip. With a window of
    its own each frame's context would change along the clip, and its contour with it.
    """
    count = len(frames)
    window, within = beat_window(count, frame_time_s)
    starts = np.linspace(0, count - window, 1 + -(-OVERLAPPING * (count - window) // window)).round().astype(int)
    beat = np.mean([projections(frames[start + within]) for start in starts], axis=0).astype(np.uint8)
    result = np.empty((count, 1 + len(PROJECTIONS), *frames.shape[1:]), np.uint8)
    result[:, 0], result[:, 1:] = frames, beat
    return result


def frames_to_read(time_s: NDArray[np.float64]) -> list[int]:
    """Which of a clip's frames the networks read: the first, then always that nearest to ``READ_EVERY_S`` later.

    Of a clip with fewer than 37 frames a second those are all; of a faster one, every second, or fewer.
    """
    read = [0]
    while (last := read[-1]) < len(time_s) - 1:
        read.append(last + 1 + int(np.argmin(np.abs(time_s[last + 1 :] - time_s[last] - READ_EVERY_S))))
    return read


def clean(mask: NDArray[np.bool_], place: NDArray[np.bool_] | None = None) -> NDArray[np.uint8]:
    """One connected component with its holes filled, uint8 0/1; empty stays empty.

    Args:
        mask: pixels that may be the cavity, bool (H, W).
        place: where the cavity lies in the clip: the component with most pixels there is taken, and none that has
            no pixel there. Without it the largest is.
    """
    result = np.zeros(mask.shape, np.uint8)
    whole = mask.astype(np.uint8)
    left, top, width, height = cv2.boundingRect(whole)
    box = (slice(top, top + height), slice(left, left + width))  # large pictures are mostly not the cavity
    count, labels, stats, _ = cv2.connectedComponentsWithStats(whole[box], connectivity=4)
    if count < 2:
        return result
    score = stats[:, cv2.CC_STAT_AREA] if place is None else np.bincount(labels[place[box]], minlength=count)
    if not score[1:].any():
        return result
    best = (labels == 1 + int(score[1:].argmax())).astype(np.uint8)
    contours, _ = cv2.findContours(best, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    result[box] = cv2.drawContours(np.zeros_like(best), contours, -1, 1, cv2.FILLED)
    return result


class Segmenter:
    """Trained networks with their input preparation."""

    def __init__(self, network: Networks, weights: Weights, device: torch.device) -> None:
        self.network = network.to(device).eval().to(memory_format=torch.channels_last)
        self.weights, self.device = weights, device

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> Segmenter:
        """Load the shipped weights, or those at `path`.

        Raises:
            WeightsError: file missing, damaged or of another kind.
            ValueError: device not there.
        """
        chosen = pick_device(device)
        weights = load_weights(path or DEFAULT_WEIGHTS, KIND)
        return cls(Networks.of(weights), weights, chosen)

    @torch.inference_mode()
    def probabilities(
        self, frames: NDArray[np.uint8], sector: NDArray[np.bool_], time_s: NDArray[np.float64]
    ) -> tuple[NDArray[np.float32], Crop]:
        """Cavity probability in the network's square, float32 (T, SIZE, SIZE), and where that square lies."""
        crop = Crop.around(sector)
        read = frames_to_read(time_s)
        step = float(np.median(np.diff(time_s))) if len(time_s) > 1 else WINDOW_S
        small = network_input(prepared(frames, sector, crop), step)[read]
        parts = []
        for batch in torch.from_numpy(small).split(BATCH):
            x = batch.to(self.device).to(memory_format=torch.channels_last).float() / 255.0
            with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
                parts.append(self.network(x)[:, 0].float().cpu())
        logits = torch.cat(parts).numpy()
        if len(read) < len(frames):
            logits = make_interp_spline(time_s[read], logits, k=1)(time_s).astype(np.float32)
        return expit(logits), crop

    def segment(
        self, frames: NDArray[np.uint8], sector: NDArray[np.bool_], time_s: NDArray[np.float64]
    ) -> NDArray[np.uint8]:
        """Cavity masks in the clip's own pixels.

        Args:
            frames: grey values, uint8 (T, H, W).
            sector: pixels inside the fan, bool (H, W).
            time_s: times of the frames, s (T,), increasing.

        Returns:
            uint8 (T, H, W), 1 in the cavity: one component without holes, or nothing.

        Raises:
            ValueError: wrong shapes or types, an empty sector, or times that do not increase.
        """
        if frames.ndim != 3 or frames.dtype != np.uint8 or len(frames) == 0:
            raise ValueError(f"frames must be uint8 (T, H, W), got {frames.dtype} {frames.shape}: convert to grey")
        if sector.shape != frames.shape[1:] or sector.dtype != np.bool_:
            raise ValueError(f"sector must be bool {frames.shape[1:]}, got {sector.dtype} {sector.shape}")
        if time_s.shape != frames.shape[:1] or not np.all(np.diff(time_s) > 0):
            raise ValueError(
                f"time_s must increase over {len(frames)} frames, got {time_s.shape} times, the smallest step "
                f"{np.diff(time_s).min(initial=np.inf)} s: give each frame's time in seconds"
            )
        values, crop = self.probabilities(frames, sector, time_s)
        shape = (int(sector.shape[0]), int(sector.shape[1]))
        # A frame in which the other ventricle looks more like one than this does must not be read there.
        place = clean(crop.paste(np.median(values, axis=0), shape) > 0.5) > 0
        return np.stack([clean((crop.paste(v, shape) > 0.5) & sector, place) for v in values])
