"""The timeline of a session: every event in order, what it changed, and a filter by kind."""

from collections.abc import Callable
from datetime import datetime

from nicegui import ui

from data.events import TimelineKind
from data.records import SessionDetail, TimelineEntry
from ui.badge import icon
from ui.card import card
from ui.controls import Dropdown
from ui.language import Language
from ui.moments import relative
from ui.text import Text
from ui.timeline_words import change_words, kind_words, note_words, score_words, source_words

ALL = "all"
MOST_ENTRIES = 300
"""Entries that are rendered at once, the latest ones; the support bundle holds them all."""

PICTURES = {
    TimelineKind.STARTED: "started",
    TimelineKind.CART_UPDATED: "cart",
    TimelineKind.RENEWED: "renewed",
    TimelineKind.EXTENDED: "extended",
    TimelineKind.CHECKOUT_STARTED: "checkout",
    TimelineKind.CONVERTED: "converted",
    TimelineKind.EXPIRED: "expired",
    TimelineKind.CANCELLED: "cancelled",
    TimelineKind.SHOPPER_SEEN: "monitored",
    TimelineKind.RESTRICTED: "restricted",
    TimelineKind.CLEARED: "cleared",
    TimelineKind.RISK_ASSESSED: "assessed",
}


def timeline(
    session: SessionDetail,
    chosen: TimelineKind | None,
    language: Language,
    *,
    now: datetime,
    on_choose: Callable[[TimelineKind | None], object],
) -> None:
    """Render the entries of the chosen kind (None: all), oldest first."""
    with card(language.text("Timeline"), name="timeline"):
        kinds = sorted({entry.kind for entry in session.timeline}, key=list(TimelineKind).index)
        options = {ALL: language.text("All events"), **{kind.value: kind_words(kind, language) for kind in kinds}}
        shown_value = chosen.value if chosen in kinds else ALL
        Dropdown(
            language.text("Show"),
            options,
            shown_value,
            lambda value: on_choose(None if value == ALL else TimelineKind(value)),
        )
        entries = [entry for entry in session.timeline if shown_value in (ALL, entry.kind)]
        left_out = len(entries) - MOST_ENTRIES
        if left_out > 0:
            words = language.plural("{n} earlier event is not shown.", "{n} earlier events are not shown.", left_out)
            Text(words, "p").classes("cw-secondary")
        with ui.element("ol").classes("cw-timeline-list"):
            for entry in entries[-MOST_ENTRIES:]:
                _entry(entry, session, language, now)


def _entry(entry: TimelineEntry, session: SessionDetail, language: Language, now: datetime) -> None:
    with ui.element("li").classes("cw-entry" + ("" if entry.applied else " cw-not-applied")):
        icon(PICTURES[entry.kind])
        with ui.element("div"):
            with ui.element("div").classes("cw-entry-head"):
                Text(kind_words(entry.kind, language)).classes("cw-entry-kind")
                relative(entry.occurred_at, now, language).classes("cw-secondary")
                Text(source_words(entry.source, language)).classes("cw-secondary")
            for words in (*change_words(entry.changes, session.currency, language), *score_words(entry, language)):
                Text(words, "div").props('dir="auto"')
            if entry.note:
                Text(note_words(entry.note, language), "div").classes("cw-secondary").props('dir="auto"')
