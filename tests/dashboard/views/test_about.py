"""The page about the model."""

from tests.dashboard.session import html, open_app


def test_about_tells_versions_and_how_far_off_the_networks_are():
    app = open_app("About the model")
    assert "Python" in html(app, "Version</th>")
    shown = " ".join(element.value for element in app.markdown)
    assert "mean Dice" in shown
    assert len(app.get("expander")) >= 2
