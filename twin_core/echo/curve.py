"""A clip's volume curve with most of its contours' jitter taken out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Curve = NDArray[np.float64]

DEGREE = 4  # of the polynomials: a running mean would cut every peak off
# Standard deviation of their weights. Set on rendered clips, where ejection fraction is as far off as without and
# end-systole is placed nearer; within what those leave open, in view of three real clips.
WIDTH_S = 0.1
WIDTH_OF_PERIOD = 0.15  # and no more than this part of a beat: a fast heart's peaks are narrower
REACH = 3.0  # widths at which the weights end


def steadied(volume_ml: Curve, time_s: Curve, period_s: float) -> Curve:
    """The curve by local polynomials of the fourth degree, weighted by a Gaussian.

    Contours of neighbouring frames jitter independently, and the largest and smallest of many jittering volumes lie
    further apart than end-diastole and end-systole do: the less a ventricle ejects the more that adds to its ejection
    fraction. Local polynomial regression (Fan and Gijbels 1996) needs, unlike a Savitzky-Golay filter, no even frame
    rate. Its price where nothing jitters: isovolumic rests overshoot (ejection fraction 0 to 3 points higher), and a
    trough without any rest, filled at once after ejection, is cut (2 to 12 lower).

    Args:
        volume_ml: volume of each frame, mL, without gaps (T,).
        time_s: time of each frame, s (T,), increasing.
        period_s: length of a beat, s.

    Returns:
        Volume of each frame, mL (T,). Jitter falls to about a third, at a clip's first and last frame hardly. Where
        five frames or fewer lie near, as below some 10 a second, or it would fall to zero, a volume stays as it was.
    """
    width = min(WIDTH_S, WIDTH_OF_PERIOD * period_s)
    first = np.searchsorted(time_s, time_s - REACH * width)
    last = np.searchsorted(time_s, time_s + REACH * width, side="right")
    result = np.array(volume_ml, float)
    for i, (a, b) in enumerate(zip(first, last, strict=True)):
        if b - a > DEGREE + 1:
            away = (time_s[a:b] - time_s[i]) / width
            weight = np.exp(-(away**2) / 4)  # squared by the fit
            powers = np.vander(away, DEGREE + 1, increasing=True)
            value = np.linalg.lstsq(powers * weight[:, None], volume_ml[a:b] * weight, rcond=None)[0][0]
            result[i] = value if value > 0 else volume_ml[i]
    return result
