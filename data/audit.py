"""The audit: who did what, to whom, why, what was so before and after. Written with what was done, never changed.

The database itself refuses to take a line out or to rewrite one (see the migration). All that may happen to one is that
what it tells of a person is emptied.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data.addresses import unpack
from data.columns import in_chunks
from data.database import Database
from data.models import METADATA
from data.risk_models import AUDIT
from data.rule_records import AuditRecord
from data.rule_targets import RuleAction, Target

MERCHANT = "merchant"
"""Who acts as long as nobody has to say who they are."""

SYSTEM = "system"
"""Who acts when Cartwatch does so by itself."""

_SESSION: Any = METADATA.tables["session"]
_COLUMNS = [AUDIT.c[name] for name in AuditRecord.__dataclass_fields__]
_OF_PERSONS = ("value", "reason", "before", "after")


@dataclass(frozen=True, slots=True)
class AuditLine:
    """A line to be written; see AuditRecord."""

    at: datetime
    actor: str
    action: RuleAction
    target: Target | None = None
    value: str | None = None
    reason: str | None = None
    rule_id: int | None = None
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None


async def write(session: AsyncSession, store_id: int, *lines: AuditLine) -> None:
    """Write lines, in the transaction of what they tell of."""
    rows = [
        {
            "store_id": store_id,
            "at": line.at,
            "actor": line.actor[:100],
            "action": line.action.value,
            "target": line.target.value if line.target else None,
            "value": line.value,
            "reason": line.reason,
            "rule_id": line.rule_id,
            "before": _text(line.before),
            "after": _text(line.after),
        }
        for line in lines
    ]
    if rows:
        await (await session.connection()).execute(insert(AUDIT), rows)


async def of_store(
    db: Database, store_id: int, *, before_id: int | None = None, action: RuleAction | None = None, limit: int = 100
) -> tuple[AuditRecord, ...]:
    """A store's lines, the newest first; those before a line of an earlier page, those of one ``action``."""
    query = select(*_COLUMNS).where(AUDIT.c.store_id == store_id)
    if action is not None:
        query = query.where(AUDIT.c.action == action.value)
    if before_id is not None:
        query = query.where(AUDIT.c.id < before_id)
    async with db.reading() as connection:
        rows = await connection.execute(query.order_by(AUDIT.c.id.desc()).limit(limit))
        return tuple(_record(row) for row in rows)


async def of_session(db: Database, store_id: int, session_id: int, *, limit: int = 100) -> tuple[AuditRecord, ...]:
    """What was done about a session: about itself, its device or its IP, or by the rule that decides it; newest first.

    Empty for a session that there is not.
    """
    columns = [_SESSION.c[name] for name in ("cart_token", "device_id", "ip", "rule_id")]
    async with db.reading() as connection:
        own = select(*columns).where(_SESSION.c.id == session_id, _SESSION.c.store_id == store_id)
        known = (await connection.execute(own)).first()
        if known is None:
            return ()
        names = [(Target.SESSION, known.cart_token), (Target.DEVICE, known.device_id)]
        names.append((Target.IP, unpack(known.ip) if known.ip else None))
        about: list[ColumnElement[bool]] = [
            and_(AUDIT.c.target == target.value, AUDIT.c.value == name) for target, name in names if name
        ]
        found: dict[int, AuditRecord] = {}
        # Two questions, each with its index; an OR of them would look at every line of the store.
        for condition in (or_(*about), AUDIT.c.rule_id == known.rule_id):
            query = select(*_COLUMNS).where(AUDIT.c.store_id == store_id, condition)
            rows = await connection.execute(query.order_by(AUDIT.c.id.desc()).limit(limit))
            found |= {row.id: _record(row) for row in rows}
    return tuple(found[number] for number in sorted(found, reverse=True)[:limit])


async def forget(connection: AsyncConnection, store_id: int, values: Iterable[str]) -> None:
    """Empty the lines that name one of these values."""
    nothing = dict.fromkeys(_OF_PERSONS)
    for some in in_chunks(values):
        named = (AUDIT.c.store_id == store_id, AUDIT.c.value.in_(some))
        await connection.execute(update(AUDIT).where(*named).values(nothing))


async def forget_everything(connection: AsyncConnection, store_id: int) -> None:
    """Empty every line of a store."""
    told = or_(*(AUDIT.c[name].is_not(None) for name in _OF_PERSONS))
    nothing = dict.fromkeys(_OF_PERSONS)
    await connection.execute(update(AUDIT).where(AUDIT.c.store_id == store_id, told).values(nothing))


async def forget_values(connection: AsyncConnection, store_id: int, rules: Sequence[tuple[int, str]]) -> None:
    """Empty the values, nothing else, of the lines about these rules (id and value)."""
    for rule_id, value in rules:
        # By the value, as it has an index; a value may have had several rules, each with its time.
        named = (AUDIT.c.store_id == store_id, AUDIT.c.value == value, AUDIT.c.rule_id == rule_id)
        await connection.execute(update(AUDIT).where(*named).values(value=None))


def _text(known: Mapping[str, Any] | None) -> str | None:
    return None if known is None else json.dumps(known, ensure_ascii=False)


def _record(row: Row[Any]) -> AuditRecord:
    known = dict(zip(AuditRecord.__dataclass_fields__, row, strict=True))
    known["action"] = RuleAction(known["action"])
    known["target"] = Target(known["target"]) if known["target"] else None
    for name in ("before", "after"):
        known[name] = json.loads(known[name]) if known[name] else None
    return AuditRecord(**known)
