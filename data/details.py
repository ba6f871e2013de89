"""All that is known of one session, and the sessions before and after it in the list's order."""

import hashlib
import json
from datetime import datetime

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import addresses
from data.database import Database
from data.events import Assessment, CartLine, Reason
from data.filters import SessionFilter
from data.models import CartSession, LineItem, RiskAssessment, Store, TimelineEvent
from data.queries import MOST_ROWS, block
from data.records import Neighbours, SessionDetail, StoreRecord, TimelineEntry

MOST_LINES, MOST_ENTRIES = 1_000, 2_000
"""Lines and timeline entries (the latest) that are read for one page."""


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
        assessed = await session.exec(
            select(RiskAssessment)
            .where(RiskAssessment.session_id == cart.id)
            .order_by(col(RiskAssessment.assessed_at).desc(), col(RiskAssessment.id).desc())
            .limit(1)
        )
        return _detail(cart, store, list(lines), list(entries)[::-1], assessed.first())


async def neighbours(
    db: Database, store_id: int, wanted: SessionFilter, session_id: int, *, now: datetime, locale: str = "en"
) -> Neighbours:
    """The sessions beside this one in the list, looked for among the list's first rows and then around its own id.

    A session far down in another order than newest first has no neighbours here: finding its place would mean
    passing over everything above it.
    """
    first = await block(db, store_id, wanted, 0, MOST_ROWS, now=now, locale=locale)
    ids = [int(row["id"]) for row in first.rows]
    if session_id not in ids:
        if wanted.sort is not type(wanted)().sort:
            return Neighbours(None, None)
        older = await block(db, store_id, wanted, 0, 2, now=now, locale=locale, until=session_id)
        rows = older.rows if older.rows and int(older.rows[0]["id"]) == session_id else [None, *older.rows]
        return Neighbours(None, rows[1]["cart_token"] if len(rows) > 1 and rows[1] else None)
    place = ids.index(session_id)
    previous = first.rows[place - 1]["cart_token"] if place else None
    following = first.rows[place + 1]["cart_token"] if place + 1 < len(ids) else None
    return Neighbours(previous, following)


def _detail(
    cart: CartSession,
    store: Store,
    lines: list[LineItem],
    entries: list[TimelineEvent],
    assessed: RiskAssessment | None,
) -> SessionDetail:
    known = {name: getattr(cart, name) for name in SessionDetail.__dataclass_fields__ if hasattr(cart, name)}
    known |= {
        "ip": addresses.unpack(cart.ip) if cart.ip else None,
        "network": addresses.network(cart.ip) if cart.ip else None,
        "token_hash": hashlib.sha256(cart.cart_token.encode()).hexdigest(),
        "store": StoreRecord(**{name: getattr(store, name) for name in StoreRecord.__dataclass_fields__}),
        "lines": tuple(CartLine(**{n: getattr(line, n) for n in CartLine.__dataclass_fields__}) for line in lines),
        "timeline": tuple(_entry(entry) for entry in entries),
        "assessment": _assessment(assessed) if assessed else None,
    }
    return SessionDetail(**known)


def _entry(event: TimelineEvent) -> TimelineEntry:
    known = {name: getattr(event, name) for name in TimelineEntry.__dataclass_fields__}
    return TimelineEntry(**known | {"changes": json.loads(event.changes) if event.changes else {}})


def _assessment(stored: RiskAssessment) -> Assessment:
    return Assessment(
        assessed_at=stored.assessed_at,
        score=stored.score,
        level=stored.level,
        model_version=stored.model_version,
        reasons=tuple(Reason(**reason) for reason in json.loads(stored.reasons)),
        unknown=tuple(json.loads(stored.unknown)),
    )
