"""The notices that wait: which is the next one of a store, and what is written when it was taken, or was not."""

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import notice_addresses, stores
from data.columns import milliseconds, moment
from data.database import Database
from data.risk_models import NOTICE, NoticeAddress

KEPT_TRYING = timedelta(days=1)
"""How old a notice is when a failure is its last."""

FEWEST_ATTEMPTS = 5
"""How often it is tried at least, also when Cartwatch itself was not running for a day."""

GIVEN_UP = "Notices were given up after a day."
"""How a problem begins for as long as nothing was taken since."""

_LONGEST_PROBLEM = 500

# From the addresses, of which there are few: nothing waits where nothing is due, and that is found by one look each.
_WITH_DUE = """
SELECT a.store_id, a.url, a.secret, a.sent_at FROM notice_address a
WHERE EXISTS (SELECT 1 FROM notice n WHERE n.store_id = a.store_id AND n.due_at <= ?)
"""
_ONE = "SELECT a.store_id, a.url, a.secret, a.sent_at FROM notice_address a WHERE a.store_id = ?"
# One that failed keeps the later ones of its session behind it, and no other's.
_NEXT = """
SELECT n.id, n.created_at, n.attempts, n.body FROM notice n
WHERE n.store_id = ? AND n.due_at <= ?
    AND NOT EXISTS (SELECT 1 FROM notice e WHERE e.session_id = n.session_id AND e.id < n.id)
ORDER BY n.due_at, n.id LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a store's notices go, what they are signed with, and when one was last taken."""

    store_id: int
    url: str
    secret: str
    sent_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A notice that is not taken yet, after so many ``attempts``."""

    id: int
    created_at: datetime
    attempts: int
    body: str


async def targets_with_due(db: Database, now: datetime) -> list[Target]:
    """Where something is to be sent now."""
    due = (milliseconds(now),)
    return await db.ask(lambda connection: [_target(row) for row in connection.execute(_WITH_DUE, due)])


async def target(db: Database, store_id: int) -> Target | None:
    """Where the store's notices go; None where it has no address."""
    return await db.ask(lambda connection: _target_of(connection, store_id))


async def next_due(db: Database, store_id: int, now: datetime) -> tuple[Target, Pending] | None:
    """The store's next notice, and where it goes as of now."""

    def find(connection: sqlite3.Connection) -> tuple[Target, Pending] | None:
        to = _target_of(connection, store_id)
        row = connection.execute(_NEXT, (store_id, milliseconds(now))).fetchone()
        if to is None or row is None:
            return None
        number, created, attempts, body = row
        return to, Pending(number, moment(created), attempts, body)

    return await db.ask(find)


async def taken(db: Database, to: Target, pending: Pending, now: datetime) -> None:
    """The shop has it: it is deleted."""
    async with db.writing() as session:
        await (await session.connection()).execute(delete(NOTICE).where(NOTICE.c.id == pending.id))
        await _note_sent(session, to, now)


async def failed(
    db: Database, to: Target, pending: Pending, problem: str, now: datetime, due: datetime, *, alone: bool
) -> None:
    """It was not taken: tried again when ``due``, or given up.

    Unless it failed ``alone``, the others of its store wait as well, and those that are as old are given up with it.
    """
    over = pending.attempts + 1 >= FEWEST_ATTEMPTS and now >= pending.created_at + KEPT_TRYING
    async with db.writing() as session:
        connection = await session.connection()
        this = NOTICE.c.id == pending.id
        if over:
            old = (NOTICE.c.store_id == to.store_id) & (NOTICE.c.created_at <= now - KEPT_TRYING)
            await connection.execute(delete(NOTICE).where(this if alone else this | old))
        else:
            await connection.execute(update(NOTICE).where(this).values(due_at=due, attempts=NOTICE.c.attempts + 1))
        if not alone:
            sooner = (NOTICE.c.store_id == to.store_id) & (NOTICE.c.due_at < due)
            await connection.execute(update(NOTICE).where(sooner).values(due_at=due))
        await _note_failed(session, to, problem, now, given_up=over)


async def note_trial(db: Database, to: Target, problem: str | None, now: datetime) -> None:
    """A trial was taken, and what waits is due now; or there was a ``problem``."""
    async with db.writing() as session:
        if problem is None:
            await notice_addresses.hurry(session, to.store_id, now)
            await _note_sent(session, to, now)
        else:
            await _note_failed(session, to, problem, now, given_up=False)


async def _note_sent(session: AsyncSession, to: Target, now: datetime) -> None:
    its_own = (col(NoticeAddress.store_id) == to.store_id) & (col(NoticeAddress.url) == to.url)
    await (await session.connection()).execute(update(NoticeAddress).where(its_own).values(sent_at=now))
    await stores.touched(session, to.store_id)


async def _note_failed(session: AsyncSession, to: Target, problem: str, now: datetime, *, given_up: bool) -> None:
    known = (await session.exec(select(NoticeAddress).where(NoticeAddress.store_id == to.store_id))).first()
    if known is None or known.url != to.url:
        return  # taken away or changed meanwhile: the problem is nobody's any more
    lasts = known.failed_at is not None and (known.sent_at is None or known.sent_at < known.failed_at)
    if given_up or (lasts and (known.problem or "").startswith(GIVEN_UP)):
        problem = f"{GIVEN_UP} {problem}"
    known.failed_at, known.problem = now, problem[:_LONGEST_PROBLEM]
    session.add(known)
    await stores.touched(session, to.store_id)


def _target_of(connection: sqlite3.Connection, store_id: int) -> Target | None:
    row = connection.execute(_ONE, (store_id,)).fetchone()
    return None if row is None else _target(row)


def _target(row: tuple[int, str, str, int | None]) -> Target:
    store_id, url, secret, sent_at = row
    return Target(store_id, url, secret, moment(sent_at))
