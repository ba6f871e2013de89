"""The rows of rules: read, made and ended inside a transaction, each ending with its line in the audit."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import insert as insertion
from sqlalchemy import select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit
from data.audit import MERCHANT, AuditLine
from data.columns import milliseconds
from data.levels import Decision
from data.models import METADATA
from data.risk_models import RULE
from data.rule_records import RuleRecord
from data.rule_targets import RuleAction, Target
from data.rule_values import RuleProblem, RuleValue

COLUMNS = [RULE.c[name] for name in RuleRecord.__dataclass_fields__]
"""The fields of a RuleRecord, in their order."""

IN_FORCE = RULE.c.ended_at.is_(None)
"""The condition on a rule."""

_SESSION: Any = METADATA.tables["session"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A rule that is to be made; everything in it has been checked."""

    about: RuleValue
    decision: Decision
    reason: str
    until: datetime | None
    actor: str = MERCHANT


async def one(session: AsyncSession, store_id: int, rule_id: int) -> RuleRecord:
    """A rule of a store. Raises RuleProblem where there is none."""
    query = select(*COLUMNS).where(RULE.c.store_id == store_id, RULE.c.id == rule_id)
    row = (await (await session.connection()).execute(query)).first()
    if row is None:
        raise RuleProblem("There is no such rule in this store.")
    return RuleRecord(*row)


async def in_force(session: AsyncSession, store_id: int, target: Target, value: str) -> RuleRecord | None:
    """The rule in force about a value as it is stored, in the caller's transaction."""
    query = select(*COLUMNS).where(
        RULE.c.store_id == store_id, RULE.c.target == target, RULE.c.value == value, IN_FORCE
    )
    row = (await (await session.connection()).execute(query)).first()
    return RuleRecord(*row) if row else None


async def exists(session: AsyncSession, store_id: int, cart_token: str) -> bool:
    """Whether the store has such a session."""
    query = select(_SESSION.c.id).where(_SESSION.c.store_id == store_id, _SESSION.c.cart_token == cart_token)
    return (await (await session.connection()).execute(query)).first() is not None


async def insert(
    session: AsyncSession, store_id: int, wanted: Wanted, created_at: datetime, former: RuleRecord | None
) -> RuleRecord:
    """Make a rule, with another one that it replaces; its sessions are still to be settled."""
    row = {
        "store_id": store_id,
        "decision": wanted.decision,
        "target": wanted.about.target,
        "value": wanted.about.value,
        "low": wanted.about.low,
        "high": wanted.about.high,
        "rank": wanted.about.rank,
        "reason": wanted.reason,
        "actor": wanted.actor[:100],
        "created_at": created_at,
        "until": wanted.until,
        "replaces": former.id if former else None,
        "pending": True,
    }
    made = (await (await session.connection()).execute(insertion(RULE).values(row).returning(*COLUMNS))).one()
    return RuleRecord(*made)


async def end(
    session: AsyncSession, store_id: int, rule: RuleRecord, how: RuleAction, reason: str, actor: str, now: datetime
) -> RuleRecord:
    """End a rule, with its line in the audit; its sessions are still to be settled."""
    ending = {"ended_at": now, "ending": how, "end_reason": reason}
    changed = update(RULE).where(RULE.c.id == rule.id, RULE.c.store_id == store_id)
    await (await session.connection()).execute(changed.values(**ending, pending=True))
    line = AuditLine(now, actor, how, rule.target, rule.value, reason, rule.id, before=told(rule))
    await audit.write(session, store_id, line)
    return replace(rule, ended_at=now, ending=how, end_reason=reason)


def told(rule: RuleRecord) -> dict[str, str | int | None]:
    """What the audit tells of a rule: not its value, which has a column of its own that can be emptied."""
    return {
        "rule_id": rule.id,
        "decision": rule.decision.value,
        "until": milliseconds(rule.until) if rule.until else None,
        "reason": rule.reason,
    }
