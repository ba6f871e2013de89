"""Rules that have ended, under a fold: asked for when it is opened."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from nicegui import ui
from nicegui.events import GenericEventArguments

from data.rule_records import RuleList, RuleRecord
from ui.language import Language
from ui.moments import relative
from ui.rule_about import rule_about
from ui.rule_words import because_words, decision_words, ending_words
from ui.text import Text, seen


class EndedRules(ui.element):
    """The fold; ``on_open`` is asked for what to ``show``."""

    def __init__(self, language: Language, on_open: Callable[[], Awaitable[None]]) -> None:
        super().__init__("details")
        self.classes("cw-ended")
        self._language = language
        self.open = False
        with self:
            Text(language.text("Ended rules"), "summary")
            self._part = ui.element("div").classes("cw-table-scroll")

        async def toggled(event: GenericEventArguments) -> None:
            self.open = event.args is True
            if self.open:
                await on_open()

        self.on("toggle", toggled, js_handler="(event) => emit(event.target.open)")

    def show(self, ended: RuleList, now: datetime, audit: str) -> None:
        """Show these, the latest first; ``audit`` is the address where all that was done is told."""
        language = self._language
        self._part.clear()
        with self._part:
            if not ended.rules:
                Text(language.text("No rule of this list has ended yet."), "p").classes("cw-secondary")
                return
            with ui.element("table").classes("cw-table cw-ended-table"):
                with ui.element("thead"), ui.element("tr"):
                    for words in (language.text("For"), language.text("Reason"), language.text("Ended")):
                        Text(words, "th").props('scope="col"')
                with ui.element("tbody"):
                    for rule in ended.rules:
                        self._row(rule, now)
            if ended.total > len(ended.rules):
                shown, total = language.number(len(ended.rules)), language.number(ended.total)
                with ui.element("p").classes("cw-secondary cw-after-table"):
                    Text(language.text("These are the latest {shown} of {n}.", shown=shown, n=total) + " ")
                    Text(language.text("See the audit"), "a").props("data-leave").props["href"] = audit

    def _row(self, rule: RuleRecord, now: datetime) -> None:
        language = self._language
        with ui.element("tr"):
            with ui.element("td").classes("cw-rule-about"):
                Text(decision_words(rule.decision, language)).classes("cw-rule-decision")
                rule_about(rule.target, rule.value, language, store=None)
            Text(seen(rule.reason), "td").classes("cw-rule-reason").props('dir="auto"')
            with ui.element("td").classes("cw-rule-ending"):
                Text(ending_words(rule, language) + " ")
                if rule.ended_at is not None:
                    relative(rule.ended_at, now, language)
                if rule.end_reason:
                    Text(": ").classes("cw-secondary")
                    Text(seen(because_words(rule.end_reason, language)), "bdi").classes("cw-secondary")
