"""Where a store's notices go, and how the last one went."""

from datetime import datetime

from nicegui import ui

from data.records import NoticeRecord
from ui.card import fact, facts
from ui.copy_field import copy_field
from ui.language import Language
from ui.moments import relative
from ui.text import Text


def notice_card(notices: NoticeRecord | None, asking: str, language: Language, *, now: datetime) -> None:
    """What notices are for and, where they go somewhere, how. ``asking`` is where a shop can ask instead."""
    Text(
        language.text(
            "What is restricted here is stopped only by your shop. Cartwatch tells it by a signed request "
            "when a session is restricted and when it is no longer, and answers a checkout that asks."
        ),
        "p",
    ).classes("cw-secondary")
    if notices is not None:
        _facts(notices, language, now)
        _problem(notices, language, now)
    words = language.text("Where your checkout asks, with a key of the events API")
    copy_field(words, asking, language.text("Copy address"))


def _facts(notices: NoticeRecord, language: Language, now: datetime) -> None:
    with facts():
        with fact(language.text("Notices go to")):
            Text(notices.url, "bdi").classes("cw-token")
        with fact(language.text("Signing secret")):
            Text(f"••••{notices.hint}", "bdi").classes("cw-token")
        with fact(language.text("Last taken")):
            if notices.sent_at is None:
                Text(language.text("None yet")).classes("cw-secondary")
            else:
                relative(notices.sent_at, now, language)
        with fact(language.text("Waiting")):
            Text(language.number(notices.waiting)).classes("cw-figure")


def _problem(notices: NoticeRecord, language: Language, now: datetime) -> None:
    """The last problem: plainly to be seen for as long as nothing was taken since."""
    if notices.problem is None or notices.failed_at is None:
        return
    lasts = notices.sent_at is None or notices.sent_at < notices.failed_at
    with ui.element("p").classes("cw-note cw-tone-critical" if lasts else "cw-secondary"):
        Text(language.text("Last problem") + " ")
        relative(notices.failed_at, now, language)
        Text(" · ")
        Text(notices.problem, "bdi")
