"""What is typed for one clip stays with it."""

from pathlib import Path

from pydicom.examples import get_path
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).resolve().parents[2]


def scale(app):
    assert not app.exception
    return app.session_state["patient"].twin.clip.cm_per_px_source


def test_a_depth_typed_for_one_clip_is_not_taken_for_the_next():
    app = AppTest.from_file(ROOT / "dashboard" / "app.py", default_timeout=240).run()
    app.number_input(key="depth_cm").set_value(22.0).run()
    assert scale(app) == "depth_given"
    clip = Path(get_path("ybr_color")).read_bytes()
    app.file_uploader(key="upload").set_value(("IM0001", clip, "application/octet-stream")).run()
    assert scale(app) == "dicom_region", "the scale in its own file"
    assert app.number_input(key="depth_cm").value is None
    app.number_input(key="depth_cm").set_value(18.0).run()
    assert scale(app) == "depth_given"
    app.run()
    assert app.number_input(key="depth_cm").value == 18.0, "it stays while the clip does"
    another = clip.replace(b"\0" * 128, b"\1" * 128, 1)  # a DICOM file's preamble means nothing
    app.file_uploader(key="upload").set_value(("IM0002", another, "application/octet-stream")).run()
    assert scale(app) == "dicom_region"
