"""What is done before the server answers."""

from streamlit.web.server.app_discovery import discover_asgi_app

from dashboard import intake, serve
from dashboard.reading import ReadingError


def test_streamlit_run_finds_the_server_in_the_file():
    found = discover_asgi_app(serve._HERE / "serve.py")
    assert found.import_string == "serve:app"
    assert serve.app.script_path.name == "app.py"
    assert serve.app.script_path.is_file()


def test_the_first_visitor_finds_the_sample_read(monkeypatch):
    intake.sample_patient.clear()
    serve.warm_up()

    def again(*_):
        raise AssertionError("the sample is read a second time")

    monkeypatch.setattr(intake, "read_sample", again)
    patient = intake.sample_patient()
    assert patient.twin.pseudonym == "Sample clip"
    assert patient.beat.status == "periodic"


def test_a_sample_that_cannot_be_read_stops_nothing_and_is_told(monkeypatch, caplog):
    def broken():
        raise ReadingError("Sample clip: no weight file segmenter.safetensors")

    monkeypatch.setattr(intake, "sample_patient", broken)
    serve.warm_up()
    (record,) = caplog.records
    assert "no weight file" in record.getMessage()
