"""How closely does the picture follow the thumb of a slider while the mouse button is down?

Run: PYTHONPATH=. python benchmarks/live_slider.py [--drags N] [--seconds S]

Serves the page, opens it in Chromium, switches the pump on, and drags its speed back and forth with the button down,
then releases. Beside it, in the same run, the same solve and the same curves, as plotly figures, behind Streamlit's own
slider, which answers on release only. Times are taken inside the browser, from the event that brings a value to the
animation frame that shows the loop solved for it: server, network and drawing included. Needs what the browser tests
need (requirements-dev.txt and a Chromium).
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from pathlib import Path

import machine
from quantiles import quantile

from page_driver import acts, chromium
from page_driver.server import served

STREAMLIT_SLIDER = """
import plotly.graph_objects as go
import streamlit as st
from plotly.subplots import make_subplots

from dashboard import charts, palette, tables
from twin_core.circuit import presets, pumps, solve_periodic

st.set_page_config(layout="wide")


@st.cache_resource
def patient():
    return solve_periodic(presets.load("heart_failure"))


def loops(found, beat, axes):
    figure = go.Figure(layout={"height": 284, "xaxis_range": axes.volume_ml, "yaxis_range": axes.pressure_mmhg})
    for one, colour in ((found, palette.PATIENT.light), (beat, palette.WHAT_IF.light)):
        every = slice(None, None, charts.LOOP_EVERY)
        figure.add_scatter(x=one.lv_volume_ml[every], y=one.lv_pressure_mmhg[every], line_color=colour)
    return figure


def waveforms(found, beat, axes):
    figure = make_subplots(rows=2, shared_xaxes=True)
    for one, colour in ((found, palette.PATIENT.light), (beat, palette.WHAT_IF.light)):
        every = slice(None, None, charts.WAVEFORM_EVERY)
        for row, signals in enumerate((charts.PRESSURES, charts.FLOWS), 1):
            for key, label, dash in signals:
                line = go.Scatter(x=one.time_s[every], y=getattr(one, key)[every], name=label, line_color=colour)
                figure.add_trace(line.update(line_dash=dash), row=row, col=1)
    return figure.update_layout(height=310, yaxis_range=axes.pressure_mmhg, yaxis2_range=axes.flow_ml_s)


@st.fragment
def what_if():
    found = patient()
    speed = st.slider("Pump speed", 6000, 18000, 10000, 100, format="%d rpm")
    beat = solve_periodic(found.parameters, pump=pumps.get("axial"), speed_rpm=speed, start=found)
    axes = charts.Axes.around(found)
    plots, numbers = st.columns(2)
    with plots:
        st.plotly_chart(loops(found, beat, axes), key="loop_chart", config=charts.CONFIG)
        st.plotly_chart(waveforms(found, beat, axes), key="waveform_chart", config=charts.CONFIG)
    with numbers:
        st.html(tables.index_table(found, beat))


