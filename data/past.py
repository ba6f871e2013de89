"""The recent past of a store as it is stored, told again to its watch: at a start, and what others wrote meanwhile.

A watch knows what was reported, in the order in which it was stored. So what it knows can always be made again from
the events: those of the last day, and the earlier ones of sessions that go on.
"""

import asyncio
import json
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select, text, update
from sqlalchemy.dialects import sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data import learned_models
from data.columns import in_chunks, moment
from data.database import Database
from data.event_format import parse
from data.events import TimelineKind
from data.ledger import OWN
from data.levels import RiskLevel
from data.models import METADATA
from data.records import StoreRecord
from data.risk.happening import Happening, milliseconds, of_event
from data.risk.lookout import Lookout, Lookouts
from data.risk.norms import HOURS
from data.risk.visit import Visit
from data.risk.watch import Watch
from data.risk_models import SESSION_RISK
from data.rule_targets import Target
from data.session_ids import first_id
from data.status import Status

KEPT = timedelta(hours=HOURS + 2)
"""How far back a watch looks: a day, the hour that has begun, and the clock of a source that is a little ahead."""

Line = tuple[int, datetime]
"""The number and the moment of a line in a timeline."""

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]
_DECISIONS = (TimelineKind.RESTRICTED, TimelineKind.CLEARED)


class _Row(NamedTuple):
    """A line of a timeline, as far as a watch is concerned."""

    id: int
    session_id: int
    kind: TimelineKind
    occurred_at: datetime
    received_at: datetime
    source: str
    source_id: str | None
    changes: str | None
    raw: str | None
    log_odds: float | None


_COLUMNS = [_EVENT.c[name] for name in _Row._fields]
_NEWEST = "SELECT coalesce(max(id), 0) FROM event"
_NOW = str(select(text(f"({_NEWEST})"), learned_models.IN_USE).compile(dialect=sqlite.dialect(paramstyle="named")))
_SAYS = or_(
    _EVENT.c.raw.is_not(None), _EVENT.c.kind.in_([*_DECISIONS, TimelineKind.EXPIRED, TimelineKind.RISK_ASSESSED])
)
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
                    upto = await _newest(connection)
                    lookouts.prepared[store.id] = await _begin(connection, store), upto


async def bring_up_to_date(session: AsyncSession, lookouts: Lookouts, store: StoreRecord) -> Lookout:
    """The store's lookout, made or completed with all that is stored, inside the caller's write transaction."""
    lookouts.changed = True
    connection = await session.connection()
    newest, models = await _answer(connection, _NOW, {"store": store.id})
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
    lookouts.upto = await _newest(await session.connection())


async def take_back(session: AsyncSession, lines: Mapping[int, Sequence[Line]]) -> None:
    """Remember the expiries, by session, that this transaction takes out of timelines: watches were told of them."""
    if not lines:
        return
    connection = await session.connection()
    columns = (SESSION_RISK.c.session_id, SESSION_RISK.c.taken_back)
    values = []
    for some in in_chunks(lines):
        for number, before in (await connection.execute(select(*columns).where(columns[0].in_(some)))).all():
            more = [[line, milliseconds(at)] for line, at in lines[number]]
            values.append({"of": number, "lines": json.dumps([*json.loads(before or "[]"), *more])})
    if values:
        changed = update(SESSION_RISK).where(columns[0] == bindparam("of")).values(taken_back=bindparam("lines"))
        await connection.execute(changed, values)


@dataclass(slots=True)
class _Told:
    """What is known of sessions while stored lines are told."""

    visits: dict[int, Visit] = field(default_factory=dict)
    levels: dict[int, RiskLevel] = field(default_factory=dict)
    log_odds: dict[int, float] = field(default_factory=dict)


def _tell(lookout: Lookout, rows: Iterable[_Row], told: _Told) -> None:
    """Tell a lookout stored lines in their order."""
    for row in rows:
        number = row.session_id
        visit = told.visits.get(number)
        one = _happening(row, lookout.watch.currency)
        if one is not None and one.kind in _DECISIONS:
            if visit is not None:
                lookout.watch.decided(one, visit)
        elif one is not None and (row.raw is not None or visit is not None):
            visit, _ = lookout.watch.see(one, visit)
            told.visits[number] = visit
        elif row.kind is TimelineKind.RISK_ASSESSED and row.source == OWN and row.changes:
            told.levels[number] = RiskLevel(json.loads(row.changes)["level"])
        if row.log_odds is not None:
            told.log_odds[number] = row.log_odds
        elif row.kind is not TimelineKind.RISK_ASSESSED:
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
    first = await _first_received(connection, begin)
    recent = (_of(store.id), _EVENT.c.occurred_at >= begin)
    earlier = deque(await _earlier(connection, store.id, recent, first, begin))
    told, last = _Told(), first - 1
    while rows := await _rows(connection, *recent, _EVENT.c.id > last, most=_AT_ONCE):
        last = rows[-1].id
        before = [earlier.popleft() for _ in range(bisect_left(earlier, last, key=_id))]
        _tell(lookout, sorted(before + rows), told)
        await asyncio.sleep(0)
    _tell(lookout, earlier, told)
    return lookout


