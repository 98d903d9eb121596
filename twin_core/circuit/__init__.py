"""The 0-D circulation: parameters, equations, pumps, periodic solver and the beat it returns."""

from twin_core.circuit import presets, pumps
from twin_core.circuit.beat import INDICES, WAVEFORMS, Beat
from twin_core.circuit.parameters import LEARNED, PARAMETERS, CircuitParameters, ParameterError, ParameterInfo
from twin_core.circuit.solver import solve_periodic, solve_transient

__all__ = [
    "INDICES",
    "LEARNED",
    "PARAMETERS",
    "WAVEFORMS",
    "Beat",
    "CircuitParameters",
    "ParameterError",
    "ParameterInfo",
    "presets",
    "pumps",
    "solve_periodic",
    "solve_transient",
]
