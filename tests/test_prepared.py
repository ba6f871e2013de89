"""After a start the recent past is read beside all writing, and nothing that is stored meanwhile is missed."""

from datetime import datetime
from pathlib import Path

import pytest

from data import expiry, past
from data.database import Database
from data.labelled_sale import labelled_sale
from data.records import StoreRecord
from data.reports import Reports
from data.sale_evaluation import OPENED
from tests.factories import a_store, opened

DOCUMENTS = labelled_sale(3, 300, opened_at=OPENED).documents


async def live(db: Database, store: StoreRecord, begin: int, end: int) -> None:
    """A part of the sale, delivered and swept fifty events at a time."""
    for first in range(begin, end, 50):
        some = DOCUMENTS[first : min(first + 50, end)]
        now = datetime.fromisoformat(str(some[-1]["occurred_at"]))
        await Reports(db).receive(store, some, source="api", now=now)
        await expiry.sweep(db, now)


async def risks(db: Database) -> list[tuple[object, ...]]:
    async with db.reading() as connection:
        return [
            tuple(row) for row in await connection.exec_driver_sql("SELECT * FROM session_risk ORDER BY session_id")
        ]


async def test_a_new_process_knows_all_that_one_knows_that_went_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.past._AT_ONCE", 37)
    async with opened(tmp_path) as db, opened(tmp_path) as other:
        store = await a_store(db)
        await live(db, store, 0, len(DOCUMENTS))
        await past.prepare(other, [store])
        [(prepared, _)] = other.lookouts.prepared.values()
        went_on = db.lookouts.by_store[store.id]
        assert prepared.watch.now == went_on.watch.now
        assert prepared.queue._hours == went_on.queue._hours
        assert prepared.queue._counts == went_on.queue._counts
        assert went_on.queue._counts[-1]  # somebody is restricted, and not in the queue


async def test_what_is_stored_between_the_preparation_and_the_first_use_counts(tmp_path: Path) -> None:
    parts = [0, *(len(DOCUMENTS) // 200 * 50 * n for n in (1, 2, 3)), len(DOCUMENTS)]
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    async with opened(one) as smooth:
        store = await a_store(smooth)
        await live(smooth, store, 0, len(DOCUMENTS))
        expected = await risks(smooth)
    async with opened(two) as db, opened(two) as other:
        store = await a_store(db)
        await live(db, store, parts[0], parts[1])
        await past.prepare(other, [store])
        await live(db, store, parts[1], parts[2])
        await live(other, store, parts[2], parts[3])
        await live(db, store, parts[3], parts[4])
        assert await risks(db) == expected


async def test_a_preparation_leaves_a_lookout_in_use_alone(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await live(db, store, 0, 100)
        used = db.lookouts.by_store[store.id]
        await past.prepare(db, [store])
        assert db.lookouts.by_store[store.id] is used
        assert db.lookouts.prepared == {}
