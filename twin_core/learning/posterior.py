"""What a patient's parameters may be, given what was measured: a neural posterior and its draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from torch import nn
from zuko.flows import NSF

from twin_core.circuit import PARAMETERS
from twin_core.learning import box, prior
from twin_core.learning.intervals import INTERVAL_PCT, METHOD, interval
from twin_core.learning.narrowing import in_order
from twin_core.learning.observation import OBSERVED, RATE_ERROR_BPM, as_row
from twin_core.learning.prior import UNKNOWN
from twin_core.learning.weights import ASSETS, Weights, WeightsError, load_weights

KIND = "posterior"
DEFAULT_WEIGHTS = ASSETS / "posterior.safetensors"
TRANSFORMS, HIDDEN, BINS = 3, (128, 128), 8
REMEDY = "`python -m twin_core train posterior`"
DRAWS = 200  # that go with a twin

_RATE = UNKNOWN.index("heart_rate_bpm")
_SEEN_RATE = OBSERVED.index("heart_rate_bpm")
_LOG = np.array([name in ("edv_ml", "esv_ml") for name in OBSERVED])  # their errors are shares of them
_RATE_EDGE = 0.004  # share of the range: a measured rate at a bound or past it has no finite normal score
_EDGE = 1e-6  # share of a range: a draw at the bound itself has none either


@dataclass(frozen=True, kw_only=True)
class Interval:
    """What is known of one parameter.

    Attributes:
        median: Of the draws, in the parameter's unit.
        percentile_5: Lower end of the 90 % interval.
        percentile_95: Its upper end.
        narrowing_pct: 1 − its width over that of the prior's 90 % interval, on the scale the prior is drawn on.
    """

    median: float
    percentile_5: float
    percentile_95: float
    narrowing_pct: float


class PosteriorNetwork(nn.Module):
    """Density of the nine parameters given any subset of six measured values: neural posterior estimation.

    A conditional neural spline flow (Durkan 2019, arXiv 1906.04032) on the normal scores of the parameters' shares
    of their ranges, trained on simulated patients (Papamakarios and Murray 2016, arXiv 1605.06376; Greenberg 2019,
    arXiv 1905.07488, without rounds: it is amortised over all patients). Normal scores keep draws inside the bounds.
    Where heart rate is measured, the flow describes the error of that measurement instead of the rate itself, so that
    it need not squeeze a range of 115 bpm into one.
    """

    centre: torch.Tensor
    spread: torch.Tensor
    lowest: torch.Tensor
    highest: torch.Tensor

    def __init__(self, transforms: int = TRANSFORMS, hidden: tuple[int, ...] = HIDDEN, bins: int = BINS) -> None:
        super().__init__()
        self.transforms, self.hidden, self.bins = transforms, tuple(hidden), bins
        self.flow = NSF(
            features=len(UNKNOWN), context=2 * len(OBSERVED), transforms=transforms, hidden_features=hidden, bins=bins
        )
        # Of the measured values on the scale they are read on: set from the training patients, kept in the file.
        for name in ("centre", "spread", "lowest", "highest"):
            self.register_buffer(name, torch.zeros(len(OBSERVED), dtype=torch.float64))

    def fit_inputs(self, values: NDArray[np.float64]) -> None:
        """Set centre, spread and reach of the inputs from measured values of many patients (N, 6)."""
        read = _read(values)
        self.centre.copy_(torch.from_numpy(read.mean(axis=0)))
        self.spread.copy_(torch.from_numpy(read.std(axis=0)))
        low, high = np.percentile(read, (0.05, 99.95), axis=0)
        self.lowest.copy_(torch.from_numpy(low))
        self.highest.copy_(torch.from_numpy(high))

    def context(self, values: NDArray[np.float64]) -> torch.Tensor:
        """Measured values (N, 6), NaN where absent, as the flow's context (N, 12): standard scores and presence."""
        read = torch.from_numpy(_read(values))
        present = ~torch.isnan(read)
        inside = torch.minimum(torch.maximum(read, self.lowest), self.highest)
        scores = torch.where(present, (inside - self.centre) / self.spread, torch.zeros_like(read))
        return torch.cat([scores, present.double()], dim=-1).float()

    def log_prob(self, parameters: NDArray[np.float64], values: NDArray[np.float64]) -> torch.Tensor:
        """Log density of the scores that the flow describes (N,): what training maximises.

        Args:
            parameters: in the order of ``UNKNOWN`` (N, 9).
            values: measured, NaN where absent (N, 6).
        """
        scores = torch.from_numpy(_scores(parameters, values)).float()
        return self.flow(self.context(values)).log_prob(scores)

    @torch.inference_mode()
    def draw(self, values: NDArray[np.float64], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
        """Draws of the parameters, each inside its bounds (N, count, 9).

        Args:
            values: measured, NaN where absent (N, 6).
            count: draws a patient.
            rng: makes the draws.
        """
        noise = rng.standard_normal((count, len(values), len(UNKNOWN)), dtype=np.float32)
        found = self.flow(self.context(values)).transform.inv(torch.from_numpy(noise))
        return _parameters(found.double().numpy().swapaxes(0, 1), values[:, None])


class Posterior:
    """A trained network with what its file says about it."""

    def __init__(self, network: PosteriorNetwork, weights: Weights) -> None:
        self.network = network.eval().requires_grad_(False)
        self.weights = weights

    @classmethod
    def load(cls, path: str | Path | None = None) -> Posterior:
        """The shipped weights, or those at ``path``; always on the CPU, where 200 draws take a tenth of a second.

        Raises:
            WeightsError: file missing, damaged, of another kind, or trained for other parameters, bounds, defaults,
                measured values or another layout of the flow.
        """
        path = path or DEFAULT_WEIGHTS
        weights = load_weights(path, KIND)
        config, now = weights.config, describe()
        for key in ("parameters", "fixed", "observed"):
            if config.get(key) != now[key]:
                raise WeightsError(f"{path} was trained for other {key} than this software has: retrain, {REMEDY}")
        network = weights.network(lambda c: PosteriorNetwork(int(c["transforms"]), tuple(c["hidden"]), int(c["bins"])))
        return cls(network, weights)

    @property
    def identifiability(self) -> dict[str, dict[str, float]]:
        """How much each set of measurements narrows each parameter and index, percent of the prior's interval."""
        return in_order(self.weights.config["identifiability"])

    def draw(
        self, measured: Mapping[str, float], count: int = DRAWS, seed: int = 0, rate_error_bpm: float | None = None
    ) -> dict[str, NDArray[np.float64]]:
        """Draws of one patient's parameters.

        Args:
            measured: any subset of ``OBSERVED`` by name, each in its own unit.
            count: draws.
            seed: the same gives the same draws.
            rate_error_bpm: standard deviation of the measured heart rate; None for that of the patients trained on,
                ``RATE_ERROR_BPM``. Where it is larger each draw is given a rate of its own.

        Returns:
            Parameter name to draws (count,), each inside its bounds; draws of one index belong together.

        Raises:
            ValueError: a value that cannot be measured; the message says which.
        """
        rng = np.random.default_rng(seed)
        row = as_row(measured)[None]
        if rate_error_bpm is None or rate_error_bpm <= RATE_ERROR_BPM:
            found = self.network.draw(row, count, rng)[0]
        else:
            rows = np.repeat(row, count, axis=0)
            more = np.sqrt(rate_error_bpm**2 - RATE_ERROR_BPM**2) * rng.standard_normal(count)
            rows[:, _SEEN_RATE] += np.clip(more, -0.5 * rows[:, _SEEN_RATE], None)
            found = self.network.draw(rows, 1, rng)[:, 0]
        return {name: found[:, i] for i, name in enumerate(UNKNOWN)}

    def beyond_reach(self, measured: Mapping[str, float]) -> list[str]:
        """Names of measured values that next to none of the training patients had; they are read as the nearest."""
        read = _read(as_row(measured)[None])[0]
        outside = (read < self.network.lowest.numpy()) | (read > self.network.highest.numpy())  # NaN: neither
        return [name for name, out in zip(OBSERVED, outside, strict=True) if out]

    def intervals(self, draws: Mapping[str, NDArray[np.float64]]) -> dict[str, Interval]:
        """What draws of all parameters, as ``draw`` gives them, say of each."""
        values = np.stack([draws[name] for name in UNKNOWN], axis=-1)
        narrowest = widths(prior.to_unit(values))
        found = {}
        for name, column, width in zip(UNKNOWN, values.T, narrowest, strict=True):
            percentiles = (INTERVAL_PCT[0], 50.0, INTERVAL_PCT[1])
            low, middle, high = np.percentile(column, percentiles, method=METHOD).tolist()
            share = float(width) / self.weights.config["prior_widths"][name]
            found[name] = Interval(
                median=middle, percentile_5=low, percentile_95=high, narrowing_pct=100.0 * (1.0 - share)
            )
        return found


def widths(draws: NDArray[np.float64]) -> NDArray[np.float64]:
    """Widths of the central 90 % intervals of draws (draws, ...)."""
    low, high = interval(draws)
    return np.asarray(high - low)


def describe() -> dict[str, Any]:
    """What a weight file must say of the parameters and of what is measured."""
    defaults = box.DEFAULTS.to_dict()
    return {
        "parameters": [
            [name, *PARAMETERS[name].bounds, "log" if name in prior.LOGARITHMIC else "linear"] for name in UNKNOWN
        ],
        "fixed": {name: value for name, value in defaults.items() if name not in UNKNOWN},
        "observed": list(OBSERVED),
    }


def _read(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Measured values on the scale they are read on."""
    return np.where(_LOG, np.log(np.where(_LOG, values, 1.0)), values)


def _rate_scale(values: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centre and unit of heart rate's score: the measurement's and its error's where there is one, else 0 and 1."""
    low, high = PARAMETERS["heart_rate_bpm"].bounds
    rate = values[..., _SEEN_RATE]
    present = np.isfinite(rate)
    unit = np.clip((np.where(present, rate, (low + high) / 2) - low) / (high - low), _RATE_EDGE, 1.0 - _RATE_EDGE)
    score = ndtri(unit)
    density = np.exp(-0.5 * score**2) / np.sqrt(2.0 * np.pi)
    return np.where(present, score, 0.0), np.where(present, RATE_ERROR_BPM / (high - low) / density, 1.0)


def _scores(parameters: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Parameters (..., 9) as the scores that the flow describes, given what was measured (..., 6)."""
    scores = ndtri(np.clip(prior.to_unit(parameters), _EDGE, 1.0 - _EDGE))
    centre, unit = _rate_scale(values)
    scores[..., _RATE] = (scores[..., _RATE] - centre) / unit
    return np.asarray(scores)


def _parameters(scores: NDArray[np.float64], values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of ``_scores``."""
    centre, unit = _rate_scale(values)
    scores = scores.copy()
    scores[..., _RATE] = centre + unit * scores[..., _RATE]
    return prior.from_unit(ndtr(scores))
