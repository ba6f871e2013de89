"""What is kept for how long: full addresses for as long as the store says, and the inbox as long as it serves."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from data import addresses, audit, matching, stores
from data.columns import in_chunks, literally
from data.database import Database
from data.deliveries import DeliveryState
from data.event_format import raw_without_full_ip
from data.intake_models import DELIVERY
from data.models import METADATA
from data.records import StoreRecord
from data.risk_models import RULE, SESSION_RISK
from data.rule_book import known_bits
from data.rule_values import prefix
from data.session_ids import first_id

BATCH = 500
"""Rows dealt with in one transaction: other writers wait no longer than that takes."""

DONE = timedelta(days=30)
"""How long it is known that a delivery has come: whoever repeats it later repeats events that are known too."""

BEACON = timedelta(hours=1)
"""How long a beacon's signal waits for its session."""

_STORE: Any = METADATA.tables["store"]
_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]


async def tidy(db: Database, now: datetime) -> int:
    """Shorten some addresses and let go of deliveries whose time is over; how many rows that were, 0 when all is done.

    An address is kept in full from the start of its session for the store's ``ip_days``, in a rule as long as it is in
    force and for as long again. Raises Busy.
    """
    tidied, finished = 0, False
    for store in await stores.every(db):
        cutoff = now - timedelta(days=store.ip_days)
        shortened, more = await _shorten(db, store, cutoff)
        let_go = await _let_go(db, store, cutoff, now) + await _shorten_rules(db, store, cutoff)
        tidied += shortened + let_go
        finished = finished or bool(let_go) or (shortened > 0 and not more)
    if finished:
        await db.fold()
    return tidied + await _forget(db, now - DONE)


async def _shorten(db: Database, store: StoreRecord, cutoff: datetime) -> tuple[int, bool]:
    """Shorten the addresses of some sessions that started before ``cutoff``; how many, and whether there are more.

    Their stored events hold them too.

    Sessions are passed in the order of their start, each once: what comes later for one of these is shortened as it
    comes (data.ingest, data.imported_rows).
    """
    end = first_id(cutoff)
    async with db.reading() as reader:
        done = (await reader.execute(select(_STORE.c.shortened_below).where(_STORE.c.id == store.id))).scalar_one()
        if (await reader.execute(_passed(store, done, end).limit(1))).first() is None:
            return 0, False
    async with db.writing() as session:
        connection = await session.connection()
        found = (await connection.execute(_passed(store, done, end).limit(BATCH + 1))).all()
        more, found = len(found) > BATCH, found[:BATCH]
        full = [{"of": number, "network": addresses.shortened(ip)} for number, ip in found if ip]
        if full:
            shorten = update(_SESSION).where(_SESSION.c.id == bindparam("of")).values(ip=bindparam("network"))
            await connection.execute(shorten, full)
        await _shorten_events(connection, [number for number, _ in found])
        await _forget_memories(connection, [number for number, _ in found])
        reached = found[-1].id + 1 if found else done
        await connection.execute(update(_STORE).where(_STORE.c.id == store.id).values(shortened_below=reached))
        if not more:  # no list shows addresses: it is enough that open details hear of it in the end
            await stores.touched(session, store.id)
        return len(found), more


def _passed(store: StoreRecord, done: int, end: int) -> Select[Any]:
    its_own = (_SESSION.c.store_id == store.id, _SESSION.c.id >= done, _SESSION.c.id < end)
    return select(_SESSION.c.id, _SESSION.c.ip).where(*its_own).order_by(_SESSION.c.id)


async def _shorten_events(connection: AsyncConnection, session_ids: list[int]) -> None:
    with_ip = select(_EVENT.c.id, _EVENT.c.raw).where(
        _EVENT.c.session_id.in_(session_ids), _EVENT.c.raw.contains('"ip"')
    )
    raws = [{"of": one.id, "raw": raw_without_full_ip(one.raw)} for one in await connection.execute(with_ip)]
    if raws:
        await connection.execute(
            update(_EVENT).where(_EVENT.c.id == bindparam("of")).values(raw=bindparam("raw")), raws
        )


