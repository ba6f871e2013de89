"""The demo: the same seed and clock give the same sessions, and all of them went through ingest."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from shutil import copy

import orjson
import pytest
from sqlalchemy import text

from data import expiry, restrict, stores
from data.database import Busy, Database
from data.demo import LATEST, MOST_AT_ONCE, Demo
from data.demo_catalogue import SHOPS
from data.levels import Decision
from data.reports import Reports
from data.risk.model import rules
from tests.factories import NOON, opened

SECOND = timedelta(seconds=1)
SHOWN = "status, started_at, expires_at, ended_at, value, currency, item_count, renewals, manual_extends, country"


@asynccontextmanager
async def opened_at(path: Path) -> AsyncIterator[Database]:
    """The database at a path, closed at the end."""
    db = await Database.open(str(path))
    try:
        yield db
    finally:
        await db.close()


def moments(*seconds: float) -> list[datetime]:
    """So many seconds after noon each."""
    return [NOON + timedelta(seconds=s) for s in seconds]


async def play(path: Path, seed: int, steps: Sequence[datetime] = ()) -> None:
    """A demo from noon on, in a new database or one that is there, swept after every step as the app does."""
    async with opened_at(path) as db:
        demo = Demo(db, seed)
        await demo.prepare(NOON)
        for now in steps:
            await demo.step(now)
            await expiry.sweep(db, now)


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as the demo begins with it. Only read; copies are played on."""
    path = tmp_path_factory.mktemp("demo") / "demo.db"
    asyncio.run(play(path, seed=7))
    return path


def rows(path: Path, query: str) -> list[tuple[object, ...]]:
    """What is stored."""
    connection = sqlite3.connect(path)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def counts(path: Path, query: str) -> dict[object, int]:
    """A query of names and numbers as a dictionary."""
    return {name: int(str(number)) for name, number in rows(path, query)}


def test_the_history_has_what_the_screens_show(prepared: Path) -> None:
    assert counts(prepared, "SELECT currency, count(*) FROM session GROUP BY 1") == {"USD": 115, "CZK": 40, "JPY": 40}
    first = "FROM session JOIN store ON store.id = store_id WHERE domain = 'northfell.example'"
    assert counts(prepared, f"SELECT status, count(*) {first} GROUP BY 1").keys() == {
        "active", "converted", "expired", "cancelled",
    }  # fmt: skip
    levels = counts(prepared, f"SELECT risk_level, count(*) {first} GROUP BY 1")
    assert levels.keys() == {"normal", "monitored", "review", "restricted"}
    assert levels["normal"] > 80
    countries = counts(prepared, f"SELECT country, count(*) {first} AND country IS NOT NULL GROUP BY 1")
    assert len(countries) >= 20
    assert "CZ" in countries
    oldest = rows(prepared, "SELECT min(started_at) FROM session")[0][0]
    assert isinstance(oldest, int)
    assert 10 <= (NOON.timestamp() - oldest / 1000) / 86_400 < 11


def test_the_documented_rows_are_there(prepared: Path) -> None:
    shown = rows(prepared, "SELECT cart_token, country, item_count, value FROM session WHERE currency = 'USD'")
    assert ("I7D_WJdza-gEmqks", "CZ", 1, 4995) in shown
    assert (2, 312475) in {row[2:] for row in shown}


def test_the_merchant_decided_about_a_few(prepared: Path) -> None:
    decisions = counts(prepared, "SELECT decision, count(*) FROM session WHERE decision IS NOT NULL GROUP BY 1")
    assert decisions.keys() == {"restricted", "cleared"}
    told = rows(prepared, "SELECT changes FROM event WHERE kind IN ('restricted', 'cleared')")
    assert all("reason" in orjson.loads(str(changes)) for (changes,) in told)


