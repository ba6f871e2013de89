"""The sweep: ends the sessions whose time is over."""

from datetime import datetime

from sqlmodel import col, select

from data import stores
from data.database import Database
from data.events import TimelineKind
from data.models import CartSession, TimelineEvent
from data.status import Status

BATCH = 500
"""Sessions ended in one transaction: other writers wait no longer than that takes."""


async def sweep(db: Database, now: datetime) -> int:
    """End every active session whose ``expires_at`` has come; how many. Each ended when its time was over."""
    ended = 0
    while True:
        batch = await _sweep_batch(db, now)
        ended += batch
        if batch < BATCH:
            return ended


async def _sweep_batch(db: Database, now: datetime) -> int:
    due = (
        select(CartSession)
        .where(col(CartSession.status) == Status.ACTIVE, col(CartSession.expires_at) <= now)
        .order_by(col(CartSession.expires_at))
        .limit(BATCH)
    )
    async with db.reading() as connection:
        # An idle console looks every second; that must not take the writer's place each time.
        if (await connection.execute(due.with_only_columns(col(CartSession.id)).limit(1))).first() is None:
            return 0
    async with db.writing() as session:
        carts = list(await session.exec(due))
        for cart in carts:
            over = cart.expires_at or now
            cart.status, cart.ended_at = Status.EXPIRED, over
            session.add(cart)
            session.add(
                TimelineEvent(
                    store_id=cart.store_id,
                    session_id=cart.id,
                    kind=TimelineKind.EXPIRED,
                    occurred_at=over,
                    received_at=now,
                    source="system",
                )
            )
        for store_id in {cart.store_id for cart in carts}:
            await stores.touched(session, store_id)
    return len(carts)
