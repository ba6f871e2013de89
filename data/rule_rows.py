"""The rows of rules: read, made and ended inside a transaction, each ending with its line in the audit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy import insert as insertion
from sqlmodel.ext.asyncio.session import AsyncSession

from data import audit, labels
from data.audit import MERCHANT, AuditLine
from data.columns import in_chunks, milliseconds
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


async def in_force(session: AsyncSession, store_id: int, values: Iterable[str]) -> dict[tuple[Target, str], RuleRecord]:
    """The rules in force about values as they are stored, by target and value."""
    found = {}
    for some in in_chunks(values):
        query = select(*COLUMNS).where(RULE.c.store_id == store_id, RULE.c.value.in_(some), IN_FORCE)
        for row in await (await session.connection()).execute(query):
            found[row.target, row.value] = RuleRecord(*row)
    return found


async def count(session: AsyncSession, store_id: int) -> int:
    """How many rules of a store are in force."""
    query = select(func.count()).select_from(RULE).where(RULE.c.store_id == store_id, IN_FORCE)
    return int((await (await session.connection()).execute(query)).scalar_one())


async def newest_id(session: AsyncSession) -> int:
    """The number of the latest rule of all; the next one gets a greater one."""
    return int((await (await session.connection()).execute(select(func.max(RULE.c.id)))).scalar_one() or 0)


async def existing(session: AsyncSession, store_id: int, cart_tokens: Iterable[str]) -> set[str]:
    """Those of the cart tokens that the store has a session of."""
    found: set[str] = set()
    for some in in_chunks(cart_tokens):
        query = select(_SESSION.c.cart_token)
        query = query.where(_SESSION.c.store_id == store_id, _SESSION.c.cart_token.in_(some))
        found |= set((await (await session.connection()).execute(query)).scalars())
    return found


async def insert(
    session: AsyncSession,
    store_id: int,
    wanted: Sequence[tuple[Wanted, RuleRecord | None]],
    created_at: datetime,
    action: RuleAction | None,
) -> list[RuleRecord]:
    """Make rules, each with the one that it replaces; their sessions are still to be settled.

    The audit tells of each as an ``action``; None: the caller has it told.
    """
    if not wanted:
        return []
    rows = [
        {
            "store_id": store_id,
            "decision": one.decision,
            "target": one.about.target,
            "value": one.about.value,
            "low": one.about.low,
            "high": one.about.high,
            "rank": one.about.rank,
            "reason": one.reason,
            "actor": one.actor[:100],
            "created_at": created_at,
            "until": one.until,
            "replaces": former.id if former else None,
            "pending": True,
        }
        for one, former in wanted
    ]
    inserted = insertion(RULE).returning(*COLUMNS, sort_by_parameter_order=True)
    made = [RuleRecord(*row) for row in await (await session.connection()).execute(inserted, rows)]
    if action is not None:
        lines = []
        for rule, (one, former) in zip(made, wanted, strict=True):
            before = told(former) if former else None
            lines.append(
                AuditLine(
                    created_at, one.actor, action, rule.target, rule.value, rule.reason, rule.id, before, told(rule)
                )
            )
        await audit.write(session, store_id, *lines)
    if action is not RuleAction.IMPORTED:  # a list from elsewhere is nobody's judgement of these sessions
        for rule in made:
            if rule.target is Target.SESSION:
                await labels.decided(session, store_id, rule.value, rule.decision, created_at)
    return made


async def end(
    session: AsyncSession, store_id: int, rule: RuleRecord, how: RuleAction, reason: str, actor: str, now: datetime
) -> RuleRecord:
    """End a rule, with its line in the audit; its sessions are still to be settled."""
    ending = {"ended_at": now, "ending": how, "end_reason": reason}
    changed = update(RULE).where(RULE.c.id == rule.id, RULE.c.store_id == store_id)
    await (await session.connection()).execute(changed.values(**ending, pending=True))
    line = AuditLine(now, actor, how, rule.target, rule.value, reason, rule.id, before=told(rule))
    await audit.write(session, store_id, line)
    # One whose time is over was no mistake.
    if rule.target is Target.SESSION and how in (RuleAction.LIFTED, RuleAction.UNDONE):
        await labels.undecided(session, store_id, rule.value)
    return replace(rule, ended_at=now, ending=how, end_reason=reason)


def told(rule: RuleRecord) -> dict[str, str | int | None]:
    """What the audit tells of a rule: not its value, which has a column of its own that can be emptied."""
    return {
        "rule_id": rule.id,
        "decision": rule.decision.value,
        "until": milliseconds(rule.until) if rule.until else None,
        "reason": rule.reason,
    }
