"""What may import what."""

import subprocess
import sys


def modules_after(statement):
    code = f"import sys; {statement}; print('\\n'.join(sys.modules))"
    return set(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split())


def test_the_science_never_loads_the_web_framework():
    loaded = modules_after("import twin_core.cli, twin_core.inference, twin_core.report, twin_core.ramp")
    assert "torch" in loaded
    assert loaded.isdisjoint({"streamlit", "plotly", "dashboard"})


def test_reading_and_measuring_clips_needs_no_network():
    assert "torch" not in modules_after("import twin_core.echo.clip, twin_core.echo.volumes, twin_core.echo.phantom")


def test_the_circuit_needs_numpy_scipy_and_numba_alone():
    loaded = modules_after("import twin_core.circuit")
    assert "numba" in loaded
    assert loaded.isdisjoint({"torch", "streamlit", "plotly", "cv2", "pydicom", "matplotlib", "pandas", "pydantic"})
