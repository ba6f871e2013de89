"""What comes while a transaction is written goes together into the next; what is wrong costs only itself."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from data.database import Busy, Database
from data.group_commit import GroupCommit
from tests.factories import opened


class Notes:
    """A table of numbers; 13 is not written, and everything is refused while ``locked``."""

    def __init__(self) -> None:
        self.groups: list[int] = []
        self.locked = False

    async def write(self, session: AsyncSession, numbers: Sequence[int]) -> list[int]:
        if self.locked:
            raise Busy("locked")
        connection = await session.connection()
        for number in numbers:
            await connection.execute(text(f"INSERT INTO note VALUES ({number})"))
            if number == 13:
                raise ZeroDivisionError
        self.groups.append(len(numbers))
        return [number * 10 for number in numbers]


async def test_many_at_once_share_transactions_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        notes = await _notes(db)
        group = GroupCommit(db, notes.write, most=8)
        assert await asyncio.gather(*(group.add(number) for number in range(20, 40))) == [n * 10 for n in range(20, 40)]
        assert max(notes.groups) == 8
        assert len(notes.groups) < 20
        assert await group.add(40) == 400
        assert await _count(db) == 21


async def test_one_that_cannot_be_written_costs_only_itself(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        notes = await _notes(db)
        group = GroupCommit(db, notes.write, most=50)
        outcomes = await asyncio.gather(*(group.add(number) for number in range(10, 20)), return_exceptions=True)
        assert [type(one) for one in outcomes] == [int] * 3 + [ZeroDivisionError] + [int] * 6
        assert await _count(db) == 9


async def test_a_busy_database_is_told_to_all_of_a_group_and_nothing_is_left_behind(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        notes = await _notes(db)
        group = GroupCommit(db, notes.write, most=50)
        notes.locked = True
        outcomes = await asyncio.gather(*(group.add(number) for number in range(5)), return_exceptions=True)
        assert [type(one) for one in outcomes] == [Busy] * 5
        notes.locked = False
        assert await group.add(1) == 10
        assert await _count(db) == 1


async def test_who_hangs_up_takes_nobody_along(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        notes = await _notes(db)
        group = GroupCommit(db, notes.write, most=50)
        asked = [asyncio.create_task(group.add(number)) for number in range(5)]
        await asyncio.sleep(0)
        asked[2].cancel()
        outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(one) for one in outcomes] == [int, int, asyncio.CancelledError, int, int]
        assert await _count(db) == 5


async def _notes(db: Database) -> Notes:
    async with db.writing() as session:
        await (await session.connection()).execute(text("CREATE TABLE note (n INTEGER)"))
    return Notes()


async def _count(db: Database) -> int:
    async with db.reading() as connection:
        return int((await connection.execute(text("SELECT count(*) FROM note"))).scalar_one())
