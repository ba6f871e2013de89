"""Settling: decides all sessions that a rule reaches once it has begun, or that one had decided once it has ended.

In pieces, so that others can write in between: the rule itself is there with the first piece, so what begins meanwhile
is decided by it as it begins. A rule is ``pending`` until its last session is done; what was interrupted goes on later.
"""

from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Row, literal_column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data import rulings, stores
from data.columns import in_chunks, milliseconds
from data.database import Busy, Database
from data.models import METADATA
from data.risk_models import RULE
from data.rule_book import RuleBook
from data.rule_reach import DECIDED, FREE, MANY, reach
from data.rule_targets import Target
from data.rule_values import RuleValue
from data.status import Status

BATCH = 500
"""Sessions decided in one transaction: other writers wait no longer than that takes."""

MOST_AT_ONCE = 100
"""Rules looked at in one transaction, for the same reason."""

_STORE: Any = METADATA.tables["store"]
_SESSION: Any = METADATA.tables["session"]
_COLUMNS = [
    RULE.c[name] for name in "id store_id target value low high rank created_at until ended_at end_reason".split()
]
_PENDING = RULE.c.pending == literal_column("1")  # so that SQLite takes its index

_FORMER = "session AS s INDEXED BY session_by_former_rule"

_Pending = Row[*tuple[Any, ...]]


async def settle(db: Database, now: datetime) -> int:
    """Go on with all that is pending until nothing is; how many sessions changed. Raises Busy."""
    changed = 0
    while True:
        async with db.reading() as reader:
            due = list((await reader.execute(select(RULE.c.id).where(_PENDING).limit(MOST_AT_ONCE))).scalars())
        if not due:
            return changed
        async with db.writing() as session:
            for store_id, its_own in (await settle_some(session, due, now)).items():
                changed += its_own
                await stores.touched(session, store_id)


async def go_on(db: Database, now: datetime) -> None:
    """Go on with what is pending, after what has been done already; what the database is too busy for is done later."""
    with suppress(Busy):
        await settle(db, now)


async def settle_some(session: AsyncSession, rule_ids: Iterable[int], now: datetime) -> dict[int, int]:
    """One piece, in the caller's transaction, of what is pending of these rules; how many sessions changed, by store.

    The caller moves the stores' revisions.
    """
    connection = await session.connection()
    left, done, changed = BATCH, list[int](), dict[int, int]()
    query = select(*_COLUMNS, _STORE.c.ip_days).join(_STORE, _STORE.c.id == RULE.c.store_id)
    pending = (await connection.execute(query.where(RULE.c.id.in_(list(rule_ids)), _PENDING))).all()
    books: dict[int, RuleBook] = {}
    for rule in pending:
        ids = await _reached(connection, rule, left, now)
        its_own = 0
        if ids:
            if rule.store_id not in books:
                books[rule.store_id] = await rulings.book(session, rule.store_id)
            known, because = books[rule.store_id], rule.end_reason or ""
            its_own = await rulings.decide(session, rule.store_id, ids, known, now, because=because)
        if its_own:
            changed[rule.store_id] = changed.get(rule.store_id, 0) + its_own
        # Where nothing has changed nothing would the next time.
        if len(ids) < left or not its_own:
            done.append(rule.id)
        left -= len(ids)
        if left <= 0:
            break
    for some in in_chunks(done):
        await connection.execute(update(RULE).where(RULE.c.id.in_(some)).values(pending=False))
    return changed


async def _reached(connection: AsyncConnection, rule: _Pending, most: int, now: datetime) -> list[int]:
    """Some sessions that are still to be decided because of a rule."""
    if rule.ended_at is not None:
        # Once decided again they are not its own any more.
        query = select(_SESSION.c.id).where(_SESSION.c.rule_id == rule.id).limit(most)
        return list((await connection.execute(query)).scalars())
    about = RuleValue(rule.target, rule.value, rule.low, rule.high)
    reached = reach(rule.store_id, about, ip_days=rule.ip_days, now=now)
    source, condition = f"session AS s {reached.by}", reached.condition
    if rule.target is not Target.SESSION:
        active = f"s.status = '{Status.ACTIVE.value}'"
        if (await connection.exec_driver_sql(reached.counted, dict(reached.values))).scalar_one() < MANY:
            # One that comes back speaks again of those, too, that are over since it was made first.
            condition += f" AND ({active} OR s.ended_at >= :created)"
        else:
            condition, source = f"{condition} AND {active}", "session AS s INDEXED BY session_by_status"
    # Those that are its own already, or that a more particular rule keeps, are none of its matter.
    open_to_it = f"s.store_id = :store AND s.rule_id IS NOT :rule AND {FREE}"
    statement = f"SELECT s.id FROM {source} {DECIDED} WHERE {condition} AND {open_to_it} LIMIT :most"  # noqa: S608  # conditions of ours; all from outside is bound
    own = {"rule": rule.id, "rank": rule.rank, "created": milliseconds(rule.created_at)}
    values = dict(reached.values) | own | {"now": milliseconds(now), "most": most}
    found = dict.fromkeys((await connection.exec_driver_sql(statement, values)).scalars())
    if len(found) < most:
        # And those that it had decided before it came back, wherever they are now.
        statement = f"SELECT s.id FROM {_FORMER} {DECIDED} WHERE s.former_rule_id = :rule AND {open_to_it} LIMIT :most"  # noqa: S608  # the same
        found |= dict.fromkeys((await connection.exec_driver_sql(statement, values)).scalars())
    return list(found)[:most]
