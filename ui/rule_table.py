"""A list of rules in force. It changes in its place, so that focus and pointer stay where they are."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from nicegui import ui

from data.rule_records import RuleRecord
from ui.controls import button
from ui.language import Language
from ui.moments import relative
from ui.rule_about import rule_about, sessions_address
from ui.rule_end import end_of
from ui.rule_words import actor_words, decision_words
from ui.text import Text, seen

Ask = Callable[[RuleRecord], object]


class RuleTable(ui.element):
    """The table; ``show`` brings it up to date. ``mixed``: some restrict and some clear, so each says which."""

    def __init__(self, language: Language, store: str, on_lift: Ask, *, mixed: bool) -> None:
        super().__init__("table")
        self.classes("cw-table cw-rule-table")
        self._language = language
        self._store = store
        self._on_lift = on_lift
        self._mixed = mixed
        self._rows: dict[int, _Row] = {}
        with self:
            with ui.element("thead"), ui.element("tr"):
                for words in (
                    *(language.text("For"), language.text("Reason"), language.text("By")),
                    *(language.text("Since"), language.text("Until")),
                ):
                    Text(words, "th").props('scope="col"')
                Text(language.text("Active sessions"), "th").props('scope="col"').classes("cw-right")
                with ui.element("th").props('scope="col"'):
                    Text(language.text("Actions")).classes("cw-sr-only")
            self._body = ui.element("tbody")

    def show(self, rules: Sequence[RuleRecord], sessions: Mapping[int, int], most: int, now: datetime) -> None:
        """Show these rules in their order, with how many active ``sessions`` each decides, counted up to ``most``."""
        found = {rule.id: rule for rule in rules}
        for gone in self._rows.keys() - found.keys():
            self._rows.pop(gone).delete()
        for place, (number, rule) in enumerate(found.items()):
            if number not in self._rows:
                with self._body:
                    row = _Row(rule, now, self._language, self._store, self._on_lift, mixed=self._mixed)
                if place < len(self._rows):
                    row.move(target_index=place)
                self._rows[number] = row
            self._rows[number].count(sessions.get(number, 0), most)


class _Row(ui.element):
    """One rule. It stays as it is until it ends, but for the number of its sessions."""

    def __init__(
        self, rule: RuleRecord, now: datetime, language: Language, store: str, on_lift: Ask, *, mixed: bool
    ) -> None:
        super().__init__("tr")
        self._rule = rule
        self._language = language
        self._store = store
        # As few elements as may be: each of them costs, and there are many rows.
        with self:
            with ui.element("td").classes("cw-rule-about"):
                if mixed:
                    Text(decision_words(rule.decision, language)).classes("cw-rule-decision")
                rule_about(rule.target, rule.value, language, store=store)
            Text(seen(rule.reason), "td").classes("cw-rule-reason").props('dir="auto"')
            by = Text(seen(actor_words(rule.actor, language)), "td")
            by.props["data-head"] = language.text("By")  # on a phone, where the table has no head
            with ui.element("td") as since:
                since.props["data-head"] = language.text("Since")
                relative(rule.created_at, now, language)
            if rule.until is None:
                Text(language.text("until lifted"), "td").classes("cw-rule-until cw-secondary")
            else:
                with ui.element("td").classes("cw-rule-until"):
                    end_of(rule.until, now, language)
            with ui.element("td").classes("cw-right") as counted:
                counted.props["data-head"] = language.text("Active sessions")
                self._count = Text("", "a").classes("cw-figure").props("data-leave")
            with ui.element("td").classes("cw-right cw-lift"):
                lift = button(language.text("Lift"), on_click=lambda: on_lift(rule)).classes("cw-small")
                # Of a table's many buttons of the same name, a screen reader says which.
                lift.props["aria-label"] = language.text("Lift the rule about {value}", value=seen(rule.value))

    def count(self, sessions: int, most: int) -> None:
        """Show how many active sessions it decides now."""
        number = self._language.number(sessions)
        words = self._language.text("{n} or more", n=number) if sessions >= most else number
        if self._count.text == words:
            return
        self._count.text = words
        if sessions:
            self._count.props["href"] = sessions_address(self._store, self._rule.target, self._rule.value, active=True)
        else:  # nothing to see there: those that are over are behind the value
            self._count.props.pop("href", None)
        self._count.classes(add="" if sessions else "cw-secondary", remove="cw-secondary" if sessions else "")
        self._count.update()
