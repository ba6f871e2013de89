"""All that is known of one session, and the sessions before and after it in the list's order."""

import hashlib
import json
from collections.abc import Sequence
from datetime import datetime
from sqlite3 import Connection

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import addresses, explained
from data.assessment import Assessment
from data.database import Database
from data.events import CartLine, TimelineKind, place
from data.filters import SessionFilter
from data.hits import hits
from data.listing import Listing
from data.models import CartSession, LineItem, RiskAssessment, Store, TimelineEvent
from data.orders import STRETCHES
from data.records import Neighbours, SessionDetail, StoreRecord, TimelineEntry

MOST_LINES, MOST_ENTRIES = 1_000, 2_000
"""Lines and timeline entries (the latest) that are read for one page."""

MOST_HITS = 10_000
"""What a search finds is known in its order up to here."""


async def detail(db: Database, store_id: int, cart_token: str, now: datetime) -> SessionDetail | None:
    """The session with this cart token in this store; None where there is none. The timeline is oldest first."""
    async with db.reading() as connection, AsyncSession(connection, expire_on_commit=False) as session:
        found = await session.exec(
            select(CartSession, Store)
            .join(Store, col(Store.id) == col(CartSession.store_id))
            .where(CartSession.store_id == store_id, CartSession.cart_token == cart_token)
        )
        pair = found.first()
        if pair is None:
            return None
        cart, store = pair
        lines = await session.exec(
            select(LineItem).where(LineItem.session_id == cart.id).order_by(col(LineItem.position)).limit(MOST_LINES)
        )
        entries = await session.exec(
            select(TimelineEvent)
            .where(TimelineEvent.session_id == cart.id)
            .order_by(col(TimelineEvent.occurred_at).desc(), col(TimelineEvent.id).desc())
            .limit(MOST_ENTRIES)
        )
        told = list(entries)
        assessment, hidden = await explained.assessment(connection, store_id, cart.id, told)
        if assessment is None and not hidden:
            assessment = await _imported(session, cart.id)
        return _detail(cart, store, list(lines), _timeline(told, hidden=hidden), assessment, hidden=hidden)


async def neighbours(
    db: Database, store_id: int, wanted: SessionFilter, session_id: int, *, now: datetime, locale: str = "en"
) -> Neighbours:
    """The sessions before and after one in the list's order, by cart token; None at an end of the list.

    Without a search the session need not be in the list itself: its place is where it would be. With a search its
    neighbours are known among the first MOST_HITS that are found.
    """
    listing = Listing(store_id, wanted, now, locale, None)
    return await db.ask(lambda connection: _neighbours(connection, listing, session_id))


def _neighbours(connection: Connection, listing: Listing, session_id: int) -> Neighbours:
    if listing.wanted.searches:
        before, after = _beside_among_hits(connection, listing, session_id)
    else:
        before = _beside(connection, listing, session_id, backwards=True)
        after = _beside(connection, listing, session_id, backwards=False)
    named = dict(
        connection.execute("SELECT id, cart_token FROM session WHERE id IN (?, ?)", (before, after)).fetchall()
    )
    return Neighbours(named.get(before), named.get(after))


def _beside_among_hits(connection: Connection, listing: Listing, session_id: int) -> tuple[int | None, int | None]:
    ids = hits(connection, listing, MOST_HITS)
    if session_id not in ids:
        return None, None
    place = ids.index(session_id)
    return ids[place - 1] if place else None, ids[place + 1] if place + 1 < len(ids) else None


def _beside(connection: Connection, listing: Listing, session_id: int, *, backwards: bool) -> int | None:
    """The id next to a session: in its own stretch of the order, else at the near end of the stretches that follow."""
    stretches = STRETCHES[listing.wanted.sort]
    where = f"SELECT s.id, s.value, s.risk_score, s.expires_at, {', '.join(s.condition for s in stretches)}"
    own = connection.execute(
        f"{where} FROM session AS s WHERE s.id = :id AND s.store_id = :store",
        listing.values | {"id": session_id},
    ).fetchone()
    if own is None:
        return None
    columns = dict(zip(("id", "value", "risk_score", "expires_at"), own, strict=False))
    begin = own[4:].index(1)
    following = stretches[begin::-1] if backwards else stretches[begin:]
    for stretch in following:
        beyond = f" AND {stretch.beyond(backwards=backwards)}" if stretch is following[0] else ""
        # In the order of ids each status and level has an index of its own to go along.
        parts = listing.branches if stretch.columns == ("id",) else [listing.pinned]
        found: list[int] = []
        for part in parts:
            statement = f"""
                SELECT s.id FROM session AS s WHERE {part} AND {stretch.condition}{beyond}
                ORDER BY {stretch.order(backwards=backwards)} LIMIT 1
            """
            found += [row[0] for row in connection.execute(statement, listing.values | columns)]
        if found:
            return max(found) if stretch.descending != backwards else min(found)
    return None


def _detail(
    cart: CartSession,
    store: Store,
    lines: list[LineItem],
    timeline: tuple[TimelineEntry, ...],
    assessment: Assessment | None,
    *,
    hidden: bool,
) -> SessionDetail:
    known = {name: getattr(cart, name) for name in SessionDetail.__dataclass_fields__ if hasattr(cart, name)}
    known |= {
        "ip": addresses.shown(cart.ip) if cart.ip else None,
        "network": addresses.network(cart.ip) if cart.ip else None,
        "token_hash": hashlib.sha256(cart.cart_token.encode()).hexdigest(),
        "store": StoreRecord(**{name: getattr(store, name) for name in StoreRecord.__dataclass_fields__}),
        "lines": tuple(CartLine(**{n: getattr(line, n) for n in CartLine.__dataclass_fields__}) for line in lines),
        "timeline": timeline,
        "assessment": assessment,
        "score_hidden": hidden,
    }
    return SessionDetail(**known)


async def _imported(session: AsyncSession, session_id: int) -> Assessment | None:
    newest = await session.exec(
        select(RiskAssessment)
        .where(RiskAssessment.session_id == session_id)
        .order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc())
        .limit(1)
    )
    stored = newest.first()
    return explained.imported(stored) if stored else None


def _timeline(told: Sequence[TimelineEvent], *, hidden: bool) -> tuple[TimelineEntry, ...]:
    """The entries oldest first; of the same moment in the order in which they were judged, however they arrived.

    While the score is ``hidden``, none of what was thought of the session on the way is in them.
    """
    arrived = sorted(told, key=lambda event: event.id or 0)
    before: dict[int | None, int | None] = {}
    score: int | None = None
    for event in arrived:
        before[event.id] = score
        score = score if event.score is None else event.score
    in_order = sorted(arrived, key=lambda event: place(event.kind, event.occurred_at, event.source_id))
    if hidden:
        return tuple(_entry(event, None, None) for event in in_order if event.kind is not TimelineKind.RISK_ASSESSED)
    return tuple(_entry(event, before[event.id], event.score) for event in in_order)


def _entry(event: TimelineEvent, score_before: int | None, score: int | None) -> TimelineEntry:
    known = {name: getattr(event, name) for name in TimelineEntry.__dataclass_fields__ if hasattr(event, name)}
    known |= {"changes": json.loads(event.changes) if event.changes else {}}
    return TimelineEntry(**known | {"score_before": score_before, "score": score})
