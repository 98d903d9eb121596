"""The two circuits drawn, each component with the symbol and default value of its parameter."""

from __future__ import annotations

from schematic import ARTERIAL, INK, PUMP, REFLEX, VENOUS, Point, Sheet

from twin_core.circuit import CircuitParameters, ClosedLoopParameters
from twin_core.circuit.five_state_parameters import LeftHeartParameters

_LEGEND = {
    "R": "systemic_resistance",
    "C": "systemic_compliance",
    "L": "aortic_inertance",
    "E": "emax_mmhg_per_ml",
    "V": "unstressed_volume_ml",
}  # units, each by one parameter that has it


class _Values:
    """Label lines of a circuit's parameters by name."""

    def __init__(self, parameters: LeftHeartParameters) -> None:
        self._infos, self._values = parameters.infos(), parameters.to_dict()

    def short(self, name: str) -> str:
        """Symbol and value; the unit is in the legend."""
        return f"{{{self._infos[name].symbol}}} {self._values[name]:.6g}"

    def full(self, name: str) -> str:
        """Symbol, value and unit."""
        return f"{self.short(name)} {self._infos[name].unit}"

    def legend(self, **examples: str) -> str:
        """Units by the letter they go with, each read off one parameter."""
        return "  ·  ".join(f"{{{letter}}} in {self._infos[name].unit}" for letter, name in examples.items())


def five_state() -> str:
    """The left heart of Simaan 2009 with a pump, as SVG."""
    sheet = Sheet(1160, 490, "Five-state circuit: left atrium, left ventricle, aorta, systemic arteries and a pump")
    values = _Values(CircuitParameters())
    rail, pump, back = 300, 190, 70
    atrium, ventricle, aorta, arteries = 110, 400, 720, 1010
    sheet.wire([(arteries, rail), (arteries, back), (atrium, back), (atrium, rail)], VENOUS)
    sheet.wire([(atrium, rail), (arteries, rail)], ARTERIAL)
    sheet.flow((900, back), "Qs", VENOUS, turn=180)
    sheet.resistor((560, back), VENOUS)
    sheet.label((560, back), values.short("systemic_resistance"))

    sheet.flow((150, rail), "Qm", ARTERIAL)
    sheet.valve((215, rail), ARTERIAL)
    sheet.resistor((305, rail), ARTERIAL)
    sheet.label((305, rail), values.short("mitral_resistance"))
    sheet.flow((445, rail), "Qa", ARTERIAL)
    sheet.valve((510, rail), ARTERIAL)
    sheet.resistor((610, rail), ARTERIAL)
    sheet.label((610, rail), values.short("aortic_resistance"))
    sheet.flow((765, rail), "Qao", ARTERIAL)
    sheet.resistor((825, rail), ARTERIAL)
    sheet.label((825, rail), values.short("characteristic_resistance"))
    sheet.inductor((930, rail), ARTERIAL)
    sheet.label((930, rail), values.short("aortic_inertance"))
    _pump(sheet, (ventricle, rail), (aorta, rail), pump)

    for x, symbol in ((atrium, "Pla"), (ventricle, "Plv"), (aorta, "Pao"), (arteries, "Ps")):
        sheet.text((x - 10, rail - 12), f"{{{symbol}}}", anchor="end", weight="bold")
    sheet.store((atrium, rail), ARTERIAL, "left atrium", [values.short("left_atrial_compliance")])
    sheet.store((ventricle, rail), ARTERIAL, "left ventricle", _ventricle(values), beats=True)
    sheet.store((aorta, rail), ARTERIAL, "aorta", [values.short("aortic_compliance")])
    sheet.store((arteries, rail), ARTERIAL, "systemic arteries", [values.short("systemic_compliance")])
    sheet.text((580, 470), values.legend(**_LEGEND))
    return sheet.svg()


