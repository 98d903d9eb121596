"""Where compiled code is kept: a folder of its own for every state of the sources.

numba renews a function's cache when the function's own file changes, not when a function it calls has changed in
another file. Keyed by the sources' digest, an edited or updated equation can never run as its old self.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from numba import config

_HERE = Path(__file__).resolve().parent


def use() -> Path:
    """Point numba at this state's folder and return it.

    The folder lies in ``NUMBA_CACHE_DIR`` if that is set, else beside the sources, else (where those cannot be
    written) in the home folder, else in a temporary folder of this process.
    """
    digest = hashlib.sha256()
    for source in sorted(_HERE.glob("*.py")):
        digest.update(source.read_bytes())
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        base = Path(given)
    elif os.access(_HERE, os.W_OK):
        base = _HERE / "__pycache__"
    elif os.access(Path.home(), os.W_OK):
        base = Path.home() / ".cache" / "lvad-twin"
    else:  # a folder of this process alone: numba unpickles what it finds in its cache
        base = Path(tempfile.mkdtemp(prefix="lvad-twin-"))
    folder = base / f"compiled-{digest.hexdigest()[:16]}"
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # numba sets its options at run time
    return folder
