"""Reports that wait for a session: room for so many in each store, and always for a cart that is known."""

import os
from pathlib import Path

from data import backlog
from data.database import Database
from data.records import StoreRecord
from tests.factories import TOKEN, a_store, event, opened, tell


async def wait(db: Database, store: StoreRecord, number: int, *, key: str = "cart:") -> None:
    """So many deliveries of carts, or of checkouts, that are not there."""
    row = "INSERT INTO delivery (store_id, source, topic, digest, received_at, state, waits_for) VALUES "
    async with db.writing() as session:
        connection = await session.connection()
        for _ in range(number):
            await connection.exec_driver_sql(
                f"{row} (?, 'beacon', 'seen', ?, 0, 'unmatched', ?)", (store.id, os.urandom(32), f"{key}unknown")
            )


async def test_there_is_room_until_so_many_wait(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await wait(db, store, 2)
        assert await backlog.has_room(db, store.id, "another", most=3)
        await wait(db, store, 1)
        assert not await backlog.has_room(db, store.id, "another", most=3)


async def test_a_cart_that_is_known_need_not_wait(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store, other = await a_store(db), await a_store(db, "other.example")
        await tell(db, store, event())
        await wait(db, store, 3)
        await wait(db, other, 3)
        assert await backlog.has_room(db, store.id, TOKEN, most=3)
        assert not await backlog.has_room(db, other.id, TOKEN, most=3)


async def test_only_carts_of_the_same_store_count(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store, other = await a_store(db), await a_store(db, "other.example")
        await wait(db, other, 3)
        await wait(db, store, 3, key="checkout:")
        assert await backlog.has_room(db, store.id, "another", most=1)