def closed_loop() -> str:
    """The whole circulation with pump and baroreflex, as SVG: right heart and lungs on top, left heart below."""
    sheet = Sheet(1500, 890, "Closed loop: both hearts, lungs, arteries, veins, a pump and the baroreflex")
    values = _Values(ClosedLoopParameters())
    top, bottom, left, right = 130, 690, 70, 1430
    atrium, ventricle, artery, lung_veins = 190, 560, 930, 1290
    left_atrium, lv, aorta, arteries, veins = 1290, 990, 670, 390, 180
    middle = (top + bottom) / 2

    sheet.wire([(290, bottom), (left, bottom), (left, top), (1110, top)], VENOUS)
    sheet.wire([(1110, top), (right, top), (right, bottom), (290, bottom)], ARTERIAL)
    sheet.resistor((left, middle), VENOUS, turn=90)
    sheet.text((left + 18, middle + 4), values.short("systemic_venous_resistance"), anchor="start")
    sheet.resistor((right, middle), ARTERIAL, turn=90)
    sheet.text((right - 18, middle + 4), values.short("pulmonary_venous_resistance"), anchor="end")

    _leaky_valve(sheet, (atrium, top), "Qt", values, "tricuspid_resistance", "tricuspid_leak", VENOUS)
    _leaky_valve(sheet, (ventricle, top), "Qpul", values, "pulmonary_valve_resistance", "pulmonary_leak", VENOUS)
    sheet.flow((artery + 60, top), "Ql", VENOUS)
    sheet.resistor((1110, top), VENOUS)
    sheet.label((1110, top), values.short("pulmonary_resistance"))
    sheet.flow((right - 40, top), "Qla", ARTERIAL)
    sheet.flow((left + 40, top), "Qvr", VENOUS)

    _leaky_valve(sheet, (left_atrium, bottom), "Qm", values, "mitral_resistance", "mitral_leak", ARTERIAL, -0.8)
    _leaky_valve(sheet, (lv, bottom), "Qa", values, "aortic_resistance", "aortic_leak", ARTERIAL, -0.85)
    sheet.flow((aorta - 30, bottom), "Qao", ARTERIAL, turn=180)
    sheet.resistor((590, bottom), ARTERIAL)
    sheet.label((590, bottom), values.short("characteristic_resistance"))
    sheet.inductor((490, bottom), ARTERIAL)
    sheet.label((490, bottom), values.short("aortic_inertance"))
    sheet.flow((arteries - 30, bottom), "Qs", ARTERIAL, turn=180)
    sheet.resistor((290, bottom), ARTERIAL)
    sheet.label((290, bottom), values.short("systemic_resistance"))
    _pump(sheet, (lv, bottom), (aorta, bottom), bottom - 150)
    _reflex(sheet, (aorta, bottom - 150), ventricle, veins, bottom, values)
    blood = [values.full(name) for name in ("total_blood_volume_ml", "vascular_unstressed_volume_ml")]
    sheet.box((860, middle - 75), (290, 84), ["Blood volume", blood[0], f"of which unstressed {blood[1]}"], INK)

    for x, symbol in ((atrium, "Pra"), (ventricle, "Prv"), (artery, "Ppa"), (lung_veins, "Ppv")):
        sheet.text((x, top - 14), f"{{{symbol}}}", weight="bold")
    for x, symbol in ((left_atrium, "Pla"), (lv, "Plv"), (aorta, "Pao"), (arteries, "Ps"), (veins, "Psv")):
        sheet.text((x + 9, bottom - 12), f"{{{symbol}}}", anchor="start", weight="bold")
    sheet.store((atrium, top), VENOUS, "right atrium", [values.short("right_atrial_compliance")])
    rv = [values.short(f"rv_{name}") for name in ("emax_mmhg_per_ml", "emin_mmhg_per_ml", "unstressed_volume_ml")]
    sheet.store((ventricle, top), VENOUS, "right ventricle", rv, beats=True)
    sheet.store((artery, top), VENOUS, "pulmonary arteries", [values.short("pulmonary_arterial_compliance")])
    sheet.store((lung_veins, top), ARTERIAL, "pulmonary veins", [values.short("pulmonary_venous_compliance")])
    sheet.store((left_atrium, bottom), ARTERIAL, "left atrium", [values.short("left_atrial_compliance")])
    stiff = [*_ventricle(values), values.short("lv_stiffness_per_ml")]
    sheet.store((lv, bottom), ARTERIAL, "left ventricle", stiff, beats=True)
    sheet.store((aorta, bottom), ARTERIAL, "aorta", [values.short("aortic_compliance")])
    sheet.store((arteries, bottom), ARTERIAL, "systemic arteries", [values.short("systemic_compliance")])
    sheet.store((veins, bottom), VENOUS, "systemic veins", [values.short("systemic_venous_compliance")])
    sheet.text((750, 868), values.legend(**_LEGEND, G="aortic_leak", k="lv_stiffness_per_ml"))
    return sheet.svg()