async def _forget_memories(connection: AsyncConnection, session_ids: list[int]) -> None:
    """What a score was made of can hold addresses; a session of that time needs no new one."""
    for some in in_chunks(session_ids):
        kept = (SESSION_RISK.c.session_id.in_(some), SESSION_RISK.c.memory.is_not(None))
        await connection.execute(update(SESSION_RISK).where(*kept).values(memory=None))


async def _shorten_rules(db: Database, store: StoreRecord, cutoff: datetime) -> int:
    """Shorten the addresses of some rules that ended before ``cutoff``, also in the audit; how many.

    A rule in force keeps its address: it is the merchant's own list, and would mean nothing without.
    """
    query = select(RULE.c.id, RULE.c.value, RULE.c.low, RULE.c.high).where(
        RULE.c.store_id == store.id, RULE.c.ended_at < cutoff, RULE.c.low.is_not(None)
    )
    async with db.reading() as reader:
        if (await reader.execute(query.limit(1))).first() is None:
            return 0
    async with db.writing() as session:
        connection = await session.connection()
        found = (await connection.execute(query.limit(BATCH))).all()
        # A network that is as wide as what is left of an address stays as it is; matched with it is nothing any more.
        full = [one for one in found if prefix(one.low, one.high) > known_bits(one.low)]
        done = update(RULE).where(RULE.c.id.in_([one.id for one in found]))
        await connection.execute(done.values(low=None, high=None))
        if full:
            shorten = update(RULE).where(RULE.c.id == bindparam("of")).values(value=bindparam("network"))
            await connection.execute(shorten, [{"of": one.id, "network": addresses.network(one.low)} for one in full])
        await audit.forget_values(connection, store.id, [(one.id, one.value) for one in full])
        return len(found)


async def _let_go(db: Database, store: StoreRecord, cutoff: datetime, now: datetime) -> int:
    """Give up signals whose session never came, and the contents of what could not be applied for so long."""
    old = (DELIVERY.c.store_id == store.id, DELIVERY.c.received_at < cutoff)
    # The index of those that wait is theirs only who wait for something.
    unmatched = (literally(DELIVERY.c.state, DeliveryState.UNMATCHED), DELIVERY.c.waits_for.is_not(None))
    signals = (
        DELIVERY.c.store_id == store.id,
        *unmatched,
        DELIVERY.c.waits_for.between(*matching.CARTS),
        DELIVERY.c.received_at < now - BEACON,
    )
    quarantined = (literally(DELIVERY.c.state, DeliveryState.QUARANTINED), DELIVERY.c.body.is_not(None))
    given_up = {"state": DeliveryState.IGNORED, "problem": "Its session never came.", "body": None, "waits_for": None}
    changed = 0
    for due, change in (
        (signals, delete(DELIVERY).where(*signals)),
        ((*old, *unmatched), update(DELIVERY).where(*old, *unmatched).values(given_up)),
        ((*old, *quarantined), update(DELIVERY).where(*old, *quarantined).values(body=None)),
    ):
        async with db.reading() as reader:
            if (await reader.execute(select(DELIVERY.c.id).where(*due).limit(1))).first() is None:
                continue
        async with db.writing() as session:
            changed += (await (await session.connection()).execute(change)).rowcount
    return changed


async def _forget(db: Database, cutoff: datetime) -> int:
    """Delete some rows of deliveries that were dealt with before ``cutoff``."""
    over = (
        select(DELIVERY.c.id)
        .where(
            DELIVERY.c.received_at < cutoff,
            DELIVERY.c.state.in_([DeliveryState.APPLIED, DeliveryState.IGNORED]),
        )
        .order_by(DELIVERY.c.received_at)
        .limit(BATCH)
    )
    async with db.reading() as reader:
        ids = list((await reader.execute(over)).scalars())
    if ids:
        async with db.writing() as session:
            await (await session.connection()).execute(delete(DELIVERY).where(DELIVERY.c.id.in_(ids)))
    return len(ids)
