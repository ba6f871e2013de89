"""Privacy requests: what a platform asks on behalf of a customer or for a whole shop, done and remembered.

A customer reaches sessions only through orders: nothing else in a session says who the customer was.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col
from sqlmodel import select as select_rows
from sqlmodel.ext.asyncio.session import AsyncSession

from data import addresses, connections, erasure, kept_bodies, money, stores
from data.columns import in_chunks
from data.database import Database
from data.deliveries import ConnectionKind, PrivacyKind
from data.intake_models import PRIVACY_REQUEST
from data.models import CartSession, LineItem, TimelineEvent
from data.records import PrivacyRecord

MOST_SHOWN = 100
"""Requests that are listed, the latest ones."""

MOST_SESSIONS = 1_000
"""Sessions in the report for one customer."""


async def of_store(db: Database, store_id: int) -> tuple[PrivacyRecord, ...]:
    """What was asked for, latest first."""
    columns = [PRIVACY_REQUEST.c[name] for name in ("id", "kind", "received_at", "done_at", "sessions")]
    query = (
        select(*columns, PRIVACY_REQUEST.c.subject)
        .where(PRIVACY_REQUEST.c.store_id == store_id)
        .order_by(PRIVACY_REQUEST.c.id.desc())
        .limit(MOST_SHOWN)
    )
    async with db.reading() as connection:
        rows: Iterable[Any] = await connection.execute(query)
        return tuple(
            PrivacyRecord(number, kind, received, done, sessions, _orders(kind, subject))
            for number, kind, received, done, sessions, subject in rows
        )


def _orders(kind: PrivacyKind, subject: str | None) -> tuple[str, ...]:
    # Whom an erasure names is on its way out; only who is to hand something over needs to know for whom.
    return tuple(json.loads(subject or "{}").get("orders", [])) if kind is PrivacyKind.DATA_REQUEST else ()


async def work(db: Database, now: datetime) -> int:
    """Do what was asked and is not done; how many requests that were. Raises Busy: what is left is done later.

    Erasing is done again from the beginning where it was interrupted: it ends the same. Where all is erased and only
    the file still to be scrubbed, the request names nobody any more.
    """
    async with db.reading() as connection:
        columns = (PRIVACY_REQUEST.c.id, PRIVACY_REQUEST.c.store_id, PRIVACY_REQUEST.c.kind, PRIVACY_REQUEST.c.subject)
        due = (await connection.execute(select(*columns).where(PRIVACY_REQUEST.c.done_at.is_(None)))).all()
    erased = []
    for request_id, store_id, kind, subject in due:
        if kind is PrivacyKind.DATA_REQUEST:
            await _count(db, request_id, store_id, json.loads(subject or "{}").get("orders", []))
            continue
        if subject is not None and kind is PrivacyKind.CUSTOMER_REDACT:
            named = json.loads(subject)
            await _erase_customer(db, request_id, store_id, named.get("orders", []), named.get("names", []), now)
        elif subject is not None:
            meant = await _means(db, store_id, json.loads(subject).get("names", []))
            gone = await erasure.erase_everything(db, store_id) if meant else 0
            await _note(db, request_id, store_id, gone, None if meant else set(), now)
        erased.append((request_id, store_id))
    if not erased or not await erasure.scrub(db):
        return 0  # a reader was in the way of the last step: that again at the next look
    for request_id, store_id in erased:
        await _finish(db, store_id, request_id, now)
    return len(erased)


async def done(db: Database, store_id: int, request_id: int, now: datetime) -> bool:
    """The merchant has handed over what a customer asked for; whether that was still to do."""
    async with db.writing() as session:
        finished = await (await session.connection()).execute(
            update(PRIVACY_REQUEST)
            .where(
                PRIVACY_REQUEST.c.id == request_id,
                PRIVACY_REQUEST.c.store_id == store_id,
                PRIVACY_REQUEST.c.kind == PrivacyKind.DATA_REQUEST,
                PRIVACY_REQUEST.c.done_at.is_(None),
            )
            .values(done_at=now, subject=None)
        )
        await stores.touched(session, store_id)
        return bool(finished.rowcount)


async def report(db: Database, store_id: int, request_id: int) -> dict[str, Any] | None:
    """All that is known of the sessions that a customer asked for, as JSON; None where there is no such request."""
    async with db.reading() as connection, AsyncSession(connection, expire_on_commit=False) as session:
        asked = select(PRIVACY_REQUEST.c.subject).where(
            PRIVACY_REQUEST.c.id == request_id,
            PRIVACY_REQUEST.c.store_id == store_id,
            PRIVACY_REQUEST.c.kind == PrivacyKind.DATA_REQUEST,
            PRIVACY_REQUEST.c.done_at.is_(None),
        )
        subject = (await connection.execute(asked)).scalar_one_or_none()
        if subject is None:
            return None
        orders = json.loads(subject).get("orders", [])
        ids = await erasure.sessions_of_orders(session, store_id, orders)
        sessions = [await _told(session, store_id, session_id) for session_id in ids[:MOST_SESSIONS]]
        return {"orders": orders, "sessions": sessions}


async def _told(session: AsyncSession, store_id: int, session_id: int) -> dict[str, Any]:
    cart = (
        await session.exec(
            select_rows(CartSession).where(CartSession.id == session_id, CartSession.store_id == store_id)
        )
    ).one()
    lines = await session.exec(
        select_rows(LineItem).where(LineItem.session_id == cart.id).order_by(col(LineItem.position))
    )
    events = await session.exec(
        select_rows(TimelineEvent).where(TimelineEvent.session_id == cart.id).order_by(col(TimelineEvent.occurred_at))
    )
    return {
        "cart_token": cart.cart_token,
        "order_id": cart.order_id,
        "status": cart.status,
        "started_at": cart.started_at.isoformat(),
        "last_activity_at": cart.last_activity_at.isoformat(),
        "value": str(money.to_major(cart.value, cart.currency)),
        "currency": cart.currency,
        "ip": addresses.shown(cart.ip) if cart.ip else None,
        "country": cart.country,
        "user_agent": cart.user_agent,
        "accept_language": cart.accept_language,
        "device_id": cart.device_id,
        "lines": [{"title": line.title, "sku": line.sku, "quantity": line.quantity} for line in lines],
        "events": [
            {"kind": event.kind, "occurred_at": event.occurred_at.isoformat(), "as_received": event.raw}
            for event in events
        ],
    }


async def _means(db: Database, store_id: int, shops: list[str]) -> bool:
    """Whether a request for a whole shop is for the one that is connected: an app's secret may serve several."""
    connected = (await connections.of_store(db, store_id)).get(ConnectionKind.SHOPIFY)
    return connected is None or connected.shop in shops