what_if()
"""

# What is drawn is looked at in every animation frame, as a reader would; `drag` is taken out after every drag.
WATCH = """([loop, live]) => {
    const drawn = () => document.querySelectorAll(loop)[live ? 0 : 1]?.getAttribute("d");
    const root = document.querySelector(".live-results");
    let down = false, last = drawn();
    window.begin = () => {
        window.drag = { moves: 0, asked: [], shown: [], redraws: 0, released: 0, last: 0 };
        last = drawn();
    };
    window.begin();
    let moved = 0;
    window.addEventListener("pointerdown", () => (down = true), true);
    window.addEventListener("pointerup", () => { down = false; window.drag.released = performance.now(); }, true);
    document.addEventListener("live-sliders", ({ detail }) => {
        if (!detail.moving) return;
        moved = performance.now();
        window.drag.moves += 1;
    }, true);
    if (root) new MutationObserver((records) => {
        for (const { attributeName } of records)
            if (attributeName === "data-asked") window.drag.asked[root.dataset.asked] = moved;
    }).observe(root, { attributes: true, attributeFilter: ["data-asked"] });
    const look = () => {
        const now = drawn(), seq = root?.dataset.drawn;
        if (now && now !== last) {
            last = now;
            window.drag.last = performance.now();
            if (down) window.drag.redraws += 1;
        }
        if (window.drag.asked[seq]) {
            window.drag.shown.push(performance.now() - window.drag.asked[seq]);
            window.drag.asked[seq] = 0;
        }
        requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
}"""


def drag(page, track, seconds: float, end: float) -> dict:
    """Drag back and forth with the button down, release at a share of the track, and wait for the last picture."""
    box, thumb = track.bounding_box(), page.get_by_role("slider", name="Pump speed").bounding_box()
    y = thumb["y"] + thumb["height"] / 2

    def where(share: float) -> float:
        return box["x"] + share * box["width"]

    page.mouse.move(where(0.35), y)
    page.evaluate("window.begin()")
    page.mouse.down()
    start = time.perf_counter()
    while (passed := time.perf_counter() - start) < seconds:
        page.mouse.move(where(0.35 + 0.3 * abs((passed / 2.0) % 2 - 1)), y)
        time.sleep(0.016)  # a mouse reports about as often as a screen is drawn
    page.mouse.move(where(end), y)
    held = time.perf_counter() - start
    page.mouse.up()
    page.wait_for_function(
        "() => window.drag.last > window.drag.released || performance.now() - window.drag.released > 5000"
    )
    page.wait_for_timeout(1200)
    found = page.evaluate("window.drag")
    return found | {"held": held, "final": max(0.0, found["last"] - found["released"])}


def measure(address: str, live: bool, drags: int, seconds: float) -> list[dict]:
    """Every drag's counts and times."""
    loop = acts.LOOP if live else ".st-key-loop_chart path.js-line"
    with chromium.launched() as browser:
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        page.set_default_timeout(180_000)
        page.goto(address, wait_until="commit")
        page.locator(loop).first.wait_for()
        if live:
            acts.pump_on(page)
        page.wait_for_timeout(2000)
        page.evaluate(WATCH, [loop, live])
        track = page.get_by_role("slider", name="Pump speed") if live else page.locator('[data-testid="stSlider"]')
        # Each release is at a new value: Streamlit's slider answers to nothing else.
        found = [drag(page, track, seconds, 0.7 + 0.1 * (i % 3 - 1)) for i in range(drags)]
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--drags", type=int, default=10, help="drags of each slider (default 10)")
    parser.add_argument("--seconds", type=float, default=4.0, help="length of a drag (default 4)")
    asked = parser.parse_args()
    machine.browser()
    load = os.getloadavg()[0]
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.py"
        plain.write_text(STREAMLIT_SLIDER)
        for name, script in (("live slider", "dashboard/serve.py"), ("st.slider", plain)):
            with served(script) as server:
                found[name] = measure(server.address, script is not plain, asked.drags, asked.seconds)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    print(f"{cores} cores, load before {load:.1f}, {asked.drags} drags of {asked.seconds:g} s; times in ms")
    print(f"{'':12} {'redraws/s':>10} {'(fewest)':>9} {'value–drawn':>15} {'p95':>5} {'release–last':>16} {'p95':>5}")
    for name, drags in found.items():
        rates = [one["redraws"] / one["held"] for one in drags]
        shown = [value for one in drags for value in one["shown"]]
        final = [one["final"] for one in drags]
        followed = f"{quantile(shown, 0.5):15.0f} {quantile(shown, 0.95):5.0f}" if shown else f"{'-':>15} {'-':>5}"
        print(
            f"{name:12} {sum(rates) / len(rates):10.1f} {min(rates):9.1f} {followed} "
            f"{quantile(final, 0.5):16.0f} {quantile(final, 0.95):5.0f}"
        )
    for name, drags in found.items():
        if moves := sum(one["moves"] for one in drags):
            sent, drawn = (
                sum(len([1 for value in one[key] if value is not None]) for one in drags) for key in ("asked", "shown")
            )
            print(f"{name}: {moves} values passed under the thumb, {sent} sent, {drawn} drawn")
    last = {name: quantile([one["final"] for one in drags], 0.95) for name, drags in found.items()}
    print(f"release to last picture, p95: {last['live slider'] / last['st.slider']:.2f} of st.slider's")


if __name__ == "__main__":
    main()