async def test_every_session_shows_what_was_last_thought_of_it(tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    await play(path, 7, moments(10, 20, 40, 60))
    last = "SELECT score FROM event WHERE session_id = session.id AND score IS NOT NULL ORDER BY id DESC LIMIT 1"
    query = f"SELECT risk_score, risk.score, ({last}), risk.sampled IS NOT NULL, decision IS NOT NULL FROM session"
    found = rows(path, f"{query} JOIN session_risk AS risk ON risk.session_id = session.id")
    assert len(found) == len(rows(path, "SELECT id FROM session"))
    for shown, stored, told, sampled, decided in found:
        assert stored == told is not None
        assert shown == stored or (shown is None and sampled and not decided)


def test_volume_alone_never_restricts(prepared: Path) -> None:
    query = "SELECT score, readings FROM session_risk JOIN session ON session.id = session_id"
    found = rows(prepared, f"{query} WHERE assessed_level = 'restricted'")
    assert found
    for score, readings in found:
        assert int(str(score)) >= 80
        assert rules().is_hard(orjson.loads(str(readings)))


def test_some_holds_end_within_the_first_minute(prepared: Path) -> None:
    noon = int(NOON.timestamp() * 1000)
    due = f"SELECT count(*) FROM session WHERE status = 'active' AND expires_at BETWEEN {noon} AND {noon + 60_000}"
    assert int(str(rows(prepared, due)[0][0])) >= 3


async def test_everything_stored_follows_from_the_reported_events(prepared: Path, tmp_path: Path) -> None:
    # Told once more to an empty database, the events and decisions give the same sessions: nothing came in
    # beside them.
    async with opened(tmp_path) as db:
        for shop in SHOPS:
            store = await stores.add(db, shop.domain, name=shop.name, currency=shop.currency, now=NOON)
            raw = rows(prepared, f"SELECT raw FROM event WHERE store_id = {store.id} AND source = 'demo' AND raw > ''")
            documents = [orjson.loads(str(document)) for (document,) in raw]
            outcomes = await Reports(db).receive(store, documents, source="demo", now=NOON)
            assert {outcome.status for outcome in outcomes} == {"applied"}
        await expiry.sweep(db, NOON)
    everything = f"SELECT cart_token, {SHOWN} FROM session ORDER BY id"
    assert rows(tmp_path / "cartwatch.db", everything) == rows(prepared, everything)
    assert {source for (source,) in rows(prepared, "SELECT DISTINCT source FROM event")} == {
        "demo", "merchant", "system",
    }  # fmt: skip


async def test_the_same_seed_and_moments_give_the_same_database(prepared: Path, tmp_path: Path) -> None:
    steps = moments(2, 4.5, 20)
    await play(tmp_path / "one.db", 7, steps)
    await play(tmp_path / "two.db", 7, steps)
    for table in ("session", "line_item", "event", "session_risk"):
        everything = f"SELECT * FROM {table} ORDER BY 1"
        assert rows(tmp_path / "one.db", everything) == rows(tmp_path / "two.db", everything)
    assert len(rows(tmp_path / "one.db", "SELECT id FROM session")) > len(rows(prepared, "SELECT id FROM session"))


async def test_the_sale_goes_on(tmp_path: Path) -> None:
    await play(tmp_path / "demo.db", 7, moments(*range(20, 181, 20)))
    since = f"occurred_at > {int(NOON.timestamp() * 1000)}"
    happened = counts(tmp_path / "demo.db", f"SELECT kind, count(*) FROM event WHERE {since} GROUP BY 1")
    assert 3 * 180 / 9 <= happened["started"] <= 130  # every 3, 9 and 11 seconds
    for kind in ("cart_updated", "renewed", "extended", "checkout_started", "converted", "expired", "cancelled"):
        assert happened[kind] > 0, kind
    assert happened["risk_assessed"] > 5
    refused = counts(tmp_path / "demo.db", f"SELECT kind, count(*) FROM event WHERE {since} AND NOT applied GROUP BY 1")
    assert refused == {}


async def test_after_a_long_sleep_it_goes_on_without_a_flood(prepared: Path, tmp_path: Path) -> None:
    path = tmp_path / "demo.db"
    eight_hours = 8 * 3600
    await play(path, 7, moments(2, 4, eight_hours, eight_hours + 10))
    noon = int(NOON.timestamp() * 1000)
    woken = noon + eight_hours * 1000
    slept = f"started_at > {noon + 4000} AND started_at <= {woken - LATEST // SECOND * 1000}"
    assert rows(path, f"SELECT count(*) FROM session WHERE {slept}") == [(0,)]
    new = rows(path, f"SELECT count(*) FROM session WHERE started_at > {woken - LATEST // SECOND * 1000}")
    assert 25 < int(str(new[0][0])) < 60
    received = rows(path, f"SELECT count(*) FROM event WHERE received_at >= {woken} AND source = 'demo'")
    assert int(str(received[0][0])) < MOST_AT_ONCE


async def test_a_database_that_is_there_is_continued(prepared: Path, tmp_path: Path) -> None:
    path = Path(copy(prepared, tmp_path / "demo.db"))
    before = set(rows(path, "SELECT cart_token FROM session"))
    async with opened_at(path) as db:
        demo = Demo(db)
        await demo.prepare(NOON + timedelta(days=2))
        assert set(rows(path, "SELECT cart_token FROM session")) == before
        await demo.step(NOON + timedelta(days=2, seconds=30))
    assert len(set(rows(path, "SELECT cart_token FROM session")) - before) > 8
    assert rows(path, "SELECT count(*) FROM store") == [(3,)]


async def test_steps_while_the_disk_is_full_are_made_up_for_later(prepared: Path, tmp_path: Path) -> None:
    smooth, troubled = Path(copy(prepared, tmp_path / "smooth.db")), Path(copy(prepared, tmp_path / "troubled.db"))
    async with opened_at(smooth) as db:
        demo = Demo(db)
        await demo.prepare(NOON)
        await demo.step(NOON + 30 * SECOND)
    async with opened_at(troubled) as db:
        demo = Demo(db)
        await demo.prepare(NOON)
        await limit_pages(db, 1)  # SQLite takes its present size then: not a page more
        for now in moments(10, 20, 29):
            with pytest.raises(Busy):
                await demo.step(now)
        await limit_pages(db, 1_000_000)
        await demo.step(NOON + 30 * SECOND)
    happened = "SELECT source_id, applied FROM event WHERE source = 'demo' AND source_id IS NOT NULL ORDER BY 1"
    assert rows(troubled, happened) == rows(smooth, happened)
    assert len(rows(smooth, happened)) > len(rows(prepared, happened)) + 10


async def test_a_merchants_decision_stands_while_the_demo_goes_on(prepared: Path, tmp_path: Path) -> None:
    path = Path(copy(prepared, tmp_path / "demo.db"))
    async with opened_at(path) as db:
        demo = Demo(db)
        await demo.prepare(NOON)
        await demo.step(NOON + 20 * SECOND)
        token = str(rows(path, "SELECT cart_token FROM session WHERE store_id = 1 ORDER BY id DESC")[0][0])
        await restrict.decide(db, 1, token, Decision.RESTRICTED, reason="Looks odd", now=NOON + 21 * SECOND)
        await demo.step(NOON + 40 * SECOND)
    assert rows(path, f"SELECT risk_level FROM session WHERE cart_token = '{token}'") == [("restricted",)]


async def limit_pages(db: Database, pages: int) -> None:
    async with db.writing() as session:
        await session.execute(text(f"PRAGMA max_page_count = {pages}"))
