"""What every page and every session has in common."""

from pathlib import Path

from pydicom.examples import get_path

from dashboard.reading import ReadingError
from tests.dashboard.session import heading, html, index, indices, on_screen, open_app, upload
from twin_core.circuit import INDICES
from twin_core.report import format_value

DICOM = Path(get_path("ybr_color"))


def test_it_opens_with_the_sample_twin_read_from_its_clip(page):
    twin = on_screen(page).twin
    assert heading(page) == twin.pseudonym == "Sample clip"
    assert twin.clip.format == "dicom"
    assert (twin.clip.frames, twin.clip.rows, twin.clip.columns) == (30, 240, 320)
    beat = twin.simulate()
    for key, about in INDICES.items():
        shown = format_value(getattr(beat, key), about.digits).replace("−", "-")
        assert index(page, key)[:2] == (shown, shown)
    assert "data:image/webp" in html(page, 'class="clip"')
    assert "Research use only, not a medical device." in html(page, "<h1>")
    assert page.toggle(key="pump_on").value is False
    assert "What this model cannot know" in html(page, "cannot know")


def test_sessions_do_not_see_each_other(page):
    other = open_app()
    before = indices(other)
    page.toggle(key="pump_on").set_value(True).run()
    upload(page, "IM0001", DICOM.read_bytes())
    other.run()
    assert indices(other) == before
    assert heading(other) == "Sample clip"
    assert heading(page) != "Sample clip"


def test_every_page_says_what_to_open_while_there_is_no_patient(monkeypatch):
    def fails(*_):
        raise ReadingError("Sample clip: not there.")

    monkeypatch.setattr("dashboard.intake.sample_patient", fails)
    for title in ("Patient", "What-if", "Ramp study", "Report"):
        app = open_app(title)
        assert "Open one at the left" in html(app, "No patient on screen")
        assert "not there" in app.error[0].value
