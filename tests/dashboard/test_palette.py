"""The palette is legible on both grounds, told apart with colour blindness, and what the theme's file says."""

import itertools
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from dashboard import palette

ROOT = Path(__file__).resolve().parents[2]
THEMES = ("light", "dark")
# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)


def linear(colour):
    rgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)


def contrast(one, other):
    """WCAG 2.2's contrast ratio."""
    dark, light = sorted(float(TO_XYZ[1] @ linear(colour)) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def lab(colour, sight):
    relative = TO_XYZ @ np.clip(np.asarray(SIGHT[sight]) @ linear(colour), 0, 1) / WHITE
    f = np.where(relative > (6 / 29) ** 3, np.cbrt(relative), relative / (3 * (6 / 29) ** 2) + 4 / 29)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.01), "the well-known grey that just fails"


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("ground", [palette.GROUND, palette.PANEL], ids=lambda one: one.name)
@pytest.mark.parametrize("text", [palette.TEXT, palette.ACCENT, palette.WHAT_IF, palette.TARGET, *palette.PINNED])
def test_text_can_be_read_on_both_grounds(text, ground, theme):
    assert contrast(text.on(theme), ground.on(theme)) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_lines_stand_out_from_the_ground(theme):
    assert contrast(palette.PATIENT.on(theme), palette.GROUND.on(theme)) >= 3.0


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", THEMES)
def test_lines_in_one_chart_are_told_apart_with_every_colour_blindness(theme, sight):
    """A difference of 2.3 can just be seen; thin lines side by side want several times that."""
    for one, other in itertools.combinations((palette.PATIENT, palette.WHAT_IF, *palette.PINNED), 2):
        assert np.linalg.norm(lab(one.on(theme), sight) - lab(other.on(theme), sight)) > 12, (one.name, other.name)
    meets, misses = palette.ACCENT.on(theme), palette.WHAT_IF.on(theme)
    assert np.linalg.norm(lab(meets, sight) - lab(misses, sight)) > 40


@pytest.mark.parametrize("theme", THEMES)
def test_the_theme_file_has_the_palettes_colours(theme):
    written = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"][theme]
    expected = {
        "primaryColor": palette.ACCENT,
        "backgroundColor": palette.GROUND,
        "secondaryBackgroundColor": palette.PANEL,
        "textColor": palette.TEXT,
        "linkColor": palette.ACCENT,
        "borderColor": palette.BORDER,
    }
    assert {key: written[key] for key in expected} == {key: colour.on(theme) for key, colour in expected.items()}


def test_style_sheets_use_no_colour_of_their_own():
    known = {f"--twin-{one.name}" for one in palette.COLOURS}
    assert known == set(re.findall(r"(--twin-[\w-]+):", palette.stylesheet()))
    for path in sorted((ROOT / "dashboard").rglob("*.css")):
        text = path.read_text(encoding="utf-8")
        assert set(re.findall(r"var\((--twin-[\w-]+)\)", text)) <= known, path.name
        assert set(re.findall(r"#[0-9a-fA-F]{3,8}\b(?=[;, )])", text)) <= {"#000"}, f"{path.name}: the clip's ground"


def test_a_colour_is_written_as_a_browser_writes_it():
    assert palette.ACCENT.rgb() == "rgb(0, 114, 178)"
    assert palette.ACCENT.rgb("dark") == "rgb(86, 180, 233)"
    assert palette.ACCENT.faint(0.08) == "rgba(0, 114, 178, 0.08)"


def test_what_plotly_draws_in_a_colour_follows_the_theme():
    rule = '.js-plotly-plot [style*="stroke: rgb(0, 114, 178)"] { stroke: var(--twin-accent) !important; }'
    assert rule in palette.stylesheet().splitlines()
