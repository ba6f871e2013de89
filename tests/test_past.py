"""What scoring knows of the recent past: made again from what is stored it is the same, in whichever process."""

from collections.abc import Iterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest

from data.database import Database
from tests.factories import opened
from tests.store_lives import Told, a_life, differences, found, live, lived

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
    parts = pieces(a_life(seed, late=late), seed)
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
    parts = pieces(a_life(seed, late=late), seed)
    expected = await in_one(tmp_path, parts, seed)
    random = Random(seed)
    async with AsyncExitStack() as stack:
        databases = [await stack.enter_async_context(a_database(tmp_path / "shared")) for _ in range(3)]
        store = await lived(databases[0])
        for part in parts:
            await live(random.choice(databases), store, part, sizes(seed))
        assert differences(await found(databases[0]), expected) == []
