"""The recent past of a store as it is stored, told again to its watch: at a start, and what others wrote meanwhile.

A watch knows what was reported, in the order in which it was stored. So what it knows can always be made again from
the events: those of the last day, and the earlier ones of sessions that go on.
"""

import asyncio
import json
from bisect import bisect_left
from collections import deque
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import or_, select, text
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data import learned_models, past_lines
from data.database import Database
from data.events import TimelineKind
from data.ledger import OWN
from data.levels import RiskLevel
from data.models import METADATA
from data.past_lines import Line
from data.records import StoreRecord
from data.risk.lookout import Lookout, Lookouts
from data.risk.norms import HOURS
from data.risk.visit import Visit
from data.risk.watch import Watch
from data.session_ids import first_id

KEPT = timedelta(hours=HOURS + 2)
"""How far back a watch looks: a day, the hour that has begun, and the clock of a source that is a little ahead."""

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]
_NOW = select(text(f"({past_lines.NEWEST})"), learned_models.IN_USE)
_NOW_TEXT = str(_NOW.compile(dialect=sqlite.dialect(paramstyle="named")))
_AT_ONCE = 500  # lines between two breaths
_MANY = 100_000  # lines of others that are not told one after the other any more


async def prepare(db: Database, some: Iterable[StoreRecord]) -> None:
    """Make the lookouts of stores that have none yet, beside all writing: no delivery can wait for a busy day's events.

    What is stored meanwhile is told to them in the transaction that uses them first (``bring_up_to_date``).
    """
    lookouts = db.lookouts
    for store in some:
        if store.id in lookouts.by_store or store.id in lookouts.prepared:
            continue
        async with db.preparing:
            if store.id not in lookouts.by_store and store.id not in lookouts.prepared:
                async with db.reading() as connection:
                    upto = await past_lines.newest(connection)
                    lookouts.prepared[store.id] = await _begin(connection, store), upto


async def bring_up_to_date(session: AsyncSession, lookouts: Lookouts, store: StoreRecord) -> Lookout:
    """The store's lookout, made or completed with all that is stored, inside the caller's write transaction."""
    lookouts.changed = True
    connection = await session.connection()
    newest, models = await past_lines.answer(connection, _NOW_TEXT, {"store": store.id})
    if newest < lookouts.upto or newest > lookouts.upto + _MANY:
        # Something was erased by another process, or so much was stored that a day of it is read faster.
        lookouts.forget()
    if newest > lookouts.upto:
        for store_id, lookout in lookouts.by_store.items():
            await _catch_up(connection, store_id, lookout, lookouts.upto)
        lookouts.upto = newest
    found = lookouts.by_store.get(store.id)
    if found is None:
        found, upto = lookouts.prepared.pop(store.id, (None, 0))
        if found is None or not upto <= newest <= upto + _MANY:
            found = await _begin(connection, store)
        elif newest > upto:
            await _catch_up(connection, store.id, found, upto)
        lookouts.by_store[store.id] = found
    await learned_models.follow(connection, store.id, found, models)
    return found


async def told(session: AsyncSession, lookouts: Lookouts) -> None:
    """Say that all that is stored until now was told to the lookouts."""
    lookouts.upto = await past_lines.newest(await session.connection())


@dataclass(slots=True)
class _Told:
    """What is known of sessions while stored lines are told."""

    visits: dict[int, Visit] = field(default_factory=dict)
    levels: dict[int, RiskLevel] = field(default_factory=dict)
    log_odds: dict[int, float] = field(default_factory=dict)


def _tell(lookout: Lookout, lines: Iterable[Line], told: _Told) -> None:
    """Tell a lookout stored lines in their order."""
    for line in lines:
        number = line.session_id
        visit = told.visits.get(number)
        one = past_lines.happening(line, lookout.watch.currency)
        if one is not None and one.kind in past_lines.DECISIONS:
            if visit is not None:
                lookout.watch.decided(one, visit)
        elif one is not None and (line.raw is not None or visit is not None):
            visit, _ = lookout.watch.see(one, visit)
            told.visits[number] = visit
        elif line.kind is TimelineKind.RISK_ASSESSED and line.source == OWN and line.changes:
            told.levels[number] = RiskLevel(json.loads(line.changes)["level"])
        if line.log_odds is not None:
            told.log_odds[number] = line.log_odds
        elif line.kind is not TimelineKind.RISK_ASSESSED:
            continue
        # A line that tells of a new level follows the event that led to it: the place is that of the two together.
        if visit is not None and number in told.log_odds:
            queued = told.levels.get(number) is not RiskLevel.RESTRICTED
            lookout.queue.place(number, visit.begun, told.log_odds[number], lookout.watch.now, queued=queued)


async def _begin(connection: AsyncConnection, store: StoreRecord) -> Lookout:
    lookout = Lookout(Watch(store.currency))
    latest = select(_SESSION.c.last_activity_at).where(_SESSION.c.store_id == store.id)
    at = (await connection.execute(latest.order_by(_SESSION.c.id.desc()).limit(1))).scalar()
    if at is None:
        return lookout
    # The newest session is not always the one that was last heard of; then this goes back a little further than needed.
    begin = at - KEPT
    first = await past_lines.first_received(connection, begin)
    # Also what was told late of a session of this time, as of before it was heard of: where its address was, say.
    within = or_(_EVENT.c.occurred_at >= begin, _EVENT.c.session_id >= first_id(begin))
    recent = (past_lines.of_store(store.id), within)
    earlier = deque(await past_lines.earlier(connection, store.id, recent, first, begin))
    told, last = _Told(), first - 1
    while lines := await past_lines.rows(connection, *recent, _EVENT.c.id > last, most=_AT_ONCE):
        last = lines[-1].id
        before = [earlier.popleft() for _ in range(bisect_left(earlier, last, key=_id))]
        _tell(lookout, sorted(before + lines), told)
        await asyncio.sleep(0)
    _tell(lookout, earlier, told)
    return lookout


async def _catch_up(connection: AsyncConnection, store_id: int, lookout: Lookout, upto: int) -> None:
    """Tell a lookout what was stored after ``upto``: by other processes, by the merchant, by an import."""
    new = await past_lines.rows(connection, past_lines.of_store(store_id), _EVENT.c.id > upto)
    ids = {line.session_id for line in new}
    new += [line for line in await past_lines.taken_back_of(connection, ids) if line.id > upto]
    _tell(lookout, sorted(new), await _aside(connection, ids, lookout.watch.currency, upto))


async def visits(connection: AsyncConnection, ids: Collection[int], currency: str) -> dict[int, Visit]:
    """What is known of sessions by their timelines, where it is not stored with them any more (or was not yet)."""
    return (await _aside(connection, ids, currency, None)).visits


async def _aside(connection: AsyncConnection, ids: Collection[int], currency: str, upto: int | None) -> _Told:
    """What is known of sessions up to a line, by their timelines alone."""
    told, lines = _Told(), await past_lines.of_sessions(connection, ids)
    _tell(Lookout(Watch(currency)), sorted(line for line in lines if upto is None or line.id <= upto), told)
    return told


def _id(line: Line) -> int:
    return line.id
