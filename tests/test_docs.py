"""docs/physics.md is what the code computes: its generated parts, its equations, its links."""

import math
import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from matplotlib.mathtext import MathTextParser

from twin_core.circuit import (
    CLOSED_LOOP_INDICES,
    CircuitParameters,
    ClosedLoopParameters,
    circuits,
    equations,
    pumps,
)

DOCS = Path(__file__).parents[1] / "docs"
PAGE = (DOCS / "physics.md").read_text(encoding="utf-8")
BY_HAND = re.sub(r"<!-- generated: .*?<!-- end -->", "", PAGE, flags=re.S)
DISPLAYED = re.findall(r"^\$\$\n(.+?)\n\$\$$", BY_HAND, re.S | re.M)
PARAMETERS = {**CircuitParameters.infos(), **ClosedLoopParameters.infos()}
FUNCTIONS = {"max", "min", "exp", "abs", "P_p"}


def run(*arguments):
    return subprocess.run([sys.executable, DOCS / "make_physics.py", *arguments], capture_output=True, text=True)


def test_generated_parts_and_drawings_are_up_to_date():
    result = run("--check")
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_stale_page_is_named_with_the_remedy(tmp_path):
    for file in DOCS.iterdir():
        if file.is_file():
            (tmp_path / file.name).write_bytes(file.read_bytes())
    page = tmp_path / "physics.md"
    page.write_text(PAGE.replace("| 0.0398 |", "| 0.0399 |"), encoding="utf-8")
    (tmp_path / "circuit.svg").write_text("<svg/>", encoding="utf-8")
    code = f"import sys; sys.path.insert(0, {str(DOCS.parent)!r}); sys.argv[1:] = ['--check']"
    code += f"; import runpy; runpy.run_path({str(tmp_path / 'make_physics.py')!r}, run_name='__main__')"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 1, result.stderr
    assert "physics.md (sections parameters-both) is out of date; run python docs/make_physics.py" in result.stdout
    assert "circuit.svg is out of date" in result.stdout
    assert "closed_loop.svg" not in result.stdout


@pytest.mark.parametrize("name", ["circuit.svg", "closed_loop.svg"])
def test_a_drawing_shows_every_component_with_its_value(name):
    circuit = CircuitParameters if name == "circuit.svg" else ClosedLoopParameters
    texts = [
        "".join(text.itertext()) for text in ElementTree.parse(DOCS / name).iter("{http://www.w3.org/2000/svg}text")
    ]
    words = " ".join(texts).replace("\u200b", "")
    for about in circuit.infos().values():
        if about.name.startswith("initial_") or (circuit is CircuitParameters and about.name == "heart_rate_bpm"):
            continue  # start values and rate are no components
        default = getattr(circuit(), about.name)
        assert f"{about.symbol} {default:.6g}" in words


def test_every_link_leads_somewhere():
    headings = {
        re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.+)$", PAGE, re.M)
    }
    for target in re.findall(r"\]\(([^)]+)\)", PAGE):
        assert target[1:] in headings if target.startswith("#") else (DOCS / target).exists(), target
    for path in re.findall(r"`(twin_core/[\w/.]+)`", PAGE):
        assert (DOCS.parent / path).exists(), path


