"""The hub speaks only when something has changed, and hears what other processes write."""

from pathlib import Path

import pytest

from data.database import Busy, Database
from pages.live import Live
from tests.console import break_reading
from tests.factories import a_store, event, opened, tell

Moves = list[tuple[int, int]]


def listening(live: Live) -> Moves:
    """What the hub says from now on."""
    heard: Moves = []
    live.moved.subscribe(lambda store, revision: heard.append((store, revision)))
    return heard


async def test_it_is_silent_until_something_moves_and_then_speaks_once(db: Database) -> None:
    quiet, busy = await a_store(db, "quiet.example"), await a_store(db, "busy.example")
    live = Live(db)
    heard = listening(live)
    for _ in range(3):
        await live.look()
    assert heard == []
    await tell(db, busy, event(), event("cart.updated", 1))
    await live.look()
    [(store, revision)] = heard
    assert store == busy.id != quiet.id
    assert revision > busy.revision
    await live.look()
    assert len(heard) == 1


async def test_what_changes_nothing_moves_nothing(db: Database) -> None:
    store = await a_store(db)
    await tell(db, store, event(id="a"))
    live = Live(db)
    await live.look()
    heard = listening(live)
    await tell(db, store, event(id="a"), {"nonsense": True})
    await live.look()
    assert heard == []


async def test_it_hears_another_process(db: Database, tmp_path: Path) -> None:
    store = await a_store(db)
    live = Live(db)
    await live.look()
    heard = listening(live)
    async with opened(tmp_path) as other:
        await tell(other, store, event())
    await live.look()
    assert [moved for moved, _ in heard] == [store.id]


async def test_a_store_added_later_is_there_at_the_next_look_and_then_followed(db: Database) -> None:
    live = Live(db)
    assert await live.stores() == []
    store = await a_store(db)
    heard = listening(live)
    await live.look()
    assert [known.domain for known in await live.stores()] == ["shop.example"]
    assert heard == [(store.id, 0)]  # a page that was opened before there was any store begins anew
    await tell(db, store, event())
    await live.look()
    assert [moved for moved, _ in heard] == [store.id, store.id]


async def test_a_database_that_is_busy_is_looked_at_again(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    store = await a_store(db)
    live = Live(db)
    await live.look()
    heard = listening(live)
    await tell(db, store, event())
    with monkeypatch.context() as failing:
        break_reading(failing, Busy("cartwatch.db is locked by another program."))
        await live.look()
    assert heard == []
    await live.look()
    assert [moved for moved, _ in heard] == [store.id]
