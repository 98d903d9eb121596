"""Files to take away: their names, and whose and what they are of."""

import io

import pytest
from pypdf import PdfReader

from dashboard.downloads import file_stem
from tests.dashboard.session import enter, go, handed_out, html, open_app, put
from twin_core.case import Case


@pytest.mark.parametrize(
    ("pseudonym", "stem"),
    [
        ("Patient 8ED77A", "lvad-twin-patient-8ed77a"),
        ("../../etc/passwd", "lvad-twin-etc-passwd"),
        ("Ünï \n/\\:*?", "lvad-twin-n"),
        ("§§", "lvad-twin-patient"),
    ],
)
def test_a_file_name_is_plain_on_every_system(pseudonym, stem):
    assert file_stem(pseudonym) == stem


def test_files_are_of_the_what_if_as_it_stands_when_they_are_asked_for(page):
    page.toggle(key="pump_on").set_value(True).run()
    now = page.session_state["kept_results"]["as_it_stands"][1]
    assert [one.speed_rpm for one in now.scenarios()] == [10_000.0]
    put(page, speed_rpm=9_000)
    assert page.session_state["kept_results"]["as_it_stands"][1] is now, "the buttons hold on to one thing"
    assert [one.speed_rpm for one in now.scenarios()] == [9_000.0]


def test_the_present_pseudonym_stands_on_every_page_and_in_every_file(monkeypatch):
    app = open_app("Patient")
    enter(app, 112, 74)
    go(app, "Report")
    app.text_input(key="pseudonym").set_value("  Case   <12> ").run()
    files = handed_out(app, monkeypatch, "What-if")
    assert "<h1>Case &lt;12&gt;</h1>" in html(app, "<h1>")
    names = {name for name, _ in files.values()}
    assert names == {f"lvad-twin-case-12{ending}" for ending in (".pdf", ".html", ".csv", "-case.json")}
    assert "<bdi>Case &lt;12&gt;</bdi>" in files["Report HTML"][1].decode()
    saved = Case.from_json(files["Save case"][1])
    assert saved.twin.pseudonym == saved.recalibration.found.pseudonym == "Case <12>"
    assert "Case <12>" in PdfReader(io.BytesIO(files["Report PDF"][1])).pages[0].extract_text()
    go(app, "Patient")
    app.button(key="cuff_undo").click().run()
    assert "<h1>Case &lt;12&gt;</h1>" in html(app, "<h1>"), "undoing the cuff keeps the name"
