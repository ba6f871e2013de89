"""Fills a cause's text with its figures. How a number, a share and a country are written is the caller's matter."""

import re
from collections.abc import Callable

from data.assessment import Cause
from data.risk.model import PLACE
from data.risk.readings import Reading


def worded(
    text: str,
    cause: Cause,
    *,
    number: Callable[[float], str],
    share: Callable[[float], str],
    country: Callable[[str], str],
) -> str:
    """The text with its figures: {name} a number or a name, {name%} a share, {name@} a country by its code."""

    def figure(found: re.Match[str]) -> str:
        value, sign = cause.figures.get(found[1]), found[2]
        if value is None:
            return "?"
        if isinstance(value, str):
            return country(value) if sign == "@" else value
        return share(value) if sign == "%" else number(value)

    return PLACE.sub(figure, text)


def english(cause: Cause) -> str:
    """The cause in English, for who is told in no other language: the shop's own programs, the command line."""
    return worded(cause.text, cause, number=_number, share=lambda value: f"{value:.0%}", country=str)


def rounded(value: Reading) -> float:
    """A figure as precise as it is read: whole from ten on, else with one decimal."""
    number = float(value or 0)
    return round(number) if abs(number) >= 10 else round(number, 1)


def _number(value: float) -> str:
    shown = rounded(value)
    return f"{shown:,.0f}" if shown == int(shown) else f"{shown:,.1f}"
