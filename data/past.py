"""The recent past of a store as it is stored, told again to its watch: at a start, and what others wrote meanwhile.

A watch knows what was reported, in the order in which it was stored. So what it knows can always be made again from
the events: those of the last day, and the earlier ones of sessions that go on.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks
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
from data.rule_targets import Target
from data.session_ids import first_id

KEPT = timedelta(hours=HOURS + 2)
"""How far back a watch looks: a day, the hour that has begun, and the clock of a source that is a little ahead."""

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


async def bring_up_to_date(session: AsyncSession, lookouts: Lookouts, store: StoreRecord) -> Lookout:
    """The store's lookout, made or completed with all that is stored, inside the caller's write transaction."""
    lookouts.changed = True
    connection = await session.connection()
    newest = (await connection.execute(select(func.max(_EVENT.c.id)))).scalar() or 0
    if newest > lookouts.upto:
        for store_id, lookout in lookouts.by_store.items():
            await _catch_up(session, store_id, lookout, lookouts.upto)
        lookouts.upto = newest
    found = lookouts.by_store.get(store.id)
    if found is None:
        found = lookouts.by_store[store.id] = await _begin(session, store)
    return found


async def told(session: AsyncSession, lookouts: Lookouts) -> None:
    """Say that all that is stored until now was told to the lookouts."""
    connection = await session.connection()
    lookouts.upto = (await connection.execute(select(func.max(_EVENT.c.id)))).scalar() or 0


def tell(lookout: Lookout, rows: Iterable[_Row], currency: str, visits: dict[int, Visit]) -> None:
    """Tell a lookout stored lines in their order. ``visits`` are what is known of the sessions, and are completed."""
    levels: dict[int, RiskLevel] = {}
    for row in rows:
        visit = visits.get(row.session_id)
        one = _happening(row, currency)
        if one is not None and one.kind in _DECISIONS:
            if visit is not None:
                lookout.watch.decided(one, visit)
        elif one is not None and (row.raw is not None or visit is not None):
            visits[row.session_id], _ = lookout.watch.see(one, visit)
        elif row.kind is TimelineKind.RISK_ASSESSED and row.source == OWN and row.changes:
            levels[row.session_id] = RiskLevel(json.loads(row.changes)["level"])
        visit = visits.get(row.session_id)
        if visit is not None and row.log_odds is not None:
            queued = levels.get(row.session_id) is not RiskLevel.RESTRICTED
            lookout.queue.place(row.session_id, visit.begun, row.log_odds, lookout.watch.now, queued=queued)


async def _begin(session: AsyncSession, store: StoreRecord) -> Lookout:
    lookout = Lookout(Watch(store.currency))
    connection = await session.connection()
    latest = select(_SESSION.c.last_activity_at).where(_SESSION.c.store_id == store.id)
    at = (await connection.execute(latest.order_by(_SESSION.c.id.desc()).limit(1))).scalar()
    if at is None:
        return lookout
    # The newest session is not always the one that was last heard of; then this goes back a little further than needed.
    begin = at - KEPT
    first = await _first_received(session, begin)
    rows = await _rows(session, _EVENT.c.store_id == store.id, _EVENT.c.id >= first, _EVENT.c.occurred_at >= begin)
    going_on = {row.session_id for row in rows if row.session_id < first_id(begin)}
    for some in in_chunks(going_on):
        earlier = or_(_EVENT.c.occurred_at < begin, _EVENT.c.id < first)
        rows += await _rows(session, _EVENT.c.session_id.in_(some), earlier)
    tell(lookout, sorted(rows), store.currency, {})
    return lookout


async def _catch_up(session: AsyncSession, store_id: int, lookout: Lookout, upto: int) -> None:
    """Tell a lookout what was stored after ``upto``: by other processes, by the merchant, by an import."""
    new = await _rows(session, _EVENT.c.store_id == store_id, _EVENT.c.id > upto)
    visits: dict[int, Visit] = {}
    aside = Lookout(Watch(lookout.watch.currency))
    earlier: list[_Row] = []
    for some in in_chunks({row.session_id for row in new}):
        earlier += await _rows(session, _EVENT.c.session_id.in_(some), _EVENT.c.id <= upto)
    tell(aside, sorted(earlier), lookout.watch.currency, visits)
    tell(lookout, new, lookout.watch.currency, visits)


async def _rows(session: AsyncSession, *conditions: Any) -> list[_Row]:
    query = select(*_COLUMNS).where(*conditions).order_by(_EVENT.c.id)
    return [_Row(*row) for row in await (await session.connection()).execute(query)]


async def _first_received(session: AsyncSession, since: datetime) -> int:
    """The id from which on events were received since a moment. Ids grow with it, so halving finds it."""
    connection = await session.connection()
    low, high = 0, ((await connection.execute(select(func.max(_EVENT.c.id)))).scalar() or 0) + 1
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
