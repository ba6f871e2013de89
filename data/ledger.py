"""What one write transaction reads and writes of a store's sessions: each kind of row in one statement for all of them.

Core statements, not objects: three thousand events a second leave no time for one object each.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlmodel import SQLModel
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks
from data.events import TimelineKind
from data.life import Entry, Life
from data.models import CartSession, LineItem, TimelineEvent
from data.session_ids import first_id, next_id

OWN = "system"
"""The source of what Cartwatch concluded by itself."""

_STORED = tuple(field.name for field in fields(Life) if field.name not in ("lines", "start_reported"))


def _table(model: type[SQLModel]) -> Any:
    return model.__table__  # type: ignore[attr-defined]  # SQLModel adds it when the class is made


_SESSION, _LINE, _EVENT = _table(CartSession), _table(LineItem), _table(TimelineEvent)
_UPDATE = update(_SESSION).where(_SESSION.c.id == bindparam("of")).values({name: bindparam(name) for name in _STORED})
_UPDATE_JUDGED = _UPDATE.values({name: bindparam(name) for name in ("risk_score", "assessed_level", "risk_level")})
_REWRITE = (
    update(_EVENT)
    .where(_EVENT.c.id == bindparam("of"))
    .values({name: bindparam(name) for name in ("applied", "note", "changes")})
)


@dataclass(frozen=True, slots=True)
class Past:
    """One stored line of a session's timeline. ``changes`` is JSON text."""

    id: int
    session_id: int
    kind: TimelineKind
    occurred_at: datetime
    received_at: datetime
    source: str
    source_id: str | None
    applied: bool
    changes: str | None
    note: str | None
    raw: str | None
    log_odds: float | None


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that is to be written: its token, its life, and the columns of its risk."""

    cart_token: str
    life: Life
    risk: Mapping[str, Any]


async def known_ids(session: AsyncSession, store_id: int, source_ids: Iterable[str]) -> set[str]:
    """Those of the events' ids that the store has already."""
    known: set[str] = set()
    for some in in_chunks(source_ids):
        query = select(_EVENT.c.source_id).where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(some))
        known |= set((await (await session.connection()).execute(query)).scalars())
    return known


async def lives(session: AsyncSession, store_id: int, cart_tokens: Iterable[str]) -> dict[str, tuple[int, Life]]:
    """The stored sessions of these tokens: id and life. Their lines are not read, and kept as long as none are set."""
    columns = [_SESSION.c[name] for name in _STORED]
    found = {}
    for some in in_chunks(cart_tokens):
        query = select(_SESSION.c.cart_token, _SESSION.c.id, *columns)
        query = query.where(_SESSION.c.store_id == store_id, _SESSION.c.cart_token.in_(some))
        for token, session_id, *values in await (await session.connection()).execute(query):
            found[token] = session_id, Life(**dict(zip(_STORED, values, strict=True)))
    return found


async def timeline(session: AsyncSession, session_id: int, *, most: int) -> list[Past]:
    """A session's timeline in the order of arrival; none of it where it has more than ``most`` lines."""
    columns = [_EVENT.c[field.name] for field in fields(Past)]
    its_own = _EVENT.c.session_id == session_id
    # Counted in the index alone, and no farther than needed.
    counted = select(func.count()).select_from(select(_EVENT.c.id).where(its_own).limit(most + 1).subquery())
    query = select(*columns).where(its_own, counted.scalar_subquery() <= most).order_by(_EVENT.c.id)
    return [Past(*row) for row in await (await session.connection()).execute(query)]


async def begin(session: AsyncSession, store_id: int, new: Mapping[int, NewSession]) -> None:
    """Write sessions that are not there yet, by id."""
    rows = [
        {"id": session_id, "store_id": store_id, "cart_token": one.cart_token, **one.risk, **_values(one.life)}
        for session_id, one in new.items()
    ]
    if rows:
        await (await session.connection()).execute(insert(_SESSION), rows)