def _ventricle(values: _Values) -> list[str]:
    return [values.short(name) for name in ("emax_mmhg_per_ml", "emin_mmhg_per_ml", "unstressed_volume_ml")]


def _pump(sheet: Sheet, inlet: Point, outlet: Point, y: float) -> None:
    """The pump branch over the rail: cannulae and suction, inertance, rotor."""
    way = 1 if outlet[0] > inlet[0] else -1
    turn = 0 if way > 0 else 180
    sheet.wire([inlet, (inlet[0], y), (outlet[0], y), outlet], PUMP)
    sheet.flow((inlet[0] + 26 * way, y), "Qp", PUMP, turn=turn)
    resistance, inertance, rotor = ((inlet[0] + step * way, y) for step in (90, 170, 250))
    sheet.resistor(resistance, PUMP)
    sheet.label(resistance, "{Rcan} + {Rsuc}", above=True)
    sheet.inductor(inertance, PUMP)
    sheet.label(inertance, "{Lp}", above=True)
    sheet.rotor(rotor, PUMP, turn=turn)
    sheet.label((rotor[0], y - 14), "{H}({Qp}, {N})", above=True)


def _leaky_valve(
    sheet: Sheet,
    node: Point,
    flow: str,
    values: _Values,
    resistance: str,
    leak: str,
    color: str,
    way: float = 1.0,
) -> None:
    """A valve downstream of a node, its backward leak above it; ``way`` is its direction and relative length."""
    x, y = node
    turn = 0 if way > 0 else 180
    start, diode, resistor, end = (x + step * way for step in (80, 135, 235, 310))
    sheet.wire([(start, y), (start, y - 60), (end, y - 60), (end, y)], color)
    sheet.flow((x + 48 * way, y), flow, color, turn=turn)
    sheet.valve((diode, y), color, turn=turn)
    sheet.resistor((resistor, y), color)
    sheet.label((resistor, y), values.short(resistance))
    sheet.resistor((x + 160 * way, y - 60), color)
    sheet.valve((x + 245 * way, y - 60), color, turn=180 - turn)
    sheet.label((x + 160 * way, y - 62), values.short(leak), above=True)


def _reflex(sheet: Sheet, sensed: Point, rv: float, veins: float, bottom: float, values: _Values) -> None:
    """The baroreflex: what it senses and the three things it moves, as dashed arrows."""
    x, y, width, height = 250.0, sensed[1] - 190.0, 360.0, 104.0
    lines = [
        "Baroreflex",
        f"mean {{Pao}} against {values.full('reflex_set_point_mmhg')}",
        f"gains {values.short('reflex_resistance_gain')}, {values.short('reflex_rate_gain')}, "
        f"{values.full('reflex_venous_gain_ml')}",
        f"at rest {values.full('heart_rate_bpm')}",
    ]
    sheet.wire([sensed, (sensed[0], y + height / 2), (x + width, y + height / 2)], REFLEX, dashed=True, arrow=True)
    sheet.wire([(290, y + height), (290, bottom - 18)], REFLEX, dashed=True, arrow=True)
    sheet.text((298, y + height + 60), "{Rs}", anchor="start", color=REFLEX)
    sheet.wire([(x, y + height / 2), (veins, y + height / 2), (veins, bottom - 30)], REFLEX, dashed=True, arrow=True)
    sheet.text((veins + 8, y + height + 60), "{Vu}", anchor="start", color=REFLEX)
    sheet.wire([(rv, y), (rv, y - 76)], REFLEX, dashed=True, arrow=True)
    sheet.text((rv + 8, y - 36), "{HR}, both ventricles", anchor="start", color=REFLEX)
    sheet.box((x, y), (width, height), lines, REFLEX)
