"""The 0-D circulation: parameters, equations, pumps, periodic solver and the beat it returns."""

from twin_core.circuit import compile_cache

compile_cache.use()  # before anything below is compiled

from twin_core.circuit import presets, pumps  # noqa: E402
from twin_core.circuit.beat import Beat  # noqa: E402
from twin_core.circuit.closed_loop_beat import ClosedLoopBeat  # noqa: E402
from twin_core.circuit.closed_loop_parameters import ClosedLoopParameters  # noqa: E402
from twin_core.circuit.five_state_parameters import LEARNED, PARAMETERS, CircuitParameters  # noqa: E402
from twin_core.circuit.indices import CLOSED_LOOP_INDICES, INDICES  # noqa: E402
from twin_core.circuit.parameters import ParameterError, ParameterInfo  # noqa: E402
from twin_core.circuit.solver import solve_periodic, solve_transient  # noqa: E402

__all__ = [
    "CLOSED_LOOP_INDICES",
    "INDICES",
    "LEARNED",
    "PARAMETERS",
    "Beat",
    "CircuitParameters",
    "ClosedLoopBeat",
    "ClosedLoopParameters",
    "ParameterError",
    "ParameterInfo",
    "presets",
    "pumps",
    "solve_periodic",
    "solve_transient",
]
