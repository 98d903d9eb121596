"""Do the published laws of a pump agree with each other, and with bench points that none of them was fitted to?

Draws flow against head of every law to docs/pump_laws.svg and prints which bench points each law meets.

Run: PYTHONPATH=. python benchmarks/pump_laws.py
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure

from twin_core.circuit import pumps
from twin_core.circuit.units import L_MIN_PER_ML_S

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "pump_laws.svg"
COLOURS = ("#0b6e8a", "#c1571a", "#5b8c2a", "#7a4fa3", "#a32b45", "#444444")


@dataclass(frozen=True, kw_only=True)
class Law:
    """A published law: flow in L/min from head in mmHg (aortic minus LV pressure) at a speed in rpm."""

    name: str
    flow: Callable[[np.ndarray, float], np.ndarray]
    style: str
    shipped: bool = False


@dataclass(frozen=True, kw_only=True)
class BenchPoint:
    """Mean and standard deviation of head (mmHg) and flow (L/min) on a mock circulation."""

    name: str
    speed_rpm: float
    head: tuple[float, float]
    flow: tuple[float, float]


def shipped(name: str) -> Callable[[np.ndarray, float], np.ndarray]:
    """Steady flow of one of our pumps, cannulae included: H(Q) − R Q = head, solved for Q."""
    pump = pumps.get(name)

    def flow(head: np.ndarray, speed_rpm: float) -> np.ndarray:
        h0, h1, h2 = pump.head_coefficients(speed_rpm)
        slope, spare = h1 - pump.cannula_resistance, h0 - head
        if h2 == 0.0:
            return -L_MIN_PER_ML_S * spare / slope
        root = np.sqrt(slope**2 - 4 * h2 * np.abs(spare))
        return L_MIN_PER_ML_S * np.sign(spare) * (-slope - root) / (2 * h2)

    return flow


def bilinear_refit(head: np.ndarray, speed_rpm: float) -> np.ndarray:
    """HeartMate II after LifeTec's ex-vivo setup (cvbtk, TU Eindhoven)."""
    n = speed_rpm / 1000
    return (0.00436 * head + 0.99413) * n - 0.09716 * head - 3.34864


def heartmate2_polynomial(head: np.ndarray, speed_rpm: float) -> np.ndarray:
    """HeartMate II of VAD-0D-DNN (Bonnemain 2021), at three speeds; flat at low head, falling branch alone."""
    a, b, c, most = {
        8000: (0.0136, -3.506, 195.85, 100.0),
        9000: (0.0119, -3.6, 245.16, 116.667),
        10000: (0.0127, -4.03, 306.65, 133.0),
    }[int(speed_rpm)]
    head = np.minimum(head, -b / (2 * a))
    return L_MIN_PER_ML_S * np.minimum(a * head**2 + b * head + c, most)


def heartmate3_polynomial(head: np.ndarray, speed_rpm: float) -> np.ndarray:
    """HeartMate 3 of VAD-0D-DNN (Bonnemain 2021), at whole thousands of rpm; flat below a head, never negative."""
    a, b, c, flat = {
        4000: (-0.0488034, 1.84837, 57.771, 18.94),
        5000: (-0.0245944, 1.29678, 84.0812, 26.36),
        6000: (-0.0121526, 0.819383, 107.022, 33.71),
        7000: (-0.0137202, 2.1611, 51.4744, 78.76),
    }[int(speed_rpm)]
    head = np.maximum(head, flat)
    return L_MIN_PER_ML_S * np.maximum(a * head**2 + b * head + c, 0.0)


