import cv2
import numpy as np
import pytest

from twin_core import report
from twin_core.case import Case
from twin_core.recalibration import recalibrate
from twin_core.scenario import Scenario

PUMP = Scenario(name="Pump 9000", pump="axial", speed_rpm=9000)
STENOSIS = Scenario(name="Stenosis", changes={"aortic_resistance": 0.17})
TOO_FAST = Scenario(name="Too fast", pump="axial", speed_rpm=17500)


@pytest.fixture(scope="session")
def picture():
    return cv2.imencode(".png", np.full((60, 80), 90, np.uint8))[1].tobytes()


@pytest.fixture(scope="session")
def recalibrated(twin):
    """A case whose twin was moved to a cuff pressure."""
    moved, record = recalibrate(twin, {"systolic_pressure_mmhg": 104.0, "diastolic_pressure_mmhg": 68.0})
    return Case(twin=moved, recalibration=record)


@pytest.fixture(scope="session")
def full(recalibrated, picture):
    """A study with everything in it: a recalibrated patient, three scenarios, a ramp, notes, a picture."""
    scenarios = [PUMP, STENOSIS, TOO_FAST]
    return report.study(recalibrated, scenarios, ramp=True, notes="Seen twice.", contour_png=picture)
