"""The page as a session sees it, for tests: real sample, real networks, real solver; no browser."""

import itertools
import json
import re
from pathlib import Path

from streamlit.proto.WidgetStates_pb2 import WidgetState
from streamlit.testing.v1 import AppTest

from twin_core.circuit import INDICES

APP = Path(__file__).resolve().parents[2] / "dashboard" / "app.py"
_numbers = itertools.count(1)


def open_app(page="", **link):
    """A fresh session on the page of that title, opened by a link with those settings."""
    app = AppTest.from_file(APP, default_timeout=240)
    for name, value in link.items():
        app.query_params[name] = value
    app.run()
    if page:
        go(app, page)
    assert not app.exception
    return app


def go(app, title):
    """Open the page of that title; AppTest itself knows only pages that are files."""
    app._page_hash = next(key for key, page in app._registered_pages.items() if page["page_name"] == title)
    app.run()
    assert not app.exception
    return app


def on_screen(app):
    return app.session_state["patient"]


def components(app, key):
    return [element.proto for element in app.get("bidi_component") if element.proto.id.endswith(f"-{key}")]


def component(app, key):
    """The live component with that session key, as the browser is given it."""
    (found,) = components(app, key)
    return found


def told(app, key):
    """What a live component is given to draw."""
    return json.loads(component(app, key).json)


def say(app, key, message):
    """A message from a live component in the browser, and the rerun it causes."""
    states = app._tree.get_widget_states()
    states.widgets.append(WidgetState(id=component(app, key).id, json_value=json.dumps(message)))
    app._run(states)
    assert not app.exception
    return app


def put(app, **values):
    """Sliders moved, and the thumb released."""
    return say(app, "sliders", {"rest": {"seq": next(_numbers), "values": values}})


def slider(app, name):
    """One live slider as the browser is given it."""
    (found,) = [one for one in told(app, "sliders")["sliders"] if one["name"] == name]
    return found


def panel(app, name):
    """One panel of the live results."""
    (found,) = [one for one in told(app, "results")["panels"] if one["name"] == name]
    return found


def bodies(app):
    """Everything drawn as HTML, what the live results draw included."""
    found = [element.proto.body for element in app.main.get("html") + app.sidebar.get("html")]
    for live in components(app, "results"):
        found += [json.loads(live.json)[part] for part in ("status", "table")]
    return [body for body in found if "<style" not in body]


def html(app, mark):
    """The one piece of HTML with that in it."""
    (found,) = [body for body in bodies(app) if mark in body]
    return found


def heading(app):
    return re.search(r"<h1>(.*?)</h1>", html(app, "<h1>"))[1]


def index(app, key):
    """Patient, what-if and change of one index as the table shows them."""
    label = f">{INDICES[key].label}"
    (row,) = [row for row in re.findall(r"<tr>.*?</tr>", html(app, "twin-table indices")) if label in row]
    return tuple(re.sub("<[^>]+>", "", cell).replace("−", "-") for cell in re.findall(r"<td>(.*?)</td>", row))


def indices(app):
    return {key: index(app, key) for key in INDICES}


def problem(app):
    """The one error on screen."""
    (error,) = app.error
    return error.value.replace("\\", "")


def upload(app, name, data):
    app.file_uploader(key="upload").set_value((name, data, "application/octet-stream")).run()
    assert not app.exception
    return app


def enter(app, systolic=None, diastolic=None, pulse=None):
    """Cuff pressure and pulse typed on the Patient page, and the twin recalibrated to them."""
    for key, value in (("systolic_mmhg", systolic), ("diastolic_mmhg", diastolic), ("pulse_bpm", pulse)):
        app.number_input(key=key).set_value(value)
    (submit,) = [button for button in app.button if button.label == "Recalibrate the twin"]
    submit.click().run()
    assert not app.exception
    return app


def pin(app, name):
    app.text_input(key="pin_name").set_value(name)
    app.button(key="pin").click().run()
    assert not app.exception
    return app


def handed_out(app, monkeypatch, title):
    """Name and content of every file that a page's buttons hand out, by label."""
    files = {}

    def kept(column, label, data, *, file_name, **settings):
        files[label] = (file_name, data())

    with monkeypatch.context() as patched:
        patched.setattr("streamlit.delta_generator.DeltaGenerator.download_button", kept)
        patched.setattr("streamlit.download_button", lambda *args, **settings: kept(None, *args, **settings))
        go(app, title)
    return files
