"""The audit as a table: when, who, what, why, and what was so before and after."""

from collections.abc import Sequence
from datetime import datetime

from nicegui import ui

from data.rule_records import AuditRecord
from ui.audit_words import Change, changes, emptied
from ui.language import Language
from ui.moments import relative
from ui.rule_about import rule_about
from ui.rule_words import action_words, actor_words, because_words, target_words
from ui.text import Text, seen


class AuditTable(ui.element):
    """The table; ``show`` brings it up to date, with what is new above what is there."""

    def __init__(self, language: Language, store: str) -> None:
        super().__init__("table")
        self.classes("cw-table cw-audit-table")
        self._language = language
        self._store = store
        self._rows: dict[int, tuple[AuditRecord, ui.element]] = {}
        with self:
            with ui.element("thead"), ui.element("tr"):
                for words in (
                    *(language.text("When"), language.text("By"), language.text("What was done")),
                    *(language.text("Reason"), language.text("Before and after")),
                ):
                    Text(words, "th").props('scope="col"')
            self._body = ui.element("tbody")

    def show(self, lines: Sequence[AuditRecord], now: datetime) -> None:
        """Show these lines, the newest first; one that was emptied meanwhile is shown so."""
        found = {line.id: line for line in lines}
        for number in [*self._rows]:
            if self._rows[number][0] != found.get(number):
                self._rows.pop(number)[1].delete()
        for place, (number, line) in enumerate(found.items()):
            if number not in self._rows:
                with self._body:
                    row = self._row(line, now)
                if place < len(self._rows):
                    row.move(target_index=place)
                self._rows[number] = line, row

    def _row(self, line: AuditRecord, now: datetime) -> ui.element:
        language = self._language
        with ui.element("tr") as row:
            with ui.element("td"):
                relative(line.at, now, language)
            Text(seen(actor_words(line.actor, language)), "td").classes("cw-audit-by").props('dir="auto"')
            with ui.element("td").classes("cw-audit-what cw-rule-about"):
                Text(action_words(line.action, language)).classes("cw-rule-decision")
                if line.target is not None and line.value is not None:
                    rule_about(line.target, line.value, language, store=self._store)
                elif line.target is not None:
                    Text(target_words(line.target, language))
            if emptied(line):
                Text(language.text("No longer kept"), "td").classes("cw-rule-reason cw-secondary")
            else:
                reason = seen(because_words(line.reason or "", language))
                Text(reason, "td").classes("cw-rule-reason").props('dir="auto"')
            with ui.element("td").classes("cw-audit-change"):
                for change in changes(line, language):
                    self._change(change)
        return row

    def _change(self, change: Change) -> None:
        with ui.element("div"):
            if change.name:
                Text(f"{seen(change.name)}: ").classes("cw-secondary")
            if change.before:
                Text(seen(change.before), "bdi").classes("cw-secondary")
            if change.before and change.after:
                # The arrow is for the eye; a screen reader hears a word.
                Text("→").classes("cw-secondary cw-audit-arrow").props('aria-hidden="true"')
                Text(self._language.text("became")).classes("cw-sr-only")
            if change.after:
                Text(seen(change.after), "bdi")
