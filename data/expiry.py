"""The sweep: ends the sessions whose time is over."""

from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlmodel import col

from data import ledger, past, scoring, stores
from data.columns import literally
from data.database import Database
from data.events import TimelineKind
from data.life import EXPIRY, Entry
from data.models import CartSession
from data.status import Status

BATCH = 500
"""Sessions ended in one transaction: other writers wait no longer than that takes."""

_DUE = (
    select(col(CartSession.id), col(CartSession.store_id), col(CartSession.expires_at))
    .where(
        literally(col(CartSession.status), Status.ACTIVE),
        col(CartSession.expires_at) <= bindparam("now", type_=CartSession.__table__.c.expires_at.type),  # type: ignore[attr-defined]  # SQLModel adds it when the class is made
    )
    .order_by(col(CartSession.expires_at))
)


async def sweep(db: Database, now: datetime) -> int:
    """End every active session whose ``expires_at`` has come; how many. Each ended when its time was over.

    Raises Busy; what was ended until then stays so.
    """
    ended = 0
    while True:
        batch = await _sweep_batch(db, now)
        ended += batch
        if batch < BATCH:
            return ended


async def _sweep_batch(db: Database, now: datetime) -> int:
    async with db.reading() as reader:
        # An idle console looks every second; that must not take the writer's place each time.
        if (await reader.execute(_DUE.limit(1), {"now": now})).first() is None:
            return 0
    await past.prepare(db, await stores.every(db))
    async with db.writing() as session:
        connection = await session.connection()
        due = (await connection.execute(_DUE.limit(BATCH), {"now": now})).all()
        if not due:
            return 0
        for store in await stores.known(session, {store_id for _, store_id, _ in due}):
            over = [
                (number, Entry(TimelineKind.EXPIRED, moment, changes=dict(EXPIRY)))
                for number, store_id, moment in due
                if store_id == store.id and moment is not None
            ]
            judged, entries = await scoring.judge(session, store, over, {})
            await ledger.tell(session, store.id, entries, source=ledger.OWN, now=now)
            await scoring.keep(session, store, judged, now)
            await stores.touched(session, store.id)
        # Last: what is known of the recent past is that of the sessions that are still active (data.past).
        await connection.execute(
            update(CartSession)
            .where(col(CartSession.id) == bindparam("of"))
            .values(status=Status.EXPIRED, ended_at=bindparam("over")),
            [{"of": session_id, "over": over} for session_id, _, over in due],
        )
    return len(due)
