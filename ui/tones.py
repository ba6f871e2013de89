"""What a colour means, and every colour there is: the one table behind all badges, surfaces and states.

Each tone is a pair (background, text) for light and for dark pages, at least 4.5:1 against each other
(WCAG 2.2, 1.4.3; ``tests/test_tones.py`` computes it). CSS variables carry the table to the page.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Tone(StrEnum):
    """The meaning of a colour."""

    INFO = "info"
    SUCCESS = "success"
    ATTENTION = "attention"
    NEUTRAL = "neutral"
    TRACKED = "tracked"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Pair:
    """Two colours that are read together."""

    background: str
    text: str


LIGHT: Final[dict[Tone, Pair]] = {
    Tone.INFO: Pair("#D5EBFF", "#003A5A"),
    Tone.SUCCESS: Pair("#AFFEBF", "#014B40"),
    Tone.ATTENTION: Pair("#FFEB78", "#4F4700"),
    Tone.NEUTRAL: Pair("#EDEDED", "#5C5C5C"),
    Tone.TRACKED: Pair("#E9E5FF", "#5700D1"),
    Tone.WARNING: Pair("#FFD6A4", "#5E4200"),
    Tone.CRITICAL: Pair("#FED1D7", "#8E0B21"),
}

DARK: Final[dict[Tone, Pair]] = {
    Tone.INFO: Pair("#003A5A", "#BFE2FF"),
    Tone.SUCCESS: Pair("#0C4A37", "#A6F5C0"),
    Tone.ATTENTION: Pair("#4F4700", "#FFEB78"),
    Tone.NEUTRAL: Pair("#4A4A4A", "#E3E3E3"),
    Tone.TRACKED: Pair("#3B2378", "#DCD4FF"),
    Tone.WARNING: Pair("#5E3B00", "#FFD6A4"),
    Tone.CRITICAL: Pair("#6B0F20", "#FED1D7"),
}

LIGHT_SURFACE: Final[dict[str, str]] = {
    "page": "#F1F1F1",
    "card": "#FFFFFF",
    "hover": "#F7F7F7",
    "selected": "#EAF4FF",
    "border": "#E3E3E3",
    "control": "#8A8A8A",
    "text": "#303030",
    "secondary": "#616161",
    "link": "#005BD3",
    "action": "#303030",
    "on-action": "#FFFFFF",
    "danger": "#B3132B",
    "on-danger": "#FFFFFF",
    "shadow": "0 1px 2px rgb(0 0 0 / 8%)",
}

DARK_SURFACE: Final[dict[str, str]] = {
    "page": "#1A1A1A",
    "card": "#303030",
    "hover": "#383838",
    "selected": "#1F3A57",
    "border": "#454545",
    "control": "#8A8A8A",
    "text": "#E3E3E3",
    "secondary": "#B5B5B5",
    "link": "#7FBCFF",
    "action": "#E3E3E3",
    "on-action": "#1A1A1A",
    "danger": "#FFB3BD",
    "on-danger": "#4A0713",
    "shadow": "none",
}


def style_sheet() -> str:
    """The table as CSS: light by default, dark by the system's wish or by the merchant's choice."""
    light = _variables(LIGHT, LIGHT_SURFACE)
    dark = _variables(DARK, DARK_SURFACE)
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}"
    )


def _variables(tones: dict[Tone, Pair], surface: dict[str, str]) -> str:
    pairs = "".join(f"--{tone}-back:{pair.background};--{tone}-text:{pair.text};" for tone, pair in tones.items())
    return pairs + "".join(f"--{name}:{colour};" for name, colour in surface.items())
