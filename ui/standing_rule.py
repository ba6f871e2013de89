"""What a rule has decided about a session, in a line of its own: what it says, until when, and why."""

from datetime import datetime

from nicegui import ui

from data.levels import Decision
from data.rule_records import RuleRecord
from ui.badge import icon
from ui.language import Language
from ui.rule_end import end_of
from ui.rule_words import standing_words
from ui.text import Text, seen


def standing_rule(rule: RuleRecord, language: Language, *, now: datetime, address: str) -> None:
    """Render it; ``address`` is where the rule is listed."""
    with ui.element("p").classes("cw-standing"):
        icon("restricted" if rule.decision is Decision.RESTRICTED else "cleared")
        with ui.element("span"):
            link = Text(standing_words(rule, language), "a").props("data-leave")
            link.props["href"] = address
            Text(" · ")
            if rule.until is None:
                Text(language.text("until lifted"))
            else:
                end_of(rule.until, now, language)
            Text(" · ")
            Text(seen(rule.reason), "bdi").classes("cw-standing-reason")
