"""What a rule would hit, shown below its form before it is made."""

from collections.abc import Callable, Sequence

from nicegui import ui

from data.levels import Decision
from data.rule_records import Preview, RuleRecord
from data.rule_targets import Target
from ui.badge import icon
from ui.language import Language
from ui.rule_words import decision_words
from ui.text import Text, seen

SessionAddress = Callable[[str], str]
"""The address of a session's details, by its cart token."""


class RulePreview(ui.element):
    """What would be hit; a screen reader hears it whenever it changes."""

    def __init__(self, language: Language, address: SessionAddress) -> None:
        super().__init__("div")
        self.classes("cw-preview").props('role="status"')
        self._language = language
        self._address = address

    def show(self, preview: Preview, decision: Decision, notes: Sequence[str] = ()) -> None:
        """Show it; ``notes`` are what else is to be known before it is confirmed."""
        self.clear()
        with self:
            self._hit(preview, decision)
            if preview.target is not Target.SESSION:
                self._examples(preview.examples)
                if decision is Decision.RESTRICTED:
                    self._bought(preview)
            if preview.replaces is not None:
                self._replaced(preview.replaces)
            for note in notes:
                Text(note, "p").classes("cw-secondary")

    def say(self, words: str) -> None:
        """Say something else in its place; nothing for an empty text."""
        self.clear()
        if words:
            with self:
                Text(words, "p").classes("cw-secondary")

    def _hit(self, preview: Preview, decision: Decision) -> None:
        language = self._language
        if preview.target is Target.SESSION:
            first = language.text("Only this session")
        elif preview.more:
            first = language.text("{n} active sessions or more", n=language.number(preview.sessions))
        elif preview.sessions:
            first = language.plural("{n} active session", "{n} active sessions", preview.sessions)
        else:
            first = language.text("No active session now")
        said = [first, *(language.money(minor, currency) for currency, minor in preview.values if preview.sessions)]
        if preview.units and decision is Decision.RESTRICTED:
            said.append(language.plural("{n} unit freed", "{n} units freed", preview.units))
        Text(" · ".join(said), "p").classes("cw-preview-hit cw-figure")
        if preview.target is not Target.SESSION:
            later = (
                language.text("Later ones are restricted as they begin.")
                if decision is Decision.RESTRICTED
                else language.text("Later ones are cleared as they begin.")
            )
            Text(later, "p").classes("cw-secondary")

    def _examples(self, tokens: Sequence[str]) -> None:
        if not tokens:
            return
        with ui.element("p").classes("cw-preview-examples"):
            Text(self._language.text("For example") + " ").classes("cw-secondary")
            for token in tokens:
                link = Text(token, "a").classes("cw-token").props('target="_blank" rel="noopener" dir="auto"')
                link.props["href"] = self._address(token)

    def _bought(self, preview: Preview) -> None:
        language, number = self._language, self._language.number
        purchases, days = number(preview.purchases), number(preview.days)
        if not preview.converted:
            if preview.purchases:
                words = language.plural(
                    "Only {n} purchase in the last {days} days, and it would not have been hit.",
                    "None of the {n} purchases of the last {days} days would have been hit.",
                    preview.purchases,
                    days=days,
                )
                Text(words, "p").classes("cw-secondary")
            return
        words = language.plural(
            "{n} of {purchases} sessions that bought in the last {days} days would have been hit too.",
            "{n} of {purchases} sessions that bought in the last {days} days would have been hit too.",
            preview.converted,
            purchases=purchases,
            days=days,
        )
        if preview.purchases_more:
            words += " " + language.text("Only the latest were looked at.")
        with ui.element("p").classes("cw-note cw-tone-attention cw-preview-bought"):
            icon("warning")
            Text(words)

    def _replaced(self, rule: RuleRecord) -> None:
        words = self._language.text("Replaces what stands now: {decision}", decision=self._said(rule))
        with ui.element("p").classes("cw-secondary cw-preview-replaced"):
            Text(words)
            Text(f" ({seen(rule.reason)})", "bdi")

    def _said(self, rule: RuleRecord) -> str:
        language = self._language
        decision = decision_words(rule.decision, language)
        if rule.until is None:
            return language.text("{decision} until lifted", decision=decision)
        return language.text("{decision} until {moment}", decision=decision, moment=language.date_time(rule.until))


def confirm_words(preview: Preview | None, decision: Decision, language: Language) -> str:
    """What the button that confirms it says: what it does; ``preview`` is None where nothing could be counted."""
    restricts = decision is Decision.RESTRICTED
    if preview is None:
        return language.text("Restrict") if restricts else language.text("Clear")
    if preview.target is Target.SESSION:
        return language.text("Restrict Session") if restricts else language.text("Clear Restriction")
    if not preview.sessions:
        return language.text("Add to block list") if restricts else language.text("Add to allow list")
    if preview.more:
        number = language.number(preview.sessions)
        if restricts:
            return language.text("Restrict {n} sessions or more", n=number)
        return language.text("Clear {n} sessions or more", n=number)
    if restricts:
        return language.plural("Restrict {n} session", "Restrict {n} sessions", preview.sessions)
    return language.plural("Clear {n} session", "Clear {n} sessions", preview.sessions)
