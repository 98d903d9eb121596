"""The page's server: `python -m streamlit run dashboard/serve.py`. It answers once the first page can be drawn at once.

`streamlit run dashboard/app.py` serves the same page, but its first visitor waits for the libraries, for circuits
whose code is new to be compiled, and for the sample's twin. Here that is done before the server answers: what the
health check says is then true of the page, too.
"""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st

_HERE = Path(__file__).resolve().parent
# Streamlit puts this file's folder on the path, not the repository: without this neither package is found.
if str(_HERE.parent) not in sys.path:
    sys.path.insert(0, str(_HERE.parent))

_LOG = logging.getLogger(__name__)


def warm_up() -> None:
    """Do what the first page needs: load the libraries, compile the circuits where their code is new, read the sample.

    A sample that cannot be read stops nothing: the page says why, and opens any other clip.
    """
    from dashboard import frame, views  # noqa: F401  # loading them is the point
    from dashboard.intake import sample_patient
    from dashboard.reading import ReadingError
    from twin_core.circuit import ParameterError, circuits, pumps, solve_periodic

    try:
        patient = sample_patient()
    except ReadingError as error:
        _LOG.warning("the sample could not be read: %s", error)
        return
    pump = pumps.get(pumps.NAMES[0])
    for name in circuits.CIRCUITS:  # each circuit's equations, with a pump and without, are compiled or fetched here
        try:
            found = patient.twin.circuit_in(name)
        except ParameterError as error:
            _LOG.warning("the sample cannot be shown in %s: %s", name, error)
            continue
        solve_periodic(found)
        solve_periodic(found, pump=pump, speed_rpm=sum(pump.usual_range_rpm) / 2)


@asynccontextmanager
async def _ready(_: st.App) -> AsyncGenerator[dict[str, Any] | None, None]:
    started = time.perf_counter()
    print("  Getting ready: libraries, circuits (compiled where their code is new), the sample's twin", flush=True)
    warm_up()  # on the event loop: nothing is served meanwhile
    print(f"  Ready after {time.perf_counter() - started:.0f} s.", flush=True)
    yield None


app = st.App(_HERE / "app.py", lifespan=_ready)
