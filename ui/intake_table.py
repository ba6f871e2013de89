"""What has arrived, topic by topic. It changes in its place, so that focus and pointer stay where they are."""

from collections.abc import Sequence
from datetime import datetime

from nicegui import ui

from data.deliveries import Source
from data.records import IntakeRecord, TopicRecord
from ui.language import Language
from ui.moments import follow, relative
from ui.text import Text
from ui.topics import topic_label

Topic = tuple[Source, str]


class IntakeTable:
    """A table of topics; ``show`` brings it up to date."""

    def __init__(self, language: Language) -> None:
        self._language = language
        self._rows: dict[Topic, _Row] = {}
        self._heads = (language.text("Received"), language.text("Repeated"), language.text("Refused"))
        with ui.element("table").classes("cw-table cw-intake-table") as self._table:
            with ui.element("thead"), ui.element("tr"):
                Text(language.text("Topic"), "th").props('scope="col"')
                Text(language.text("Last delivery"), "th").props('scope="col"')
                for words in self._heads:
                    Text(words, "th").props('scope="col"').classes("cw-right")
            self._body = ui.element("tbody")
        self._waiting = Text("", "p").classes("cw-secondary cw-after-table")

    def show(self, intake: IntakeRecord, expected: Sequence[Topic], now: datetime) -> None:
        """Show the topics that are ``expected``, received or not, then all others; what was erased goes."""
        arrived = {(topic.source, topic.topic): topic for topic in intake.topics}
        for gone in self._rows.keys() - {*expected, *arrived}:
            self._rows.pop(gone).delete()
        for key in dict.fromkeys([*expected, *arrived]):
            if key not in self._rows:
                with self._body:
                    self._rows[key] = _Row(*key, self._heads, self._language)
            self._rows[key].show(arrived.get(key), now)
        self._table.set_visibility(bool(self._rows))
        self._waiting.text = self._words(intake.unmatched)

    def _words(self, unmatched: int) -> str:
        if not self._rows:
            return self._language.text("Nothing yet. What your store sends is counted here, topic by topic.")
        if not unmatched:
            return ""
        return self._language.plural(
            "{n} delivery waits for a session that is not here yet. It is applied as soon as that arrives.",
            "{n} deliveries wait for sessions that are not here yet. They are applied as soon as those arrive.",
            unmatched,
        )


class _Row:
    """One topic."""

    def __init__(self, source: Source, topic: str, heads: Sequence[str], language: Language) -> None:
        self._language = language
        self._last: Text | None = None
        with ui.element("tr") as self._row:
            with ui.element("td"), ui.element("div").classes("cw-topic"):
                label = topic_label(source, topic, language)
                if label:
                    Text(label)
                Text(topic, "bdi").classes("cw-token cw-secondary")
            self._when = ui.element("td")
            with self._when:
                self._never = Text("–").classes("cw-secondary")
            self._counts = [Text("", "td").classes("cw-right cw-figure") for _ in heads]
            for cell, head in zip(self._counts, heads, strict=True):
                cell.props["data-head"] = head  # on a phone, where the table has no head

    def delete(self) -> None:
        """Take it out of the table."""
        self._row.delete()

    def show(self, topic: TopicRecord | None, now: datetime) -> None:
        """Show what came of the topic; None when nothing has."""
        if topic is None or topic.last_at is None:
            if self._last is not None:  # it was erased
                self._last.delete()
                self._last = None
                with self._when:
                    self._never = Text("–").classes("cw-secondary")
        else:
            if self._last is None:
                self._never.delete()
                with self._when:
                    self._last = relative(topic.last_at, now, self._language)
            follow(self._last, topic.last_at, now, self._language)
        counts = (topic.received, topic.repeated, topic.refused) if topic else (0, 0, 0)
        for cell, count in zip(self._counts, counts, strict=True):
            cell.text = self._language.number(count)
            cell.classes(add="cw-secondary" if not count else "", remove="cw-secondary" if count else "")
        refused = bool(topic and topic.refused)
        self._counts[-1].classes(add="cw-bad" if refused else "", remove="" if refused else "cw-bad")
