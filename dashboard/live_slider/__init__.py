"""Sliders whose result is redrawn while the thumb moves, without a rerun of the page.

Two components share the work. ``live_sliders`` draws the sliders; one that comes to rest (thumb released, value typed,
key let go) reruns the fragment that holds it. ``live_results`` draws panels of curves and a table; while a thumb moves
it hears the values from the sliders, inside the browser, and asks its own smaller fragment for the curves at them. At
most one request is on its way: values that come meanwhile replace each other, so the newest wins and nothing is left to
do on release. Python computes every number; the browser only draws.
"""

from dashboard.live_slider.band import live_band
from dashboard.live_slider.results import live_results
from dashboard.live_slider.sliders import live_sliders, sent

__all__ = ["live_band", "live_results", "live_sliders", "sent"]