def test_another_machine_may_round_the_last_digit_the_other_way(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    from make_physics import same_but_for_rounding

    assert same_but_for_rounding("| 8000 | −0.30 | 96/81 |", "| 8000 | −0.31 | 95/81 |")
    assert not same_but_for_rounding("| 8000 | −0.30 |", "| 8000 | −0.32 |")
    assert not same_but_for_rounding("| 8000 | −0.30 |", "| 8000 | 0.30 |")


def test_every_parameter_and_index_is_explained(monkeypatch):
    monkeypatch.syspath_prepend(DOCS)
    from physics_tables import tex

    flat = " ".join(BY_HAND.split())
    assert [about.name for about in PARAMETERS.values() if tex(about.symbol) not in flat] == []
    assert [key for key in CLOSED_LOOP_INDICES if f"`{key}`" not in flat] == []


def test_every_formula_is_sound_tex_on_one_line():
    # GitHub shows a formula that breaks across lines as text.
    parser = MathTextParser("path")
    prose = re.sub(r"^\$\$\n.+?\n\$\$$", "", PAGE, flags=re.S | re.M)
    assert [line for line in prose.splitlines() if line.count("$") % 2] == []
    formulas = [*DISPLAYED, *re.findall(r"\$([^$\n]+)\$", prose)]
    assert len(formulas) > 200
    for formula in formulas:
        parser.parse(f"${formula}$")


def test_equations_are_numbered_in_order():
    numbers = [int(re.search(r"\\qquad \((\d+)\)$", one)[1]) for one in DISPLAYED]
    assert numbers == list(range(1, len(DISPLAYED) + 1))


def to_python(formula):
    """A displayed equation as ``name = expression``, with juxtaposition as multiplication."""
    text = formula.strip().replace(r"\mathrm{MAP}^{\ast}", "MAP").replace(r"\varepsilon", "error").replace("e(t)", "e")
    text = re.sub(r"\\(dot|bar)\{(\w)\}", r"\1_\2", text)
    text = re.sub(r"_\\mathrm\{(\w+)\}", r"_\1", text)
    text = re.sub(r"\\mathrm\{(\w+)\}", r"\1", text)
    text = re.sub(r"\^\{([^{}]+)\}", r" ** (\1)", text).replace("^2", " ** 2")
    while r"\frac" in text:
        text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"((\1) / (\2))", text)
    text = re.sub(r"\\vert (\w+) \\vert", r"abs(\1)", text)
    text = re.sub(r"\\(cdot|times)", "*", text)
    text = re.sub(r"\\Delta P", "dP", text)
    tokens = re.findall(r"[A-Za-z]\w*|\d+(?:\.\d+)?|\*\*|[-+*/(),=]", text.replace("\\", ""))
    written = []
    for token in tokens:
        operand = token[0].isalnum() or token == "("
        if written and operand and (written[-1][0].isalnum() or written[-1] == ")") and written[-1] not in FUNCTIONS:
            written.append("*")
        written.append(token)
    return " ".join(written)


def equation(number):
    """The parts of an equation: left side (one name, perhaps with a factor) and right side, for each ``=`` in it."""
    whole = re.sub(r"\\qquad \(\d+\)$", "", DISPLAYED[number - 1])
    return [tuple(to_python(part).split(" = ")) for part in whole.split(r"\qquad")]


def follow(known, *numbers):
    """Work out equations in turn; a factor on the left is divided by."""
    for number in numbers:
        for left, right in equation(number):
            *factor, name = left.split(" * ")
            known[name] = eval(right, {}, known) / (known[factor[0]] if factor else 1.0)


def valve(known, flow, pressure, resistance, leak):
    known |= {"dP": pressure, "R": known[resistance], "G": known.get(leak, 0.0)}
    follow(known, 6)
    known[flow] = known["Q"]


def documented_derivative(parameters, state, time, pump, speed, mean_pressure):
    """The time derivative of the state by the equations of the page alone."""
    closed = isinstance(parameters, ClosedLoopParameters)
    known = {"max": max, "min": min, "exp": math.exp, "abs": abs, "t": time, "N": speed, "k": 0.0, "Q_p": 0.0}
    for name, about in parameters.infos().items():
        symbol = {"MAP*": "MAP"}.get(about.symbol, about.symbol)
        known[re.sub(r"^([A-Z])([a-z]+)$", r"\1_\2", symbol)] = getattr(parameters, name)
    known |= dict(zip(("V", "P_la", "P_s", "P_ao", "Q_ao"), state, strict=False))
    if closed:
        known |= dict(zip(("V_sv", "P_ra", "V_rv", "P_pa", "P_pv"), state[5:], strict=False))
        known |= {"R_s0": known["R_s"], "HR_0": known["HR"], "V_u0": known["V_u"], "bar_P_ao": mean_pressure}
        follow(known, 25, 26, 27, 28)
    known["T_c"] = 60 / known["HR"]
    follow(known, 1, 2)
    ((_, passive),) = equation(4)
    known["P_p"] = lambda v: eval(passive, {}, {**known, "v": v}) if known["k"] else known["E_min"] * v
    follow(known, 3)
    valve(known, "Q_m", known["P_la"] - known["P_lv"], "R_m", "G_m")
    valve(known, "Q_a", known["P_lv"] - known["P_ao"], "R_a", "G_a")
    rates = ["dot_V", "dot_P_la", "dot_P_s", "dot_P_ao", "dot_Q_ao"]
    if pump:
        known |= {"Q_p": state[-1], "R_can": pump.cannula_resistance, "L_p": pump.inertance, "n": speed / 1000}
        known |= {"alpha": pump.suction_gain, "P_suc": pump.suction_threshold_mmhg}
        known["Q"] = state[-1] if pump.name == "axial" else 0.06 * state[-1]
        _, head = equation({"axial": 31, "heartmate2": 32, "heartmate3": 33}[pump.name])[-1]
        known["H"] = eval(head, {}, known)
        follow(known, 30)
        ((_, right),) = equation(29)
        known["dot_Q_p"] = eval(right.replace("H * ( Q_p , N )", "H"), {}, known) / known["L_p"]
    if closed:
        follow(known, 5, 15, 16, 17)
        valve(known, "Q_t", known["P_ra"] - known["P_rv"], "R_t", "G_t")
        valve(known, "Q_pul", known["P_rv"] - known["P_pa"], "R_pv", "G_p")
        follow(known, 7, 9, 10, 11, 18, 19, 20, 21, 22, 23)
        rates += ["dot_V_sv", "dot_P_ra", "dot_V_rv", "dot_P_pa", "dot_P_pv"]
    else:
        follow(known, 12, 7, 8, 9, 10, 11)
    return np.array([known[rate] for rate in (*rates, *(["dot_Q_p"] if pump else []))])


