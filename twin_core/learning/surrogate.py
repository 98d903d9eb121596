"""A fast, differentiable stand-in for the circuit's ventricular volume: EDV, ESV and V(t) over the beat."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import torch
from torch import nn

from twin_core.circuit import LEARNED
from twin_core.learning import box
from twin_core.learning.devices import pick_device
from twin_core.learning.samples import PHASES
from twin_core.learning.weights import ASSETS, Weights, WeightsError, load_weights

KIND = "surrogate"
DEFAULT_WEIGHTS = ASSETS / "surrogate.safetensors"
WIDTH, DEPTH = 256, 3
REMEDY = "`python -m twin_core train surrogate`"

_COLUMN = {name: i for i, name in enumerate(LEARNED)}
_SHAPING = ("heart_rate_bpm", "emax_mmhg_per_ml", "emin_mmhg_per_ml", "mitral_resistance", "aortic_resistance")


class Surrogate(nn.Module):
    """EDV, ESV and the volume at PHASES phases of the periodic beat from the seven learned parameters.

    Two facts of the circuit are built in instead of learned. Both hold exactly, without a pump:

    - Unstressed volume Vd only shifts the ventricle's volume: it enters the equations as V - Vd alone.
    - The rest is homogeneous of degree one: a beat with every volume above Vd, every pressure and every flow
      multiplied by the same factor solves the equations too, valves included. So the volumes above Vd are the
      conserved stressed volume V* times functions of the other five parameters.

    Hence EDV = Vd + V* g, ESV = Vd + V* g (1 - f) and V(t) = ESV + (EDV - ESV) w(t), where a network of five inputs
    gives g and f, the ejected part of the volume above Vd, both in (0, 1), and the shape w at each phase:
    0 <= ESV - Vd <= EDV - Vd <= V* whatever comes in, and the waveform stays between ESV and EDV.

    V* = start_v (1 + Cr Emin) + (Cs + Ca) Pao(0) with Med-Real2Sim's initial state (arXiv 2403.00177). The
    network is their pretext task's; theirs takes all six parameters but Vd, is shifted by it, and gives two volumes.
    """

    lower: torch.Tensor
    upper: torch.Tensor

    def __init__(self, width: int = WIDTH, depth: int = DEPTH) -> None:
        super().__init__()
        sizes = [len(_SHAPING), *[width] * depth]
        layers: list[nn.Module] = []
        for inside, outside in pairwise(sizes):
            layers += [nn.Linear(inside, outside), nn.SiLU()]  # smooth: gradients flow through it to the encoder
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], 2 + PHASES))
        self.width, self.depth = width, depth
        columns = [_COLUMN[name] for name in _SHAPING]
        self.register_buffer("lower", torch.tensor(box.LOWER[columns], dtype=torch.float32), persistent=False)
        self.register_buffer("upper", torch.tensor(box.UPPER[columns], dtype=torch.float32), persistent=False)

    @classmethod
    def load(cls, path: str | Path | None = None, device: str = "auto") -> Surrogate:
        """The shipped network, or that at ``path``: in evaluation mode, its weights frozen.

        Raises:
            WeightsError: file missing, damaged, of another kind, or trained for other bounds, fixed values or phases.
            ValueError: device not there.
        """
        chosen, path = pick_device(device), path or DEFAULT_WEIGHTS
        weights = load_weights(path, KIND)
        box.check(weights.config, path, REMEDY)
        if weights.config.get("phases") != PHASES:
            found = weights.config.get("phases", "no")
            raise WeightsError(f"{path} gives volume at {found} phases, this software reads {PHASES}: {REMEDY}")
        network = weights.network(lambda config: cls(int(config["width"]), int(config["depth"])))
        return network.to(chosen).eval().requires_grad_(False)

    def weights(self, training: dict[str, Any]) -> Weights:
        """The network as the contents of a weight file."""
        config = {
            **box.describe(),
            "width": self.width,
            "depth": self.depth,
            "phases": PHASES,
            "inputs": "seven learned parameters in the order of bounds, each in its own unit",
            "outputs": "EDV, ESV and volume at k / phases of the cycle from its start, mL",
        }
        return Weights(kind=KIND, config=config, training=training, tensors=self.state_dict())

    def forward(self, parameters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """EDV and ESV.

        Args:
            parameters: (..., 7), the learned parameters in the order of ``LEARNED``, each in its own unit.

        Returns:
            EDV and ESV in mL, each (...).
        """
        edv, esv, _ = self.beat(parameters)
        return edv, esv

    def waveform(self, parameters: torch.Tensor) -> torch.Tensor:
        """Volume over the beat, never above EDV nor below ESV of the same parameters.

        Args:
            parameters: (..., 7), as ``forward``.

        Returns:
            Volume at phases k / PHASES of the cycle from its start, mL (..., PHASES).
        """
        edv, esv, shape = self.beat(parameters)
        return esv[..., None] + (edv - esv)[..., None] * shape.clamp(0.0, 1.0)

    def beat(self, parameters: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """EDV and ESV in mL, each (...), and the shape (V(t) - ESV) / (EDV - ESV), not clamped (..., PHASES).

        Args:
            parameters: (..., 7), as ``forward``.
        """
        shaping = parameters[..., [_COLUMN[name] for name in _SHAPING]]
        unit = 2.0 * (shaping - self.lower) / (self.upper - self.lower) - 1.0
        raw = self.layers(unit)
        filled, ejected = torch.sigmoid(raw[..., 0]), torch.sigmoid(raw[..., 1])
        shift = parameters[..., _COLUMN["unstressed_volume_ml"]]
        above = stressed_volume_ml(parameters) * filled
        return shift + above, shift + above * (1.0 - ejected), raw[..., 2:]


def stressed_volume_ml(parameters: torch.Tensor) -> torch.Tensor:
    """Stressed volume above Vd that the initial state holds, mL (...), of parameters (..., 7)."""
    start, emin = (parameters[..., _COLUMN[name]] for name in ("initial_volume_ml", "emin_mmhg_per_ml"))
    found: torch.Tensor = box.stressed_volume_ml(start, emin, box.DEFAULTS.systemic_compliance)
    return found