async def go_on(session: AsyncSession, changed: Mapping[int, Life], risk: Mapping[int, Mapping[str, Any]]) -> None:
    """Write what sessions have become, by id, with the columns of their ``risk`` where that is given."""
    rows = {session_id: {"of": session_id} | _values(life) for session_id, life in changed.items()}
    judged = [{**row, **risk[session_id]} for session_id, row in rows.items() if session_id in risk]
    others = [row for session_id, row in rows.items() if session_id not in risk]
    for statement, values in ((_UPDATE_JUDGED, judged), (_UPDATE, others)):
        if values:
            await (await session.connection()).execute(statement, values)


async def fill(session: AsyncSession, store_id: int, carts: Mapping[int, Life], new: Iterable[int]) -> None:
    """Write the lines of the lives that have any to say, by session id; ``new`` sessions have none to take out."""
    filled = {session_id: life.lines for session_id, life in carts.items() if life.lines is not None}
    for some in in_chunks(filled.keys() - set(new)):
        await (await session.connection()).execute(delete(_LINE).where(_LINE.c.session_id.in_(some)))
    rows = [
        {"store_id": store_id, "session_id": session_id, "position": position} | asdict(line)
        for session_id, lines in filled.items()
        for position, line in enumerate(lines)
    ]
    if rows:
        await (await session.connection()).execute(insert(_LINE), rows)


async def tell(
    session: AsyncSession, store_id: int, entries: Sequence[tuple[int, Entry]], *, source: str, now: datetime
) -> None:
    """Add lines to the timelines, each with its session's id."""
    rows = [
        {
            "store_id": store_id,
            "session_id": session_id,
            "kind": entry.kind,
            "occurred_at": entry.occurred_at,
            "received_at": now,
            "source": source if entry.event else OWN,
            "source_id": entry.event.id if entry.event else None,
            "applied": entry.applied,
            "changes": changes_text(entry),
            "note": entry.note,
            "raw": entry.event.raw if entry.event else None,
            "score": entry.score,
            "log_odds": entry.log_odds,
            "model_version": entry.model_version,
        }
        for session_id, entry in entries
    ]
    if rows:
        await (await session.connection()).execute(insert(_EVENT), rows)


async def retell(session: AsyncSession, told: Mapping[int, Entry], untold: Iterable[int]) -> None:
    """Correct lines of the timeline, by their ids, after an event came late; take out conclusions that were wrong."""
    rows = [
        {"of": past_id, "applied": entry.applied, "note": entry.note, "changes": changes_text(entry)}
        for past_id, entry in told.items()
    ]
    if rows:
        await (await session.connection()).execute(_REWRITE, rows)
    for some in in_chunks(untold):
        await (await session.connection()).execute(delete(_EVENT).where(_EVENT.c.id.in_(some)))


def changes_text(entry: Entry) -> str | None:
    """What an entry changed, as it is stored."""
    return json.dumps(entry.changes, ensure_ascii=False) if entry.changes else None


def _values(life: Life) -> dict[str, Any]:
    return {name: getattr(life, name) for name in _STORED}


async def free_ids(session: AsyncSession, starts: Mapping[str, datetime]) -> dict[str, int]:
    """An id for each, by its start. A millisecond whose first id is free has room for all of a transaction."""
    firsts = {token: first_id(started_at) for token, started_at in starts.items()}
    taken: set[int] = set()
    for some in in_chunks(set(firsts.values())):
        taken |= set(
            (await (await session.connection()).execute(select(_SESSION.c.id).where(_SESSION.c.id.in_(some)))).scalars()
        )
    ids, last = {}, dict[int, int]()
    for token, first in firsts.items():
        if first in last:
            last[first] += 1
        else:
            last[first] = await next_id(session, starts[token]) if first in taken else first
        ids[token] = last[first]
    return ids
