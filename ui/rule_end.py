"""When a rule ends, ticking."""

from datetime import datetime, timedelta

from ui.language import Language
from ui.moments import countdown, relative
from ui.text import Text

_SOON = timedelta(days=1)


def end_of(until: datetime, now: datetime, language: Language) -> None:
    """Render ``ends in 14:03`` for an end within a day, else ``ends in 3d``; both tick in the browser."""
    if until - now < _SOON:
        Text(language.text("ends in") + " ")
        countdown(until, now).classes("cw-figure")
    else:
        Text(language.text("ends") + " ")
        relative(until, now, language)
