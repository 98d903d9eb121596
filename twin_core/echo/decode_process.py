"""Decode in a process of its own, with limits on time and memory.

Decoders are C libraries fed with files from anywhere. In a process apart, a file that makes one crash, hang, or
ask for all memory ends in a message, and what the libraries print does not reach the user's terminal.

The process reads the file's bytes on standard input and answers on standard output with the arrays' bytes, a
JSON header, and the header's length in 8 bytes.
"""

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from .decoded import Decoded, UltrasoundRegion
from .formats import Format
from .limits import DECODE_MEMORY_BYTES, DECODE_SECONDS, ClipError

_PACKAGE_ROOT = Path(__file__).resolve().parents[2]
_LENGTH_BYTES = 8
_DAMAGED = "the file is damaged; copy or export it again"


def decode(
    data: bytes,
    file_format: Format,
    *,
    seconds: float = DECODE_SECONDS,
    memory_bytes: int = DECODE_MEMORY_BYTES,
) -> Decoded:
    """Decode a clip's bytes.

    Args:
        data: the file's bytes.
        file_format: their format.
        seconds: longest time to wait.
        memory_bytes: most address space the process may take (not enforced on Windows and macOS).

    Returns:
        The frames and what the file says about them; the arrays are read-only.

    Raises:
        ClipError: if the file cannot be decoded within the limits.
    """
    search_path = os.pathsep.join(filter(None, [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH")]))
    limits = {"PYTHONPATH": search_path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    # Its temporary files go into a folder of ours, so that none is left when it is stopped half-way.
    with tempfile.TemporaryDirectory() as folder:
        try:
            finished = subprocess.run(
                [sys.executable, "-P", "-m", __name__, file_format, str(memory_bytes)],
                input=data,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=seconds,
                env={**os.environ, **limits, "TMPDIR": folder, "TEMP": folder, "TMP": folder},
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise ClipError(f"decoding takes more than {seconds:g} s; export fewer beats or smaller frames") from None
    if finished.returncode != 0 or len(finished.stdout) < _LENGTH_BYTES:
        raise ClipError(f"the decoder stopped with status {finished.returncode}: {_DAMAGED}")
    return _unpack(finished.stdout)


def _unpack(answer: bytes) -> Decoded:
    end = len(answer) - _LENGTH_BYTES
    start = end - int.from_bytes(answer[end:], "little")
    header = json.loads(answer[start:end])
    if "error" in header:
        raise ClipError(header["error"])
    frames, rows, columns = header["shape"]
    size = frames * rows * columns
    return Decoded(
        frames=np.frombuffer(answer, np.uint8, count=size).reshape(frames, rows, columns),
        coloured=np.frombuffer(answer, np.bool_, count=rows * columns, offset=size).reshape(rows, columns),
        time_s=np.array(header["time_s"], np.float64),
        regions=tuple(
            UltrasoundRegion(**{**region, "cm_per_px": tuple(region["cm_per_px"])}) for region in header["regions"]
        ),
    )


def _decode_here(data: bytes, file_format: str) -> Decoded:
    if file_format == "dicom":
        from .dicom import decode_dicom

        return decode_dicom(data)
    from .video import decode_video

    return decode_video(data)


def _limit_memory(memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # not on Windows
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    limit = memory_bytes if hard == resource.RLIM_INFINITY else min(memory_bytes, hard)
    with contextlib.suppress(ValueError, OSError):  # macOS has the name but refuses the limit
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core dump would hold the patient's frames


def main() -> None:
    """Answer one request; the process's whole life."""
    # Libraries that print on standard output must not get between the answer's bytes.
    answer = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    file_format, memory_bytes = sys.argv[1], int(sys.argv[2])
    _limit_memory(memory_bytes)
    try:
        decoded = _decode_here(sys.stdin.buffer.read(), file_format)
        answer.write(decoded.frames.data)
        answer.write(decoded.coloured.data)
        header: dict[str, object] = {
            "shape": decoded.frames.shape,
            "time_s": decoded.time_s.tolist(),
            "regions": [vars(region) for region in decoded.regions],
        }
    except ClipError as error:
        header = {"error": str(error)}
    except MemoryError:
        header = {"error": f"decoding needs more than {memory_bytes / 1e9:.1f} GB of memory; export fewer beats"}
    except Exception as error:  # the texts of libraries' errors may quote the file: the type alone
        header = {"error": f"it cannot be decoded ({type(error).__name__}): {_DAMAGED}"}
    encoded = json.dumps(header).encode()
    answer.write(encoded + len(encoded).to_bytes(_LENGTH_BYTES, "little"))
    answer.close()


if __name__ == "__main__":
    main()
