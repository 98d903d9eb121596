import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import pytest

from twin_core import report
from twin_core.scenario import Scenario
from twin_core.twin import RESEARCH_USE

ODD = "</script><img src=x onerror=alert(1)> \"'& {{ 7 * 7 }} 患者"
VOID = {"meta", "link", "img", "input", "br", "hr"}


class Document(HTMLParser):
    """The tags, attributes and text of a page; complains about tags that do not close."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.text, self.scripts, self.open = [], [], [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *one) for one in attrs]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        (self.scripts if self.open and self.open[-1] == "script" else self.text).append(data)

    @property
    def words(self):
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def whole(full):
    return report.html(full)


def test_it_holds_everything_and_asks_the_network_for_nothing(whole, full):
    page = Document(whole)
    addresses = [value for _, name, value in page.attributes if name in ("src", "href", "srcset", "action", "data")]
    assert addresses and all(address.startswith("data:image/") for address in addresses)
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\((?!#)", whole)
    assert len(whole) < 1_000_000
    for expected in (
        "Case 7",
        RESEARCH_USE,
        "Seen twice.",
        "recalibrated to systolic pressure 104 mmHg",
        "NOT calibrated",
        "Suction: LV pressure falls to",
        full.ramp.recommended["summary"],
        f"sha256 {'b' * 16}…",
        *report.LIMITS,
    ):
        assert expected in page.words


def test_only_its_own_script_may_run(whole):
    page = Document(whole)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]+)"', whole.replace("&#39;", "'"))
    for rule in ("default-src 'none'", "img-src data:", "base-uri 'none'", "form-action 'none'"):
        assert rule in policy.split("; ")
    script = page.scripts[-1]
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy


def test_the_table_says_what_the_pdf_says(whole, full):
    row = re.search(r'<tr>\s*<th scope="row" title="[^"]*">Mean arterial pressure.*?</tr>', whole, re.S)[0]
    cells = [re.sub(r"<[^>]+>|\s+", " ", cell).split() for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.S)]
    values = [round(beat.mean_arterial_pressure_mmhg) for beat in full.beats.values()]
    assert [cells[0][0], cells[1][0], cells[3][0], cells[5][0]] == [str(value) for value in values]
    assert cells[1][1:] == ["▲", ",", "over", "its", "target"], "in words, not by colour alone"
    assert cells[3][1:] == [], "no pump, no target"
    assert cells[-1] == ["65", "to", "90"]


def test_the_curves_are_the_beats(whole, full):
    curves = json.loads(Document(whole).scripts[0])
    assert [beat["letter"] for beat in curves["beats"]] == ["Patient", "A", "B", "C"]
    assert [panel["name"] for panel in curves["panels"]] == ["loop", "pressures", "flows", "volumes"]
    for curve, beat in zip(curves["panels"][0]["curves"], full.beats.values(), strict=True):
        assert max(curve["x"]) == pytest.approx(beat.edv_ml, abs=0.2)
        assert max(curve["y"]) == pytest.approx(beat.lv_peak_pressure_mmhg, abs=0.3)
    pumped = {curve["beat"] for curve in curves["panels"][2]["curves"] if curve["label"] == "Pump"}
    assert pumped == {1, 3}, "a beat without a pump has no pump flow to draw"
    last = curves["panels"][1]["curves"][0]
    assert (len(last["y"]) - 1) * curves["beats"][0]["step_s"] == pytest.approx(full.beats["Patient"].time_s[-1])


def test_what_is_typed_is_text_and_never_markup(twin):
    odd = Scenario(name=ODD[:80], changes={"aortic_resistance": 0.1})
    page = Document(report.html(report.study(twin.model_copy(update={"pseudonym": ODD}), [odd], notes=ODD)))
    assert page.words.count(ODD) >= 2
    assert page.tags.count("script") == 2
    assert not any(name.startswith("on") for _, name, _ in page.attributes)
    assert "x" not in [value for tag, name, value in page.attributes if (tag, name) == ("img", "src")]


def test_without_scenarios_there_is_no_target_and_no_ramp(twin):
    page = Document(report.html(report.study(twin)))
    assert "Target" not in page.words
    assert "Ramp of" not in page.words
    assert "Contour" not in page.words
