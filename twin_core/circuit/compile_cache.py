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
    written) in the temporary folder.
    """
    digest = hashlib.sha256()
    for source in sorted(_HERE.glob("*.py")):
        digest.update(source.read_bytes())
    given = os.environ.get("NUMBA_CACHE_DIR")
    if given:
        base = Path(given)
    elif os.access(_HERE, os.W_OK):
        base = _HERE / "__pycache__"
    else:
        base = Path(tempfile.gettempdir()) / f"lvad-twin-{os.getuid()}"
    folder = base / f"compiled-{digest.hexdigest()[:16]}"
    config.CACHE_DIR = str(folder)  # type: ignore[attr-defined]  # numba sets its options at run time
    return folder