@pytest.mark.parametrize("circuit", [CircuitParameters, ClosedLoopParameters])
@pytest.mark.parametrize("name", [None, *pumps.NAMES])
def test_the_equations_of_the_page_are_those_of_the_code(circuit, name):
    rng = np.random.default_rng(7)
    pump = pumps.get(name) if name else None
    five_lowest, five_highest = [0, -5, 30, 30, -200], [300, 40, 200, 200, 600]
    rest_lowest, rest_highest = [2000, -5, 0, 0, -5], [6000, 30, 300, 60, 40]
    for _ in range(40):
        parameters = circuit(**{key: rng.uniform(*about.bounds) for key, about in circuit.infos().items()})
        state = rng.uniform(five_lowest, five_highest)
        if circuit is ClosedLoopParameters:
            state = np.concatenate([state, rng.uniform(rest_lowest, rest_highest)])
        if pump:
            state = np.append(state, rng.uniform(-50, 200))
        speed = rng.uniform(*pump.speed_range_rpm) if pump else 0.0
        pressure, time = rng.uniform(20, 200), rng.uniform(0.0, 0.4)
        row = circuits.pack(parameters, pump, speed)
        if circuit is ClosedLoopParameters:
            equations.apply_reflex(row, pressure)
        computed = equations.right_hand_side(state, time, row[0])
        documented = documented_derivative(parameters, state, time, pump, speed, pressure)
        assert computed == pytest.approx(documented, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("circuit", "number", "total"), [("five_state", 13, "V_str"), ("closed_loop", 24, "V_tot")])
def test_the_conserved_volume_of_the_page_is_that_of_the_code(circuit, number, total):
    parameters = circuits.get(circuit).parameters()
    state = circuits.get(circuit).initial_state(parameters, None)
    names = ["V", "P_la", "P_s", "P_ao", "Q_ao", "V_sv", "P_ra", "V_rv", "P_pa", "P_pv"]
    known = {
        re.sub(r"^([A-Z])([a-z]+)$", r"\1_\2", i.symbol): getattr(parameters, i.name)
        for i in parameters.infos().values()
    }
    known |= dict(zip(names, state, strict=False))
    follow(known, number)
    assert known[total] == pytest.approx(float(circuits.conserved_volume_ml(state, parameters)))
    if circuit == "five_state":
        known["P_ao(0)"] = parameters.initial_aortic_pressure_mmhg
        ((_, right),) = equation(14)
        known |= {"start_v": parameters.initial_volume_ml}
        assert eval(right.replace("P_ao * ( 0 )", "P_ao"), {}, known) == pytest.approx(known[total])


def test_the_limits_of_the_reflex_on_the_page_are_those_of_the_code():
    limits = [re.findall(r"-?\d\.\d", DISPLAYED[number - 1].split(r"\qquad")[0]) for number in (26, 27, 28)]
    resistance, rate, pressure = (sorted(map(float, one)) for one in limits)
    assert resistance == list(equations.RESISTANCE_LIMITS)
    assert rate == list(equations.RATE_LIMITS)
    assert pressure == list(equations.PRESSURE_LIMITS)


def test_the_artificial_pulse_on_the_page_is_that_of_the_code():
    pulse = pumps.get("heartmate3").pulse
    (slow, lower), (fast, higher) = pulse.phases
    assert lower == -higher
    flat = " ".join(BY_HAND.split())
    assert f"From a set speed of {pulse.lowest_speed_rpm:.0f} rpm" in flat
    assert (
        f"period of {pulse.period_s:.1f} s with {slow:.2f} s at {-lower:.0f} rpm below the set speed, "
        f"then {fast:.2f} s at {higher:.0f} rpm above it" in flat
    )
