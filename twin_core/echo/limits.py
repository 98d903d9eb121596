"""What a clip may be: every bound on size, length and rate, and the error that a clip outside them raises."""

MAX_BYTES = 200 * 1024**2
"""Largest file read, in bytes: the upload limit of the page."""

MIN_FRAMES = 8
"""Fewest frames of a clip: with fewer, end diastole and end systole cannot be told apart in one beat."""

MAX_FRAMES = 2000
"""Most frames of a clip: more than half a minute at 60 frames a second."""

MIN_SIDE_PX, MAX_SIDE_PX = 32, 4096
"""Shortest and longest side of a frame, in pixels."""

MAX_DECODED_BYTES = 1024**3
"""Most memory that the decoded grey frames may take, in bytes."""

MIN_FRAME_RATE_HZ, MAX_FRAME_RATE_HZ = 4.0, 500.0
"""Rates outside these do not come from a 2-D echo machine; they are faults of an export."""

MIN_DEPTH_CM, MAX_DEPTH_CM = 3.0, 40.0
"""Image depths an echo machine can be set to, in centimetres."""

DECODE_SECONDS = 60.0
"""Longest time that decoding a file may take, in seconds."""

DECODE_MEMORY_BYTES = 4 * 1024**3
"""Address space of the process that decodes: bounds what a file with false sizes can take."""


class ClipError(ValueError):
    """A clip that cannot be read; the message is one line: what is wrong, the value received, the remedy."""


def check_frame_size(rows: int, columns: int) -> None:
    """Refuse frames too small to show a ventricle or too large to be an echo clip.

    Args:
        rows: frame height in pixels.
        columns: frame width in pixels.

    Raises:
        ClipError: if a side is outside `MIN_SIDE_PX` to `MAX_SIDE_PX`.
    """
    if not (MIN_SIDE_PX <= rows <= MAX_SIDE_PX and MIN_SIDE_PX <= columns <= MAX_SIDE_PX):
        raise ClipError(
            f"frames are {columns} x {rows} pixels; export the clip with sides of {MIN_SIDE_PX} to {MAX_SIDE_PX} pixels"
        )


def check_frame_count(frames: int, rows: int, columns: int) -> None:
    """Refuse clips with too few frames to show a beat, or too many to hold.

    Args:
        frames: number of frames.
        rows: frame height in pixels.
        columns: frame width in pixels.

    Raises:
        ClipError: if there are fewer than `MIN_FRAMES`, more than `MAX_FRAMES`, or more than
            `MAX_DECODED_BYTES` of them.
    """
    if frames < MIN_FRAMES:
        count = "no frames" if frames == 0 else "one frame" if frames == 1 else f"{frames} frames"
        raise ClipError(f"it has {count}; at least {MIN_FRAMES} are needed: export the moving clip, not a still image")
    if frames > MAX_FRAMES:
        raise ClipError(f"it has {frames} frames, the limit is {MAX_FRAMES}; export fewer beats")
    if frames * rows * columns > MAX_DECODED_BYTES:
        raise ClipError(
            f"it claims {frames} frames of {columns} x {rows} pixels, {frames * rows * columns / 1e9:.1f} GB "
            f"once decoded, the limit is {MAX_DECODED_BYTES / 1e9:.1f} GB; export fewer beats or smaller frames"
        )


def check_frame_rate(rate_hz: float, source: str) -> None:
    """Refuse frame rates that no 2-D echo machine gives.

    Args:
        rate_hz: frames a second.
        source: where the rate was read, for the message.

    Raises:
        ClipError: if the rate is not finite or outside `MIN_FRAME_RATE_HZ` to `MAX_FRAME_RATE_HZ`.
    """
    if not MIN_FRAME_RATE_HZ <= rate_hz <= MAX_FRAME_RATE_HZ:
        raise ClipError(
            f"its {source} says {rate_hz:.6g} frames a second, outside {MIN_FRAME_RATE_HZ:g} to "
            f"{MAX_FRAME_RATE_HZ:g}; export the clip again at the rate at which it was acquired"
        )