async def _erase_customer(
    db: Database, request_id: int, store_id: int, orders: list[str], names: list[str], now: datetime
) -> None:
    kept = await kept_bodies.naming(db, store_id, [*orders, *names])
    async with db.writing() as session:
        ids = await erasure.sessions_of_orders(session, store_id, orders)
        await kept_bodies.forget(session, store_id, kept)
        for some in in_chunks(ids):
            await erasure.erase_sessions(session, store_id, some, now)
    await _note(db, request_id, store_id, len(ids), {word.casefold() for word in (*orders, *names)}, now)


async def _note(
    db: Database, request_id: int, store_id: int, sessions: int, words: set[str] | None, now: datetime
) -> None:
    """Note that a request's sessions are erased, and close data requests of the same customer (None: of anybody)."""
    open_ = select(PRIVACY_REQUEST.c.id, PRIVACY_REQUEST.c.subject).where(
        PRIVACY_REQUEST.c.store_id == store_id,
        PRIVACY_REQUEST.c.kind == PrivacyKind.DATA_REQUEST,
        PRIVACY_REQUEST.c.done_at.is_(None),
    )
    async with db.writing() as session:
        connection = await session.connection()
        asked = [
            one.id
            for one in await connection.execute(open_)
            if words is None or words & _words(json.loads(one.subject or "{}"))
        ]
        closed = update(PRIVACY_REQUEST).where(PRIVACY_REQUEST.c.id.in_(asked))
        await connection.execute(closed.values(subject=None, done_at=now))
        noted = update(PRIVACY_REQUEST).where(PRIVACY_REQUEST.c.id == request_id)
        await connection.execute(noted.values(subject=None, sessions=sessions))
        await stores.touched(session, store_id)


def _words(named: dict[str, list[str]]) -> set[str]:
    return {word.casefold() for words in named.values() for word in words}


async def _count(db: Database, request_id: int, store_id: int, orders: list[str]) -> None:
    async with db.reading() as connection, AsyncSession(connection) as reader:
        found = len(await erasure.sessions_of_orders(reader, store_id, orders))
        counted = select(PRIVACY_REQUEST.c.sessions).where(PRIVACY_REQUEST.c.id == request_id)
        if (await connection.execute(counted)).scalar_one() == found:
            return
    async with db.writing() as session:
        await (await session.connection()).execute(
            update(PRIVACY_REQUEST).where(PRIVACY_REQUEST.c.id == request_id).values(sessions=found)
        )
        await stores.touched(session, store_id)


async def _finish(db: Database, store_id: int, request_id: int, now: datetime) -> None:
    async with db.writing() as session:
        finished = update(PRIVACY_REQUEST).where(PRIVACY_REQUEST.c.id == request_id)
        await (await session.connection()).execute(finished.values(done_at=now))
        await stores.touched(session, store_id)
