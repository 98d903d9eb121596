"""The one chain from a clip to its circuit: segment, measure, judge, encode."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from twin_core.circuit import CircuitParameters
from twin_core.echo.clip import Clip
from twin_core.echo.volumes import Measurement, measure
from twin_core.learning.encoder import Encoder
from twin_core.learning.paper_encoder import KIND as PAPER
from twin_core.learning.paper_encoder import TrainedPaperEncoder
from twin_core.learning.segmenter import Segmenter
from twin_core.learning.verdict import reasons_against
from twin_core.learning.view import ViewReader
from twin_core.learning.weights import weight_kind

Progress = Callable[[float, str], None]


class Pipeline:
    """The networks, loaded once.

    Args:
        device: auto, cpu or cuda.
        segmenter: weight file; the shipped one when None.
        encoder: weight file, likewise; may be one of the paper's encoder, which reads the clip alone.

    Raises:
        WeightsError: a weight file is missing or damaged.
        ValueError: the device is not there.
    """

    def __init__(
        self, device: str = "auto", segmenter: str | Path | None = None, encoder: str | Path | None = None
    ) -> None:
        self.segmenter = Segmenter.load(segmenter, device)
        self.encoder: Encoder | TrainedPaperEncoder
        if encoder is not None and weight_kind(encoder) == PAPER:
            self.encoder = TrainedPaperEncoder.load(encoder, device)
        else:
            self.encoder = Encoder.load(encoder, device)
        self.view_reader = ViewReader.load(device=device)

    @property
    def reads_the_clip_alone(self) -> bool:
        """Whether the circuit comes of the clip without contours, so that it can be had where those failed."""
        return isinstance(self.encoder, TrainedPaperEncoder)

    @property
    def models(self) -> dict[str, str]:
        """Network to SHA-256 of its weights."""
        return {
            "segmenter": self.segmenter.weights.sha256,
            "encoder": self.encoder.weights.sha256,
            "view": self.view_reader.weights.sha256,
        }

    def measure(
        self, clip: Clip, progress: Progress = lambda share, text: None
    ) -> tuple[NDArray[np.uint8], Measurement, tuple[str, ...]]:
        """Find and measure the ventricle.

        Args:
            clip: the clip.
            progress: told the share done (0 to 1) and what is being done.

        Returns:
            Cavity masks in the clip's own pixels (T, H, W), 1 inside; what was measured on them; and why that must
            not be used, empty where it may.
        """
        progress(0.0, f"Finding the ventricle in {len(clip.frames)} frames")
        masks = self.segmenter.segment(clip.frames, clip.sector, clip.time_s)
        progress(0.8, "Measuring volumes")
        measurement = measure(masks, clip.time_s, clip.cm_per_px, clip.sector)
        view = self.view_reader.read(clip.frames, clip.sector, 1.0 / clip.frame_rate_hz)
        return masks, measurement, reasons_against(clip, view, measurement)

    def circuit(self, clip: Clip, masks: NDArray[np.uint8], measurement: Measurement) -> CircuitParameters:
        """The circuit of a clip that may be used."""
        if isinstance(self.encoder, TrainedPaperEncoder):
            return CircuitParameters(**self.encoder.encode(clip))
        return CircuitParameters(**self.encoder.encode(clip, masks, measurement))
