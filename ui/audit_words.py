"""The words for what was so before something was done, and after it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from data.levels import Decision
from data.rule_records import AuditRecord
from ui.language import Language
from ui.rule_words import decision_words
from ui.text import seen

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def before_words(line: AuditRecord, language: Language) -> str:
    """What was so before; empty where nothing was, or where it was emptied."""
    return _words(line.before, language)


def after_words(line: AuditRecord, language: Language) -> str:
    """What was so afterwards; empty where nothing was, or where it was emptied."""
    return _words(line.after, language)


def emptied(line: AuditRecord) -> bool:
    """Whether a line has lost what it told of a person: of a rule, there is always something to tell."""
    return line.target is not None and line.value is None


def _words(known: Mapping[str, Any] | None, language: Language) -> str:
    if not known:
        return ""
    if "decision" in known:
        return _rule(known, language)
    return " · ".join(_setting(name, value, language) for name, value in known.items())


def _rule(known: Mapping[str, Any], language: Language) -> str:
    decision = decision_words(Decision(known["decision"]), language)
    until = known.get("until")
    if until is None:
        return language.text("{decision} until lifted", decision=decision)
    moment = language.date_time(_EPOCH + timedelta(milliseconds=until))
    return language.text("{decision} until {moment}", decision=decision, moment=moment)


def _setting(name: str, value: object, language: Language) -> str:
    if name == "rules" and isinstance(value, int):
        return language.plural("{n} rule", "{n} rules", value)
    labels = {
        "timer_minutes": language.text("Timer, minutes"),
        "max_renewals": language.text("Maximum renewals"),
        "extension_minutes": language.text("Extension, minutes"),
        "ip_days": language.text("IP addresses in full, days"),
        "review_capacity": language.text("Reviews a day"),
        "model": language.text("Scores by"),
    }
    said = language.number(value) if isinstance(value, int | float) else seen(str(value))
    return f"{labels.get(name, seen(name))}: {said}"
