import os
from pathlib import Path

import pytest
from hypothesis import settings

from twin_core.circuit import presets
from twin_core.twin import ClipFacts, MeasuredValues, Twin

# The same draws on every CI run: what fails there fails here too, with CI=true.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture(scope="session")
def twin() -> Twin:
    """A failing heart's twin with an origin; nothing in it is read from a clip."""
    return Twin(
        pseudonym="Case 7",
        clip=ClipFacts(
            format="dicom",
            sha256="a" * 64,
            frames=30,
            rows=240,
            columns=320,
            frame_rate_hz=30.0,
            duration_s=1.0,
            cm_per_px=None,
            cm_per_px_source="unknown",
        ),
        measured=MeasuredValues(
            ejection_fraction_pct=34.0, heart_rate_bpm=75.0, edv_ml=170.0, esv_ml=112.0, calibrated=False, beats=2
        ),
        parameters=presets.load("heart_failure").to_dict(),
        models={"segmenter": "b" * 64, "encoder": "c" * 64},
    )


@pytest.fixture(scope="session")
def real_echo() -> Path:
    """Folder of real clips kept beside the checkout; they are never part of the project."""
    folder = Path(__file__).resolve().parents[2] / "shared" / "real_echo"
    if not folder.is_dir():
        pytest.skip(f"no real clips: {folder.name} is not beside this checkout")
    return folder
