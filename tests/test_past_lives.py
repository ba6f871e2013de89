"""Lives of a store that several processes tell, one after the other or in turns: scored as by one that never ended."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import replace
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from data import past
from data.database import Busy, Database
from data.event_format import parse
from data.ingest import apply_all
from data.records import StoreRecord
from tests.factories import after, event, opened, tell
from tests.store_lives import Told, a_life, differences, found, live, lived, replayed

SEEDS = range(3)


def a_database(folder: Path) -> AbstractAsyncContextManager[Database]:
    folder.mkdir(exist_ok=True)
    return opened(folder)


def sizes(seed: int) -> Iterator[int]:
    random = Random(seed)
    return cycle([random.randint(1, 30) for _ in range(20)])


def pieces(life: Sequence[Told], seed: int) -> list[Sequence[Told]]:
    """A life cut at random points, each of which ends a batch also where it is told in one."""
    random = Random(seed)
    cuts = sorted(random.sample(range(1, len(life)), 12))
    return [life[begin:end] for begin, end in zip([0, *cuts], [*cuts, len(life)], strict=True)]


async def in_one(folder: Path, parts: Sequence[Sequence[Told]], seed: int) -> dict[str, list[Any]]:
    """What is found after a life that one process has told."""
    async with a_database(folder / "one") as db:
        store = await lived(db)
        for part in parts:
            await live(db, store, part, sizes(seed))
        return await found(db)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("late", [0.0, 0.3])
async def test_a_process_that_begins_anew_goes_on_exactly_as_one_that_never_ended(
    tmp_path: Path, seed: int, late: float
) -> None:
    parts = pieces(a_life(seed, 200, late=late), seed)
    expected = await in_one(tmp_path, parts, seed)
    async with a_database(tmp_path / "other") as db:
        store = await lived(db)
    for part in parts:
        async with a_database(tmp_path / "other") as db:
            await live(db, store, part, sizes(seed))
    async with a_database(tmp_path / "other") as db:
        assert differences(await found(db), expected) == []


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("late", [0.0, 0.3])
async def test_processes_that_take_turns_score_as_one(tmp_path: Path, seed: int, late: float) -> None:
    parts = pieces(a_life(seed, 200, late=late), seed)
    expected = await in_one(tmp_path, parts, seed)
    random = Random(seed)
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(a_database(tmp_path / "shared")) for _ in range(3)]
        store = await lived(databases[0])
        for part in parts:
            await live(random.choice(databases), store, part, sizes(seed))
        assert differences(await found(databases[0]), expected) == []


@pytest.mark.parametrize("late", [0.0, 0.3])
async def test_what_was_scored_as_it_came_is_scored_the_same_from_what_is_stored(tmp_path: Path, late: float) -> None:
    async with a_database(tmp_path) as db:
        store = await lived(db)
        await live(db, store, a_life(12, 300, late=late), sizes(12))
        assert await replayed(db, store) > 300


async def test_processes_that_write_at_the_same_time_miss_nothing_of_each_other(tmp_path: Path) -> None:
    async with a_database(tmp_path) as db, a_database(tmp_path) as other:
        store = await lived(db)
        await asyncio.gather(
            live(db, store, a_life(13, 150), sizes(13)), live(other, store, renamed(a_life(14, 150)), sizes(14))
        )
        assert await replayed(db, store) > 300


def renamed(life: Sequence[Told]) -> list[Told]:
    """The same life with other carts."""
    found = []
    for one in life:
        names = {name: f"other-{one.document[name]}" for name in ("id", "cart_token")}
        decided = one.decided and (f"other-{one.decided[0]}", one.decided[1])
        found.append(replace(one, document=one.document | names, decided=decided))
    return found


class Refused(Exception):
    """Why a transaction is given up."""


async def given_up(db: Database, store: StoreRecord, documents: Sequence[dict[str, Any]], *, at_the_end: bool) -> None:
    """A transaction that judges events of all sorts and is then given up: before its end, or by the database at it."""
    now = after(60 * 60)
    events = [parse(document, currency=store.currency, received_at=now) for document in documents]
    async with db.writing() as session:
        await apply_all(session, store, events, source="api", now=now)
        if not at_the_end:
            raise Refused
        connection = await session.connection()
        await connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        await connection.execute(text("UPDATE session_risk SET store_id = 99"))


@pytest.mark.parametrize("at_the_end", [False, True])
async def test_a_transaction_that_is_given_up_leaves_nothing_behind(tmp_path: Path, at_the_end: bool) -> None:
    parts = pieces(a_life(5, 150), 5)
    expected = await in_one(tmp_path, parts, 5)
    async with a_database(tmp_path / "other") as db:
        store = await lived(db)
        for part in parts:
            with pytest.raises((Refused, IntegrityError)):
                await given_up(db, store, [one.document for one in a_life(6, 40)], at_the_end=at_the_end)
            await live(db, store, part, sizes(5))
        assert differences(await found(db), expected) == []


async def test_a_full_disk_changes_nothing_of_what_is_scored_once_there_is_room_again(tmp_path: Path) -> None:
    parts = pieces(a_life(7, 150), 7)
    expected = await in_one(tmp_path, parts, 7)
    refused = 0
    async with a_database(tmp_path / "other") as db:
        store = await lived(db)
        for part in parts:
            await limit(db, 1)  # no page more than there are
            crowd = [event(minutes=60 * 60, token=f"crowd-{n}", ip=f"198.51.100.{n}") for n in range(200)]
            try:
                await tell(db, store, *crowd, now=after(60 * 60))
            except Busy:
                refused += 1
            await limit(db, 2**30)
            await live(db, store, part, sizes(7))
        assert refused == len(parts)
        assert differences(await found(db), expected) == []


async def limit(db: Database, pages: int) -> None:
    """Let the database's file grow to so many pages, and never to less than it has."""
    async with db.writing() as session:
        await (await session.connection()).execute(text(f"PRAGMA max_page_count = {pages}"))


async def test_what_others_stored_in_great_numbers_is_read_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past, "_MANY", 5)
    parts = pieces(a_life(9, 120), 9)
    expected = await in_one(tmp_path, parts, 9)
    async with a_database(tmp_path / "shared") as db, a_database(tmp_path / "shared") as other:
        store = await lived(db)
        for number, part in enumerate(parts):
            await live(other if number % 2 else db, store, part, sizes(9))
        assert differences(await found(db), expected) == []


async def test_stores_know_nothing_of_each_other(tmp_path: Path) -> None:
    parts, others = pieces(a_life(3, 200, sweep=0.0), 3), pieces(a_life(4, 200, sweep=0.0), 4)
    expected = await in_one(tmp_path, parts, 3)
    async with a_database(tmp_path / "both") as db, a_database(tmp_path / "both") as process:
        store, beside = await lived(db), await lived(db, domain="other.example")
        for number, (part, other) in enumerate(zip(parts, others, strict=True)):
            await live(process if number % 3 else db, beside, other, sizes(4))
            await live(process if number % 2 else db, store, part, sizes(3))
        assert differences(await found(db, store.id), expected) == []
        assert len((await found(db, beside.id))["events"]) > 200
