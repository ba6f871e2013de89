"""The addresses of a store's rules and of its audit."""

from collections.abc import Mapping
from typing import Final, Literal
from urllib.parse import urlencode

from data.levels import Decision
from data.rule_records import RuleRecord
from data.rule_targets import Target

RuleListName = Literal["block", "allow", "sessions"]
"""A store's rules are in three lists: what restricts, what clears, and what is about single sessions."""

RULE_LISTS: Final[tuple[RuleListName, ...]] = ("block", "allow", "sessions")


def rules_address(
    store: str | None, rule: RuleRecord | None = None, *, listed: RuleListName = "block", part: str = "", page: int = 1
) -> str:
    """The address of a store's rules: of the list that a rule is in, narrowed to its value, or a page of any list."""
    if rule is not None:
        listed, part = rule_list(rule), rule.value
    query = {"store": store, "list": None if listed == "block" else listed, "q": part}
    if page > 1:
        query["page"] = str(page)
    return _address("/rules", query)


def rule_list(rule: RuleRecord) -> RuleListName:
    """The list that a rule is in."""
    if rule.target is Target.SESSION:
        return "sessions"
    return "block" if rule.decision is Decision.RESTRICTED else "allow"


def audit_address(store: str | None, **query: str | None) -> str:
    """The address of a store's audit."""
    return _address("/audit", {"store": store, **query})


def _address(path: str, query: Mapping[str, str | None]) -> str:
    said = {name: value for name, value in query.items() if value}
    return path + (f"?{urlencode(said)}" if said else "")
