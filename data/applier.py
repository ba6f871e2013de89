"""Applies what is in the inbox, in the order of its arrival: understand each delivery, then change the sessions.

What was done and that it was done are written in one transaction. So a process that is killed at any moment leaves a
delivery either waiting, to be applied at the next start, or applied.
"""

import asyncio
import json
import logging
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, insert, select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data import ingest, labels, matching, past, stores
from data.columns import literally
from data.database import Database, DatabaseProblem
from data.deliveries import DeliveryState, Source
from data.intake_models import DELIVERY, PRIVACY_REQUEST
from data.reading import Read, Stored, read, with_events
from data.records import StoreRecord
from data.risk_models import LabelSource
from data.worker import Worker

log = logging.getLogger("cartwatch")

BATCH = 100
"""Deliveries applied in one transaction: new ones wait no longer for their acknowledgement than that takes."""

AGAIN = timedelta(seconds=5)
"""After which the inbox is looked at without having been told: another process may have put something there."""

_BREATH = 20  # deliveries read before other tasks of the process get their turn


# SQLite takes the small index only where the query says the state in so many words, not by a parameter.
_WAITING = (
    select(*(DELIVERY.c[name] for name in Stored.__dataclass_fields__))
    .where(literally(DELIVERY.c.state, DeliveryState.WAITING))
    .order_by(DELIVERY.c.id)
    .limit(BATCH)
)
_BECOMES = update(DELIVERY).where(DELIVERY.c.id == bindparam("of"))
# What was applied needs its body no more: it is full of addresses and names.
_DONE = _BECOMES.values(state=bindparam("becomes"), problem=bindparam("why"), waits_for=None, body=None)
_KEPT = _BECOMES.values(state=bindparam("becomes"), problem=bindparam("why"), waits_for=bindparam("key"))


class Applier(Worker):
    """Applies deliveries as they come; ``clock`` says when that was."""

    def __init__(self, db: Database, clock: Callable[[], datetime]) -> None:
        super().__init__("deliveries", AGAIN)
        self._db = db
        self._clock = clock
        self._turn = asyncio.Lock()

    async def work(self) -> int:
        """Apply all that waits."""
        return await self.apply_waiting()

    async def apply_waiting(self) -> int:
        """Apply all that waits; how many deliveries were dealt with. Raises Busy: what was applied until then stays."""
        dealt_with = 0
        async with self._turn:
            while not self._stopping and (batch := await self._waiting()):
                await self._deal_with(batch)
                dealt_with += len(batch)
        return dealt_with

    async def _waiting(self) -> list[Read]:
        async with self._db.reading() as connection:
            rows = (await connection.execute(_WAITING)).all()
        if not rows:
            return []
        known = {store.id: store for store in await stores.every(self._db)}
        await past.prepare(self._db, [known[number] for number in {row.store_id for row in rows}])
        found = []
        for number, row in enumerate(rows):
            found.append(read(Stored(*row), known[row.store_id]))
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
        return found

    async def _deal_with(self, batch: Sequence[Read]) -> None:
        try:
            async with self._db.writing() as session:
                await _apply(session, batch, self._clock())
        except DatabaseProblem:
            raise
        except Exception as problem:
            if len(batch) > 1:
                for one in batch:  # so that the one that cannot be applied costs only itself
                    await self._deal_with([one])
                return
            log.error("delivery %d could not be applied", batch[0].stored.id, exc_info=problem)
            words = f"could not be applied ({type(problem).__name__}); the log says more"
            async with self._db.writing() as session:
                await _tell(session, [replace(batch[0], reading=None, problem=words)])


async def _apply(session: AsyncSession, batch: Sequence[Read], now: datetime) -> None:
    """Apply what is understood, then tell of every delivery what became of it."""
    batch = await _still_waiting(session, batch)
    direct = [one for one in batch if one.events]
    await _apply_events(session, direct, now)
    matched = {one.stored.id: one for one in await _match(session, batch)}
    await _apply_events(session, matched.values(), now)
    matched |= {one.stored.id: one for one in await _label(session, batch)}
    await _tell(session, [matched.get(one.stored.id, one) for one in batch])
    requests = [
        {
            "store_id": one.stored.store_id,
            "kind": one.reading.privacy,
            "received_at": one.stored.received_at,
            "subject": json.dumps({"orders": one.reading.orders, "names": one.reading.names}),
            "sessions": 0,
        }
        for one in batch
        if one.reading and one.reading.privacy
    ]
    if requests:
        await (await session.connection()).execute(insert(PRIVACY_REQUEST), requests)
    for store_id in _by_store(batch):
        await stores.touched(session, store_id)


