"""Every pair of colours that is read together has a contrast of at least 4.5:1 (WCAG 2.2, 1.4.3), light and dark."""

from itertools import product
from pathlib import Path

import pytest

from ui.tones import DARK, DARK_SURFACE, LIGHT, LIGHT_SURFACE, Tone, style_sheet

STYLES = "".join(path.read_text("utf-8") for path in (Path(__file__).parent.parent / "assets").glob("*.css"))

SURFACES = {"light": LIGHT_SURFACE, "dark": DARK_SURFACE}
TONES = {"light": LIGHT, "dark": DARK}

READ_ON = [
    *product(("text", "secondary"), ("page", "card", "hover", "selected")),
    *product(("link",), ("page", "card", "hover")),
    *product(("danger",), ("card", "hover", "selected")),
    ("on-action", "action"),
    ("on-danger", "danger"),
    ("card", "link"),  # the pill that says how many sessions are new
]
"""Which colour is text on which."""

SEEN_ON = [
    *product(("control",), ("page", "card")),
    *product(("link",), ("page", "card", "selected")),
]
"""Borders of controls and the focus ring: 3:1 is enough (WCAG 2.2, 1.4.11)."""


def luminance(colour: str) -> float:
    """Relative luminance as WCAG 2.2 defines it, of '#RRGGBB'."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first: str, second: str) -> float:
    darker, lighter = sorted((luminance(first), luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast_is_the_one_of_the_standard() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)


@pytest.mark.parametrize("theme", TONES)
@pytest.mark.parametrize("tone", Tone)
def test_every_tone_can_be_read(theme: str, tone: Tone) -> None:
    pair = TONES[theme][tone]
    assert contrast(pair.background, pair.text) >= 4.5


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize(("words", "ground"), READ_ON)
def test_words_can_be_read_on_every_surface(theme: str, words: str, ground: str) -> None:
    assert contrast(SURFACES[theme][words], SURFACES[theme][ground]) >= 4.5


@pytest.mark.parametrize("theme", SURFACES)
@pytest.mark.parametrize(("mark", "ground"), SEEN_ON)
def test_controls_and_the_focus_ring_stand_out(theme: str, mark: str, ground: str) -> None:
    assert contrast(SURFACES[theme][mark], SURFACES[theme][ground]) >= 3


def test_both_themes_give_the_style_sheet_the_same_names() -> None:
    assert LIGHT.keys() == DARK.keys() == set(Tone)
    assert LIGHT_SURFACE.keys() == DARK_SURFACE.keys()


def test_the_page_gets_every_colour_and_the_merchants_choice_beats_the_systems() -> None:
    sheet = style_sheet()
    for tone, pair in LIGHT.items():
        assert f"--{tone}-back:{pair.background};--{tone}-text:{pair.text};" in sheet
    system, chosen = sheet.index("@media (prefers-color-scheme:dark)"), sheet.index(":root[data-theme=dark]")
    assert ":root:not([data-theme=light])" in sheet[system:chosen]
    assert f"--card:{DARK_SURFACE['card']};" in sheet[chosen:]


@pytest.mark.parametrize("tone", Tone)
def test_every_tone_has_its_class(tone: Tone) -> None:
    assert f".cw-tone-{tone} {{ background: var(--{tone}-back); color: var(--{tone}-text); }}" in STYLES
