"""Where each store's notices go: set, changed, taken away, and how the last one went."""

import secrets as random
import sqlite3
from datetime import datetime

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import stores
from data.columns import moment
from data.database import Database
from data.destinations import LookUp, destination, look_up, resolve
from data.records import NoticeRecord
from data.risk_models import NOTICE, NoticeAddress

_PREFIX = "cwn_"  # so that a secret found in a log or a repository can be told for what it is

_KNOWN = """
SELECT url, substr(secret, -4), created_at, sent_at, failed_at, problem,
    (SELECT count(*) FROM notice WHERE notice.store_id = notice_address.store_id)
FROM notice_address WHERE store_id = ?
"""


async def of_store(db: Database, store_id: int) -> NoticeRecord | None:
    """Where the store's notices go, how the last one went, and how many wait; None where it has no address."""

    def find(connection: sqlite3.Connection) -> NoticeRecord | None:
        row = connection.execute(_KNOWN, (store_id,)).fetchone()
        if row is None:
            return None
        url, hint, created, sent, failed, problem, waiting = row
        return NoticeRecord(url, hint, moment(created), moment(sent), moment(failed), problem, waiting)

    return await db.ask(find)


async def put(
    db: Database, store_id: int, url: str, now: datetime, *, loopback: bool, asking: LookUp = look_up
) -> str | None:
    """Send the store's notices there from now on. The new secret, shown this once; None where it has one already.

    ``loopback`` allows an address on this machine. What waits goes to the new address, at once.
    Raises DestinationProblem where the address is not allowed, and Busy.
    """
    to = destination(url)
    await resolve(to, loopback=loopback, asking=asking)
    async with db.writing() as session:
        known = await _known(session, store_id)
        secret = _new_secret() if known is None else None
        if known is None:
            session.add(NoticeAddress(store_id=store_id, url=to.url, secret=secret or "", created_at=now))
        elif known.url != to.url:
            known.url = to.url
            known.sent_at = known.failed_at = known.problem = None
            session.add(known)
            await hurry(session, store_id, now)
        await stores.touched(session, store_id)
    return secret


async def renew_secret(db: Database, store_id: int) -> str | None:
    """A new secret, shown this once, that signs whatever is sent from now on; None where the store has no address."""
    async with db.writing() as session:
        known = await _known(session, store_id)
        if known is None:
            return None
        known.secret = _new_secret()
        session.add(known)
        await stores.touched(session, store_id)
        return known.secret


async def remove(db: Database, store_id: int) -> bool:
    """Send nothing any more; what waits is gone as well. Whether there was an address."""
    async with db.writing() as session:
        connection = await session.connection()
        await connection.execute(delete(NOTICE).where(NOTICE.c.store_id == store_id))
        gone = await connection.execute(delete(NoticeAddress).where(col(NoticeAddress.store_id) == store_id))
        if gone.rowcount:
            await stores.touched(session, store_id)
        return bool(gone.rowcount)


async def hurry(session: AsyncSession, store_id: int, now: datetime) -> None:
    """Let what waits for its next attempt be due now, in the caller's transaction."""
    later = (NOTICE.c.store_id == store_id) & (NOTICE.c.due_at > now)
    await (await session.connection()).execute(update(NOTICE).where(later).values(due_at=now))


async def _known(session: AsyncSession, store_id: int) -> NoticeAddress | None:
    return (await session.exec(select(NoticeAddress).where(NoticeAddress.store_id == store_id))).first()


def _new_secret() -> str:
    return _PREFIX + random.token_urlsafe(32)
