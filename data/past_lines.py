"""The stored lines of timelines, as a watch is told of them: also the expiries that are not in them any more.

Lines are read in the order of their ids, which is the order in which they were stored.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import bindparam, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks, milliseconds, moment
from data.event_format import parse
from data.events import TimelineKind
from data.ledger import OWN
from data.models import METADATA
from data.risk.happening import Happening, of_event
from data.risk_models import SESSION_RISK
from data.rule_targets import Target
from data.session_ids import first_id
from data.status import Status

TakenBack = tuple[int, datetime, float | None]
"""The number and the moment of an expiry that is not in its timeline any more, and its log-odds where it was scored."""

DECISIONS = (TimelineKind.RESTRICTED, TimelineKind.CLEARED)
"""The kinds of lines that tell of the merchant's word."""

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]


class Line(NamedTuple):
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


NEWEST = "SELECT coalesce(max(id), 0) FROM event"
"""The id of the line that was stored last, of all stores; 0 where there is none."""

_COLUMNS = [_EVENT.c[name] for name in Line._fields]
_SAYS = or_(
    _EVENT.c.raw.is_not(None), _EVENT.c.kind.in_([*DECISIONS, TimelineKind.EXPIRED, TimelineKind.RISK_ASSESSED])
)


async def rows(connection: AsyncConnection, *conditions: Any, most: int | None = None) -> list[Line]:
    """The lines that tell a watch something, as far as conditions of the table of events hold; the first ``most``."""
    query = select(*_COLUMNS).where(_SAYS, *conditions).order_by(_EVENT.c.id).limit(most)
    return [Line(*row) for row in await connection.execute(query)]


async def taken_back(connection: AsyncConnection, *conditions: Any) -> list[Line]:
    """The expiries that were taken back, as if their lines were still there."""
    columns = (SESSION_RISK.c.session_id, SESSION_RISK.c.taken_back)
    found = []
    for number, lines in await connection.execute(select(*columns).where(*conditions, columns[1].is_not(None))):
        for line, at, log_odds in json.loads(lines):
            told = moment(at)
            found.append(Line(line, number, TimelineKind.EXPIRED, told, told, OWN, None, None, None, log_odds))
    return found


async def taken_back_of(connection: AsyncConnection, ids: Collection[int]) -> list[Line]:
    """The expiries of sessions that were taken back."""
    found = []
    for some in in_chunks(ids):
        found += await taken_back(connection, SESSION_RISK.c.session_id.in_(some))
    return found


async def of_sessions(connection: AsyncConnection, ids: Collection[int], *conditions: Any) -> list[Line]:
    """All lines of sessions, in no order, and those that were taken back, for which the conditions do not count."""
    found = []
    for some in in_chunks(ids):
        found += await rows(connection, _EVENT.c.session_id.in_(some), *conditions)
    return found + await taken_back_of(connection, ids)


async def take_back(session: AsyncSession, lines: Mapping[int, Sequence[TakenBack]]) -> None:
    """Remember the expiries, by session, that this transaction takes out of timelines: watches were told of them."""
    if not lines:
        return
    connection = await session.connection()
    columns = (SESSION_RISK.c.session_id, SESSION_RISK.c.taken_back)
    values = []
    for some in in_chunks(lines):
        for number, before in (await connection.execute(select(*columns).where(columns[0].in_(some)))).all():
            more = [[line, milliseconds(at), log_odds] for line, at, log_odds in lines[number]]
            values.append({"of": number, "lines": json.dumps([*json.loads(before or "[]"), *more])})
    if values:
        changed = update(SESSION_RISK).where(columns[0] == bindparam("of")).values(taken_back=bindparam("lines"))
        await connection.execute(changed, values)


async def earlier(
    connection: AsyncConnection, store_id: int, recent: Sequence[Any], first: int, begin: datetime
) -> list[Line]:
    """The lines from before the window of sessions that go on within it or hold stock to this day, in their order.

    With those of the window that were taken back. ``recent`` are the conditions of the window, ``first`` is the id from
    which on lines can be in it, ``begin`` is its begin.
    """
    old, oldest = (_EVENT.c.id >= first, _EVENT.c.session_id < first_id(begin)), first_id(begin)
    going_on = set((await connection.execute(select(_EVENT.c.session_id).where(*recent, *old).distinct())).scalars())
    active = (_SESSION.c.store_id == store_id, _SESSION.c.status == Status.ACTIVE, _SESSION.c.id < oldest)
    going_on |= set((await connection.execute(select(_SESSION.c.id).where(*active))).scalars())
    before = or_(_EVENT.c.occurred_at < begin, _EVENT.c.id < first)
    found = await taken_back(connection, SESSION_RISK.c.store_id == store_id, SESSION_RISK.c.session_id >= oldest)
    return sorted(found + await of_sessions(connection, going_on, before))


def of_store(store_id: int) -> Any:
    """That a line is of a store, said so that no index of stores is taken for it: lines are read along their ids."""
    return _EVENT.c.store_id + 0 == store_id


async def newest(connection: AsyncConnection) -> int:
    """The id of the line that was stored last, of all stores; 0 where there is none."""
    (found,) = await answer(connection, NEWEST, {})
    return int(found)


async def answer(connection: AsyncConnection, question: str, values: Mapping[str, Any]) -> Sequence[Any]:
    """The one row of ``answers``."""
    [row] = await answers(connection, question, values)
    return row


async def answers(connection: AsyncConnection, question: str, values: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Rows as the driver itself gives them: each delivery asks, and the way is longer than the work."""
    driver: Any = (await connection.get_raw_connection()).driver_connection
    return [tuple(row) for row in await driver.execute_fetchall(question, values)]


async def first_received(connection: AsyncConnection, since: datetime) -> int:
    """The id from which on events were received since a moment. Ids grow with it, so halving finds it."""
    low, high = 0, await newest(connection) + 1
    while low < high:
        middle = (low + high) // 2
        next_one = select(_EVENT.c.received_at).where(_EVENT.c.id >= middle).order_by(_EVENT.c.id).limit(1)
        received = (await connection.execute(next_one)).scalar()
        if received is not None and received < since:
            low = middle + 1
        else:
            high = middle
    return low


def happening(line: Line, currency: str) -> Happening | None:
    """What a watch is told of a line; None for what nobody reported: an imported session, our own conclusions."""
    if line.kind in DECISIONS:
        said = json.loads(line.changes) if line.changes else {}
        by_hand = said.get("target", Target.SESSION) == Target.SESSION
        return Happening(line.session_id, line.kind, milliseconds(line.occurred_at), hand=by_hand)
    if line.kind is TimelineKind.EXPIRED and line.source == OWN:
        return Happening(line.session_id, line.kind, milliseconds(line.occurred_at))
    if line.source_id is None or line.raw is None:
        return None
    try:
        event = parse(json.loads(line.raw), currency=currency, received_at=line.received_at)
    except ValueError:
        return None
    return of_event(line.session_id, event)
