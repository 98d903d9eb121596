"""The Patient page: what the clip gave."""

import dataclasses
import re
from html import escape

import numpy as np

from tests.dashboard.session import bodies, html, on_screen, open_app
from twin_core.circuit import PARAMETERS


def beat_rows(app):
    """Rows of the beats' table."""
    return re.findall(r"<tr><th scope=\"row\">.*?</tr>", html(app, "twin-table beats"))


def put_echo(app, **changes):
    """The patient on screen with another echo record, and the Patient page drawn again."""
    patient = on_screen(app)
    app.session_state["patient"] = dataclasses.replace(patient, echo=dataclasses.replace(patient.echo, **changes))
    app.run()
    assert not app.exception


def test_the_patient_page_shows_what_the_clip_gave():
    app = open_app("Patient")
    patient = on_screen(app)
    assert "Image quality." in html(app, 'class="verdict')
    (caution,) = patient.twin.quality.reasons  # an EF of the sample that the circuit cannot reach at this volume
    assert "does not reach what was measured: EF" in caution
    assert "".join(bodies(app)).count("Caution:") == 1 and f"Caution: {escape(caution)}." in "".join(bodies(app))
    (beat,) = patient.echo.beats
    (row,) = beat_rows(app)  # a lone beat is its own mean
    assert patient.twin.measured.beats == 1 and f"<td>{beat.ef_pct:.1f}</td>" in row
    put_echo(app, beats=(beat, dataclasses.replace(beat, esv=beat.esv + 10.0)))
    rows = beat_rows(app)
    assert len(rows) == 3 and f"<td>{beat.ef_pct:.1f}</td>" in rows[0] and rows[0] != rows[1]  # and their mean
    known = html(app, "twin-table known")
    assert known.count('<th scope="row">') == len(PARAMETERS)
    assert known.count("narrower)") == len(patient.twin.posterior)
    assert f"{len(patient.twin.posterior['emax_mmhg_per_ml'])} draws" in "".join(bodies(app))


def test_what_to_keep_in_mind_about_a_clip_is_said():
    app = open_app("Patient")
    patient = on_screen(app)
    quality = patient.twin.quality.model_copy(update={"reasons": ("the heart rate is rough: it may be <10> bpm off",)})
    twin = patient.twin.model_copy(update={"quality": quality})
    app.session_state["patient"] = dataclasses.replace(patient, twin=twin)
    app.run()
    assert not app.exception
    assert f"Caution: {escape(quality.reasons[0])}." in "".join(bodies(app))


def test_the_rhythm_remark_says_how_many_beats_were_set_aside_and_why():
    app = open_app("Patient")
    put_echo(app, set_aside=())
    echo = on_screen(app).echo
    assert "set aside:" not in "".join(bodies(app))
    (beat, *_) = echo.beats
    odd = dataclasses.replace(beat, ed_index=1, es_index=3)
    rejected = np.zeros_like(echo.rejected)
    rejected[odd.ed_index] = True
    put_echo(app, set_aside=(odd,), rejected=rejected, irregularity=0.4)
    assert "differ by 40 %: an irregular rhythm" in html(app, "Beat lengths")
    found = len(echo.beats) + 1
    said = html(app, "set aside:")
    assert f"1 of {found} beats was set aside: contours jumped or are missing, 1 at end-diastole" in said
    assert "judged from all beats found" in said

    put_echo(app, beats=(odd,), set_aside=(odd,), rejected=rejected)
    assert "The only beat was not seen whole, yet it counts" in html(app, "judged from all")
