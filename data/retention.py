"""What is kept for how long: full addresses for as long as the store says, and the inbox as long as it serves."""

import json
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import bindparam, delete, select, text, update

from data import addresses, matching, stores
from data.columns import literally
from data.database import Database
from data.deliveries import DeliveryState
from data.intake_models import DELIVERY
from data.models import FULL_IP, METADATA
from data.records import StoreRecord
from data.session_ids import first_id

BATCH = 500
"""Rows dealt with in one transaction: other writers wait no longer than that takes."""

DONE = timedelta(days=30)
"""How long it is known that a delivery has come: whoever repeats it later repeats events that are known too."""

BEACON = timedelta(hours=1)
"""How long a beacon's signal waits for its session."""

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]


async def tidy(db: Database, now: datetime) -> int:
    """Shorten addresses and let go of deliveries whose time is over; how many rows that were. Raises Busy.

    An address is kept in full from the start of its session for the store's ``ip_days``.
    """
    tidied = 0
    for store in await stores.every(db):
        cutoff = now - timedelta(days=store.ip_days)
        while batch := await _shorten(db, store, cutoff):
            tidied += batch
        tidied += await _let_go(db, store, cutoff, now)
    if tidied:
        await db.fold()
    while batch := await _forget(db, now - DONE):
        tidied += batch
    return tidied


async def _shorten(db: Database, store: StoreRecord, cutoff: datetime) -> int:
    """Shorten the addresses of some sessions that started before ``cutoff``, also in their stored events."""
    # The index of full addresses serves only who writes its condition in so many words.
    due = select(_SESSION.c.id, _SESSION.c.ip).where(
        _SESSION.c.store_id == store.id, text(FULL_IP), _SESSION.c.id < first_id(cutoff)
    )
    async with db.reading() as reader:
        if (await reader.execute(due.limit(1))).first() is None:
            return 0
    async with db.writing() as session:
        connection = await session.connection()
        found = (await connection.execute(due.order_by(_SESSION.c.id).limit(BATCH))).all()
        if not found:
            return 0
        await connection.execute(
            update(_SESSION).where(_SESSION.c.id == bindparam("of")).values(ip=bindparam("network")),
            [{"of": number, "network": addresses.shortened(ip)} for number, ip in found],
        )
        with_ip = select(_EVENT.c.id, _EVENT.c.raw).where(
            _EVENT.c.session_id.in_([number for number, _ in found]), _EVENT.c.raw.contains('"ip"')
        )
        raws = [{"of": one.id, "raw": _shortened(one.raw)} for one in await connection.execute(with_ip)]
        if raws:
            statement = update(_EVENT).where(_EVENT.c.id == bindparam("of")).values(raw=bindparam("raw"))
            await connection.execute(statement, raws)
        await stores.touched(session, store.id)
        return len(found)


def _shortened(raw: str) -> str:
    """A stored event whose address is shortened; as data.event_format writes it otherwise."""
    document = json.loads(raw)
    packed = addresses.pack(document["ip"]) if isinstance(document.get("ip"), str) else None
    if packed is None:
        return raw
    document["ip"] = addresses.unpack(addresses.shortened(packed))
    return json.dumps(document, ensure_ascii=False, sort_keys=True)


async def _let_go(db: Database, store: StoreRecord, cutoff: datetime, now: datetime) -> int:
    """Give up signals whose session never came, and the contents of what could not be applied for so long."""
    its_own = DELIVERY.c.store_id == store.id
    unmatched = literally(DELIVERY.c.state, DeliveryState.UNMATCHED)
    quarantined = literally(DELIVERY.c.state, DeliveryState.QUARANTINED)
    signals = delete(DELIVERY).where(
        its_own,
        unmatched,
        DELIVERY.c.waits_for.between(*matching.CARTS),
        DELIVERY.c.received_at < now - BEACON,
    )
    given_up = (
        update(DELIVERY)
        .where(its_own, unmatched, DELIVERY.c.received_at < cutoff)
        .values(state=DeliveryState.IGNORED, problem="Its session never came.", body=None, waits_for=None)
    )
    emptied = (
        update(DELIVERY)
        .where(its_own, quarantined, DELIVERY.c.received_at < cutoff, DELIVERY.c.body.is_not(None))
        .values(body=None)
    )
    async with db.writing() as session:
        connection = await session.connection()
        changed = 0
        for statement in (signals, given_up, emptied):
            changed += (await connection.execute(statement)).rowcount
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
