"""The words for what was so before something was done, and after it; for the page and the command line alike."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from data.levels import Decision
from data.rule_records import AuditRecord
from data.rule_targets import RuleAction
from ui.language import Language
from ui.rule_words import decision_words

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Change(NamedTuple):
    """What was changed, where it has a name, and what it was before and after; empty where there was nothing."""

    name: str
    before: str
    after: str


def changes(line: AuditRecord, language: Language) -> list[Change]:
    """What a line tells was changed; nothing of one that was emptied."""
    before, after = line.before or {}, line.after or {}
    if "decision" in before or "decision" in after:
        ended = language.text("ended")  # what has no after, or was restored
        former = _rule(before, language) if before else ""
        if line.action is RuleAction.RESTORED:
            former = ended
        return [Change("", former, _rule(after, language) if after else ended)]
    return [
        Change(_name(name, language), _value(before.get(name), language), _value(after.get(name), language))
        for name in {**before, **after}
    ]


def change_words(change: Change) -> str:
    """A change in one line of text."""
    said = " → ".join(part for part in (change.before, change.after) if part)
    return f"{change.name}: {said}" if change.name else said


def emptied(line: AuditRecord) -> bool:
    """Whether a line has lost what it told of a person: of a rule, there is always something to tell."""
    return line.target is not None and line.value is None


def _rule(known: Mapping[str, Any], language: Language) -> str:
    decision = decision_words(Decision(known["decision"]), language)
    until = known.get("until")
    if until is None:
        return language.text("{decision} until lifted", decision=decision)
    moment = language.date_time(_EPOCH + timedelta(milliseconds=until))
    return language.text("{decision} until {moment}", decision=decision, moment=moment)


def _name(name: str, language: Language) -> str:
    return {
        "timer_minutes": language.text("Timer, minutes"),
        "max_renewals": language.text("Maximum renewals"),
        "extension_minutes": language.text("Extension, minutes"),
        "ip_days": language.text("IP addresses in full, days"),
        "review_capacity": language.text("Reviews a day"),
        "model": language.text("Scores by"),
        "rules": language.text("Rules"),
    }.get(name, name)


def _value(value: object, language: Language) -> str:
    if value is None:
        return ""
    return language.number(value) if isinstance(value, int | float) else str(value)