HEARTMATE2 = (
    Law(name="TU Eindhoven, bilinear (shipped: heartmate2)", flow=shipped("heartmate2"), style="-", shipped=True),
    Law(name="Simaan 2009, linear (shipped: axial)", flow=shipped("axial"), style="--"),
    Law(name="VAD-0D-DNN, polynomial", flow=heartmate2_polynomial, style=":"),
    Law(name="LifeTec refit, bilinear", flow=bilinear_refit, style="-."),
)
HEARTMATE3 = (
    Law(name="Girfoglio 2020 (shipped: heartmate3)", flow=shipped("heartmate3"), style="-", shipped=True),
    Law(name="VAD-0D-DNN, polynomial", flow=heartmate3_polynomial, style=":"),
)
STANFIELD = (  # Stanfield 2013, PMC3705790: HeartMate II, 9000 rpm, 100 bpm; held out: no law was fitted to them
    BenchPoint(name="normotensive", speed_rpm=9000, head=(55.0, 24.0), flow=(4.8, 1.6)),
    BenchPoint(name="hypertensive", speed_rpm=9000, head=(70.0, 38.0), flow=(3.4, 2.5)),
    BenchPoint(name="hypotensive", speed_rpm=9000, head=(53.0, 19.0), flow=(5.0, 1.3)),
)
PANELS = (
    ("HeartMate II", HEARTMATE2, (8000, 9000, 10000), STANFIELD),
    ("HeartMate 3", HEARTMATE3, (4000, 5000, 6000, 7000), ()),
)


def draw() -> Figure:
    """One panel a pump: a line style a law, a colour a speed."""
    figure = Figure(figsize=(10.5, 6.6), layout="constrained")
    for axes, (title, laws, speeds, points) in zip(figure.subplots(1, 2), PANELS, strict=True):
        head = np.linspace(0, 160, 65)
        for colour, speed in zip(COLOURS, speeds, strict=False):
            for law in laws:
                flow = law.flow(head, speed)
                seen = (flow > -1.0) & (flow < 12.0)  # the axes cut it
                axes.plot(flow[seen], head[seen], law.style, color=colour, lw=2.2 if law.shipped else 1.3)
            axes.plot([], [], color=colour, lw=2.2, label=f"{speed} rpm")
        for law in laws:
            axes.plot([], [], law.style, color="black", lw=2.2 if law.shipped else 1.3, label=law.name)
        for marker, point in zip("os^", points, strict=False):
            axes.errorbar(
                point.flow[0],
                point.head[0],
                xerr=point.flow[1],
                yerr=point.head[1],
                fmt=marker,
                color="black",
                ecolor="#999999",
                elinewidth=1,
                capsize=3,
                label=f"bench, {point.speed_rpm:.0f} rpm, {point.name} (Stanfield 2013, mean ± SD)",
            )
        axes.set(title=title, xlabel="Flow (L/min)", ylabel="Head: aortic − LV pressure (mmHg)")
        axes.set(xlim=(0, 11), ylim=(0, 160))
        axes.grid(alpha=0.25)
        axes.legend(fontsize=7.5, loc="upper center", bbox_to_anchor=(0.5, -0.12), ncols=1, frameon=False)
    return figure


def main() -> None:
    """Draw the laws, print what each gives at the bench points."""
    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "pump laws", "font.family": "sans-serif"}):
        draw().savefig(PICTURE, format="svg", metadata={"Date": None})
    print(f"{PICTURE.relative_to(PICTURE.parents[1])} written, {PICTURE.stat().st_size / 1024:.0f} kB")
    print("\nsteady flow at the bench point's mean head, L/min, and whether it is within its SD")
    print(f"{'law':46}" + "".join(f"{f'{p.name} ({p.flow[0]} ± {p.flow[1]})':>28}" for p in STANFIELD))
    for law in HEARTMATE2:
        cells = []
        for point in STANFIELD:
            flow = float(law.flow(np.array([point.head[0]]), point.speed_rpm)[0])
            met = abs(flow - point.flow[0]) <= point.flow[1]
            cells.append(f"{f'{flow:.2f} ' + ('within' if met else 'OUTSIDE'):>28}")
        print(f"{law.name:46}" + "".join(cells))
    print("\nshipped law against the polynomial, HeartMate 3, L/min")
    for speed, head in ((5000, 40), (5000, 60), (5000, 80), (6000, 60), (6000, 80), (6000, 100), (7000, 80)):
        ours, other = (float(law.flow(np.array([float(head)]), speed)[0]) for law in HEARTMATE3)
        print(f"  {speed} rpm, {head:3} mmHg: {ours:.2f} and {other:.2f}")


if __name__ == "__main__":
    main()
