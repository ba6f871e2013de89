"""Frozen records of rules and their audit, as the pages see them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from data.levels import Decision
from data.rule_targets import RuleAction, Target


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """A merchant's decision about a session, an IP, a network or a device.

    In force until ``until`` (None: until it is lifted) or until it was ended at ``ended_at``; ``ending`` and
    ``end_reason`` tell how and why. ``replaces`` is the id of the rule about the same value that it ended.
    """

    id: int
    decision: Decision
    target: Target
    value: str
    reason: str
    actor: str
    created_at: datetime
    until: datetime | None
    ended_at: datetime | None
    ending: RuleAction | None
    end_reason: str | None
    replaces: int | None


@dataclass(frozen=True, slots=True)
class Standing:
    """The rule that was in force about a value when somebody looked; None where there was none."""

    rule: RuleRecord | None


@dataclass(frozen=True, slots=True)
class RuleList:
    """A page of rules, the newest first, of ``total``."""

    rules: tuple[RuleRecord, ...]
    total: int


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """Who did what, to whom, why, and what was so before and after.

    ``before`` and ``after`` of a rule have ``rule_id``, ``decision``, ``until`` (milliseconds UTC, None: until it is
    lifted) and ``reason``. ``value``, ``reason``, ``before`` and ``after`` are None in a line that was emptied, when a
    shopper's data were erased.
    """

    id: int
    at: datetime
    actor: str
    action: RuleAction
    target: Target | None
    value: str | None
    reason: str | None
    rule_id: int | None
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What a rule would hit if it were made now; ``target`` and ``value`` are as it would be stored.

    ``sessions`` are the active ones that it would decide: not those that a more particular rule decides already.
    ``values`` is what their carts are worth, by currency in minor units, and ``units`` what they hold: what a
    restriction frees once the shop has let go of it. ``more``: at least so many of everything, there was no time to
    count on. ``examples`` are some of their cart tokens, the newest.

    ``converted`` is how many of ``purchases`` (converted sessions of the last ``days``) the rule would have hit;
    ``purchases_more``: only the latest so many were looked at. ``replaces`` is the rule that it would end.
    """

    target: Target
    value: str
    sessions: int
    more: bool
    values: tuple[tuple[str, int], ...]
    units: int
    examples: tuple[str, ...]
    converted: int
    purchases: int
    purchases_more: bool
    days: int
    replaces: RuleRecord | None


@dataclass(frozen=True, slots=True)
class RejectedRule:
    """A row of a file that is no rule: its line (from 1), the column where one is to blame, and why."""

    line: int
    field: str | None
    message: str


@dataclass(frozen=True, slots=True)
class ImportedRules:
    """What became of a file: how many rules were made, how many were in force already, and what was rejected."""

    made: int
    same: int
    rejected: tuple[RejectedRule, ...]