async def _earlier(
    connection: AsyncConnection, store_id: int, recent: Sequence[Any], first: int, begin: datetime
) -> list[_Row]:
    """The lines from before the window of sessions that go on within it or hold stock to this day, in their order.

    With those of the window that were taken back.
    """
    old, oldest = (_EVENT.c.id >= first, _EVENT.c.session_id < first_id(begin)), first_id(begin)
    going_on = set((await connection.execute(select(_EVENT.c.session_id).where(*recent, *old).distinct())).scalars())
    active = (_SESSION.c.store_id == store_id, _SESSION.c.status == Status.ACTIVE, _SESSION.c.id < oldest)
    going_on |= set((await connection.execute(select(_SESSION.c.id).where(*active))).scalars())
    before = or_(_EVENT.c.occurred_at < begin, _EVENT.c.id < first)
    rows = await _taken_back(connection, SESSION_RISK.c.store_id == store_id, SESSION_RISK.c.session_id >= oldest)
    for some in in_chunks(going_on):
        rows += await _rows(connection, _EVENT.c.session_id.in_(some), before)
        rows += await _taken_back(connection, SESSION_RISK.c.session_id.in_(some))
    return sorted(rows)


async def _catch_up(connection: AsyncConnection, store_id: int, lookout: Lookout, upto: int) -> None:
    """Tell a lookout what was stored after ``upto``: by other processes, by the merchant, by an import."""
    new = await _rows(connection, _of(store_id), _EVENT.c.id > upto)
    ids = {row.session_id for row in new}
    for some in in_chunks(ids):
        new += [row for row in await _taken_back(connection, SESSION_RISK.c.session_id.in_(some)) if row.id > upto]
    _tell(lookout, sorted(new), await _aside(connection, ids, lookout.watch.currency, upto))


async def visits(connection: AsyncConnection, ids: Iterable[int], currency: str) -> dict[int, Visit]:
    """What is known of sessions by their timelines, where it is not stored with them any more (or was not yet)."""
    return (await _aside(connection, ids, currency, None)).visits


async def _aside(connection: AsyncConnection, ids: Iterable[int], currency: str, upto: int | None) -> _Told:
    """What is known of sessions up to a line, by their timelines alone."""
    told, rows = _Told(), list[_Row]()
    for some in in_chunks(ids):
        rows += await _rows(connection, _EVENT.c.session_id.in_(some))
        rows += await _taken_back(connection, SESSION_RISK.c.session_id.in_(some))
    _tell(Lookout(Watch(currency)), sorted(row for row in rows if upto is None or row.id <= upto), told)
    return told


async def _rows(connection: AsyncConnection, *conditions: Any, most: int | None = None) -> list[_Row]:
    query = select(*_COLUMNS).where(_SAYS, *conditions).order_by(_EVENT.c.id).limit(most)
    return [_Row(*row) for row in await connection.execute(query)]


async def _taken_back(connection: AsyncConnection, *conditions: Any) -> list[_Row]:
    """The expiries that were taken back, as if their lines were still there."""
    columns = (SESSION_RISK.c.session_id, SESSION_RISK.c.taken_back)
    rows = []
    for number, lines in await connection.execute(select(*columns).where(*conditions, columns[1].is_not(None))):
        for line, at in json.loads(lines):
            told = moment(at)
            rows.append(_Row(line, number, TimelineKind.EXPIRED, told, told, OWN, None, None, None, None))
    return rows


def _of(store_id: int) -> Any:
    """That a line is of a store, said so that no index of stores is taken for it: lines are read along their ids."""
    return _EVENT.c.store_id + 0 == store_id


def _id(row: _Row) -> int:
    return row.id


async def _newest(connection: AsyncConnection) -> int:
    (newest,) = await _answer(connection, _NEWEST, {})
    return int(newest)


async def _answer(connection: AsyncConnection, question: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """The one row of an answer, asked of the driver itself: each delivery asks, and the way is longer than the work."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    [row] = await driver.execute_fetchall(question, values)
    return tuple(row)


async def _first_received(connection: AsyncConnection, since: datetime) -> int:
    """The id from which on events were received since a moment. Ids grow with it, so halving finds it."""
    low, high = 0, await _newest(connection) + 1
    while low < high:
        middle = (low + high) // 2
        next_one = select(_EVENT.c.received_at).where(_EVENT.c.id >= middle).order_by(_EVENT.c.id).limit(1)
        received = (await connection.execute(next_one)).scalar()
        if received is not None and received < since:
            low = middle + 1
        else:
            high = middle
    return low


def _happening(row: _Row, currency: str) -> Happening | None:
    """What a watch is told of a line; None for what nobody reported: an imported session, our own conclusions."""
    if row.kind in _DECISIONS:
        said = json.loads(row.changes) if row.changes else {}
        by_hand = said.get("target", Target.SESSION) == Target.SESSION
        return Happening(row.session_id, row.kind, milliseconds(row.occurred_at), hand=by_hand)
    if row.kind is TimelineKind.EXPIRED and row.source == OWN:
        return Happening(row.session_id, row.kind, milliseconds(row.occurred_at))
    if row.source_id is None or row.raw is None:
        return None
    try:
        event = parse(json.loads(row.raw), currency=currency, received_at=row.received_at)
    except ValueError:
        return None
    return of_event(row.session_id, event)
