"""The sweep."""

import pytest
from sqlalchemy import text

from data import expiry
from data.database import Database
from data.records import StoreRecord
from data.status import Status
from tests.factories import (
    a_store,
    after,
    event,
    kinds,
    tell,
    the_revision,
    the_session,
    the_timeline,
)


async def test_a_session_ends_when_its_time_was_over(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), now=after(0))
    assert await expiry.sweep(db, after(14.99)) == 0
    assert await expiry.sweep(db, after(17)) == 1
    session = await the_session(db, store)
    assert (session.status, session.ended_at) == (Status.EXPIRED, after(15))
    told = (await the_timeline(db, store))[-1]
    assert (told.kind, told.occurred_at, told.received_at, told.source) == ("expired", after(15), after(17), "system")
    assert await expiry.sweep(db, after(18)) == 0
    assert await the_revision(db, store) == 2


async def test_sessions_that_ended_otherwise_or_were_renewed_stay(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(token="bought"), event("checkout.completed", 5, "bought"), now=after(5))
    await tell(db, store, event(token="renewed"), event("reservation.renewed", 10, "renewed"), now=after(10))
    assert await expiry.sweep(db, after(20)) == 0
    assert (await the_session(db, store, "bought")).status is Status.CONVERTED
    assert (await the_session(db, store, "renewed")).status is Status.ACTIVE


async def test_more_than_a_batch_in_two_stores_is_ended_by_one_sweep(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "BATCH", 10)
    other = await a_store(db, "other.example")
    await tell(db, store, *[event(token=f"cart-{number}") for number in range(25)], now=after(0))
    await tell(db, other, event(token="cart-0"), now=after(0))
    assert await expiry.sweep(db, after(60)) == 26
    assert (await the_session(db, other, "cart-0")).status is Status.EXPIRED
    assert await the_revision(db, other) == 2


async def test_the_sweep_reads_only_the_index_of_active_sessions(db: Database) -> None:
    statement = str(expiry._DUE.compile(compile_kwargs={"render_postcompile": True}))
    async with db.reading() as connection:
        plan = await connection.execute(text(f"EXPLAIN QUERY PLAN {statement}"), {"now": 0})
        told = " ".join(str(row) for row in plan)
    assert "USING INDEX session_to_expire" in told
    assert "TEMP B-TREE" not in told


async def test_an_expiry_reported_after_the_sweep_takes_the_place_of_the_conclusion(
    db: Database, store: StoreRecord
) -> None:
    await tell(db, store, event(), now=after(0))
    await expiry.sweep(db, after(15))
    await tell(db, store, event("session.expired", 15.5, reason="timer"), now=after(16))
    session = await the_session(db, store)
    assert (session.status, session.ended_at, session.end_reason) == (Status.EXPIRED, after(15), "timer")
    assert kinds(await the_timeline(db, store)) == ["started", "expired"]


async def test_a_purchase_after_the_sweep_converts(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), now=after(0))
    await expiry.sweep(db, after(15))
    await tell(db, store, event("checkout.completed", 16), now=after(16))
    assert (await the_session(db, store)).status is Status.CONVERTED
    assert kinds(await the_timeline(db, store)) == ["started", "expired", "converted"]
