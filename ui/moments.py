"""Moments on a page: rendered once here, kept ticking by ``assets/times.js``, exact on hover and keyboard focus."""

from datetime import datetime

from ui.language import Language
from ui.text import Text


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC, as the browser wants them."""
    return round(moment.timestamp() * 1000)


def relative(moment: datetime, now: datetime, language: Language) -> Text:
    """``33m ago``."""
    return _ticking("relative", moment, language.relative(moment, now))


def follow(shown: Text, moment: datetime, now: datetime, language: Language) -> None:
    """Let what ``relative`` made show another moment, without being rendered anew."""
    at = str(milliseconds(moment))
    if shown.props["data-moment"] != at:
        shown.props["data-relative"] = shown.props["data-moment"] = at
        shown.text = language.relative(moment, now)
        shown.update()


def countdown(moment: datetime, now: datetime) -> Text:
    """``14:03`` until the moment; never negative."""
    return _ticking("countdown", moment, clock((moment - now).total_seconds()))


def duration_since(moment: datetime, now: datetime) -> Text:
    """``14:03`` since the moment."""
    return _ticking("duration", moment, clock((now - moment).total_seconds()))


def clock(seconds: float) -> str:
    """Seconds as ``m:ss`` or ``h:mm:ss``; the same as ``clock`` in ``assets/times.js``."""
    total = max(0, int(seconds))
    hours, minutes, rest = total // 3600, total // 60 % 60, total % 60
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _ticking(form: str, moment: datetime, text: str) -> Text:
    element = Text(text, "time").classes("cw-moment")
    at = str(milliseconds(moment))
    element.props[f"data-{form}"] = element.props["data-moment"] = at
    # A merchant on the keyboard reads the exact time by tabbing to it.
    element.props["tabindex"] = "0"
    return element
