"""Questions in reading threads: they cannot write, see one state, and their faults are explained like all others."""

import asyncio
import sqlite3
from pathlib import Path

import pytest
from sqlalchemy import text

from data.database import Busy, DatabaseProblem
from tests.factories import a_store, opened


def count_stores(connection: sqlite3.Connection) -> int:
    [found] = connection.execute("SELECT count(*) FROM store").fetchone()
    return int(found)


async def test_many_questions_at_once_are_all_answered(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db)
        assert await asyncio.gather(*(db.ask(count_stores) for _ in range(50))) == [1] * 50


async def test_a_question_sees_one_state_of_the_database(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db, "a.example")
        asked, added = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def twice(connection: sqlite3.Connection) -> tuple[int, int]:
            first = count_stores(connection)
            loop.call_soon_threadsafe(asked.set)
            asyncio.run_coroutine_threadsafe(added.wait(), loop).result(10)
            return first, count_stores(connection)

        question = asyncio.create_task(db.ask(twice))
        await asked.wait()
        await a_store(db, "b.example")
        added.set()
        assert await question == (1, 1)
        assert await db.ask(count_stores) == 2


async def test_a_question_cannot_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db)
        with pytest.raises(Busy):
            await db.ask(lambda connection: connection.execute("DELETE FROM store"))
        assert await db.ask(count_stores) == 1


async def test_a_mistake_stays_one_and_leaves_the_thread_usable(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        for _ in range(5):
            with pytest.raises(sqlite3.OperationalError, match="no such column"):
                await db.ask(lambda connection: connection.execute("SELECT wrong FROM store"))
        assert await db.ask(count_stores) == 0


async def test_a_damaged_file_is_explained(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await a_store(db)
    async with opened(tmp_path) as db:
        spoil(Path(db.location))
        with pytest.raises(DatabaseProblem, match="damaged"):
            await db.ask(count_stores)


def spoil(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xa5" * (len(content) - 4096))


async def test_closing_waits_and_can_be_repeated(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        await db.ask(count_stores)
        await db.close()
        async with db.reading() as connection:
            assert (await connection.execute(text("SELECT 1"))).scalar() == 1
        with pytest.raises(RuntimeError, match="after shutdown"):
            await db.ask(count_stores)