async def _still_waiting(session: AsyncSession, batch: Sequence[Read]) -> list[Read]:
    """Without those that another process has dealt with since they were looked up."""
    ids = [one.stored.id for one in batch]
    query = select(DELIVERY.c.id).where(DELIVERY.c.id.in_(ids), literally(DELIVERY.c.state, DeliveryState.WAITING))
    waiting = set((await (await session.connection()).execute(query)).scalars())
    return [one for one in batch if one.stored.id in waiting]


async def _apply_events(session: AsyncSession, batch: Iterable[Read], now: datetime) -> None:
    groups: dict[tuple[StoreRecord, Source], list[Read]] = defaultdict(list)
    for one in batch:
        groups[one.store, one.stored.source].append(one)
    for (store, source), its_own in groups.items():
        events = [event for one in its_own for event in one.events]
        await ingest.apply_all(session, store, events, source=source.value, now=now)


async def _match(session: AsyncSession, batch: Sequence[Read]) -> list[Read]:
    """Those that waited for a session that is there, with their events; what is wrong with these is found only now."""
    waiting = [one for one in batch if one.reading and one.reading.waits_for]
    matched = []
    for store_id, its_own in _by_store(waiting).items():
        tokens = await matching.cart_tokens(session, store_id, map(_key, its_own))
        for one in its_own:
            token = tokens.get(_key(one))
            if token is not None and one.reading is not None:
                matched.append(with_events(one, [said | {"cart_token": token} for said in one.reading.documents]))
    return matched


async def _label(session: AsyncSession, batch: Sequence[Read]) -> list[Read]:
    """Keep the verdicts on orders whose session is there, as labels; those deliveries, which need not wait any more."""
    labelled = []
    for store_id, its_own in _by_store(one for one in batch if one.reading and one.reading.verdict).items():
        verdicts = [(one, one.reading, one.reading.verdict) for one in its_own if one.reading and one.reading.verdict]
        sessions = await labels.of_orders(session, store_id, [verdict.order_id for _, _, verdict in verdicts])
        for one, reading, verdict in verdicts:
            session_id = sessions.get(verdict.order_id)
            if session_id is None:
                continue
            source, said_at = LabelSource(verdict.source), one.stored.triggered_at or one.stored.received_at
            if verdict.bad is None:
                await labels.withdraw(session, store_id, session_id, source)
            else:
                await labels.write(session, store_id, session_id, source, verdict.bad, 1.0, said_at)
            labelled.append(replace(one, reading=replace(reading, waits_for=None)))
    return labelled


async def _tell(session: AsyncSession, batch: Sequence[Read]) -> None:
    """Write what became of each."""
    done: list[dict[str, Any]] = []
    kept: list[dict[str, Any]] = []
    for one in batch:
        said = {"of": one.stored.id, "why": one.problem, "key": None, "becomes": DeliveryState.APPLIED}
        if one.reading is None:
            kept.append(said | {"becomes": DeliveryState.QUARANTINED})
        elif one.reading.waits_for and not one.events:
            kept.append(said | {"becomes": DeliveryState.UNMATCHED, "key": matching.waits_for(_key(one))})
        elif one.reading.ignored:
            done.append(said | {"becomes": DeliveryState.IGNORED, "why": one.reading.ignored})
        else:
            done.append(said)
    connection = await session.connection()
    for statement, rows in ((_DONE, done), (_KEPT, kept)):
        if rows:
            await connection.execute(statement, rows)


def _key(one: Read) -> str:
    return (one.reading.waits_for if one.reading else None) or ""


def _by_store(batch: Iterable[Read]) -> dict[int, list[Read]]:
    found: dict[int, list[Read]] = defaultdict(list)
    for one in batch:
        found[one.stored.store_id].append(one)
    return found
