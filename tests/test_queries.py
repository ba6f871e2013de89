"""Every list the database gives is the one that plain Python makes of the same sessions."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import orjson
import pytest
import pytest_asyncio
from sqlalchemy import text

from data import hits, queries, ranks
from data.database import Database
from data.filters import NOWHERE, DeviceKind, SessionFilter, Sort
from data.levels import RiskLevel
from data.models import CartSession
from data.queries import block, changes, count_everything, newest_id
from data.records import StoreRecord
from data.status import Status
from tests.factories import NOON, a_store, opened
from tests.many_sessions import listed, many_sessions

FILTERS = [
    SessionFilter(),
    SessionFilter(status=Status.ACTIVE),
    SessionFilter(status=Status.EXPIRED),
    SessionFilter(risk=RiskLevel.REVIEW),
    SessionFilter(status=Status.CONVERTED, risk=RiskLevel.NORMAL),
    SessionFilter(not_status=(Status.EXPIRED,)),
    SessionFilter(not_status=(Status.ACTIVE, Status.CONVERTED, Status.EXPIRED)),
    SessionFilter(not_risk=(RiskLevel.NORMAL,), status=Status.ACTIVE),
    SessionFilter(not_risk=(RiskLevel.NORMAL, RiskLevel.REVIEW), not_status=(Status.EXPIRED, Status.ACTIVE)),
    SessionFilter(not_status=tuple(Status)),
    SessionFilter(status=Status.ACTIVE, not_status=(Status.ACTIVE,)),
]
CONDITIONS = [
    SessionFilter(country="CZ"),
    SessionFilter(country=NOWHERE),
    SessionFilter(device=DeviceKind.BOT),
    SessionFilter(ip="185.22.1.7"),
    SessionFilter(ip="185.22.1.0/24", not_ip=("185.22.1.7",)),
    SessionFilter(ip="0.0.0.0/0"),
    SessionFilter(ip="2001:db8::/48"),
    SessionFilter(device_id="device-4"),
    SessionFilter(device_id="device-4' OR 1 --"),
    SessionFilter(like="nobody"),
    SessionFilter(not_country=("CZ", "US")),
    SessionFilter(not_country=(NOWHERE,)),
    SessionFilter(not_country=("DE", NOWHERE), not_device=(DeviceKind.BOT, DeviceKind.MOBILE)),
    SessionFilter(not_ip=("10.0.0.0/8", "2001:db8::5")),
    SessionFilter(country="DE", device=DeviceKind.MOBILE, not_status=(Status.EXPIRED,)),
    SessionFilter(q="a", country="US", not_ip=("185.22.1.8",)),
    SessionFilter(q="185.22", device=DeviceKind.TABLET, not_risk=(RiskLevel.NORMAL,)),
    SessionFilter(q="abc", ip="185.0.0.0/8"),
    SessionFilter(country="CZ", status=Status.ACTIVE, not_status=(Status.ACTIVE,)),
]
SEARCHES = [
    *(
        "a",
        "ab",
        "abc",
        "ABca",
        "%",
        "_",
        "\\",
        '"',
        "%_\\",
        "a'b\"",
        "éab",
        "~1",
        "~12",
        "zzz",
        "aaaaaaaaaaaaaaaaaaaa",
    ),
    *("185.22", "185.22.1.7", "185.22.0.0/16", "10.", "2001:db8::5", "2001:db8::/32", "0.0.0.0/0", "999.1", "1.2.3.4"),
    *("CZ", "czechia", "germ", "united", "Ω", "SELECT", "abc OR a", "NEAR(a b)", "a*"),
]


@dataclass(frozen=True)
class World:
    """A store with sessions, beside another one whose sessions must never be seen."""

    db: Database
    store: StoreRecord
    sessions: list[CartSession]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[World]:
    async with opened(tmp_path_factory.mktemp("world")) as db:
        store, other = await a_store(db), await a_store(db, "other.example")
        sessions = await many_sessions(db, store, 210)
        await many_sessions(db, other, 100, seed=2)
        yield World(db, store, sessions)


async def check(world: World, wanted: SessionFilter) -> None:
    """The block from the top, from the middle, over the end and beyond it; with a pin and without."""
    ids = sorted(one.id for one in world.sessions)
    for until in (None, ids[150]):
        expected = listed(world.sessions, wanted, until)
        middle, end = len(expected) // 2, len(expected)
        for start in sorted({0, middle, max(0, end - 7), end + 5}):
            found = await block(world.db, world.store.id, wanted, start, start + 40, now=NOON, until=until)
            assert [row["id"] for row in found.rows] == expected[start : start + 40], (until, start)
            assert (found.total, found.capped) == (len(expected), False)


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("wanted", FILTERS, ids=lambda one: one.list_address())
async def test_the_list_in_every_order_under_every_filter(world: World, wanted: SessionFilter, sort: Sort) -> None:
    await check(world, replace(wanted, sort=sort))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize("wanted", CONDITIONS, ids=lambda one: one.list_address())
async def test_the_list_in_every_order_under_every_other_condition(
    world: World, wanted: SessionFilter, sort: Sort
) -> None:
    await check(world, replace(wanted, sort=sort))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("wanted", CONDITIONS, ids=lambda one: one.list_address())
@pytest.mark.parametrize(("few", "many"), [(0, 5), (50, 1)])
async def test_every_way_of_looking_for_conditions_finds_the_same(
    world: World, wanted: SessionFilter, few: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "_FEW", few)
    monkeypatch.setattr(hits, "_MANY", many)
    for sort in (Sort.NEWEST, Sort.SAFEST, Sort.FIRST_TO_EXPIRE):
        await check(world, replace(wanted, sort=sort))
        await check(world, replace(wanted, sort=sort, status=Status.ACTIVE))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sort", [Sort.NEWEST, Sort.OLDEST, Sort.DEAREST, Sort.FIRST_TO_EXPIRE, Sort.SAFEST])
async def test_far_rows_are_found_by_adding_up(world: World, sort: Sort, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_NEAR", 1)
    monkeypatch.setattr(queries, "_FEW", 0)
    for wanted in FILTERS:
        await check(world, replace(wanted, sort=sort))


@pytest.mark.asyncio(loop_scope="module")
async def test_rows_just_below_a_pin_are_counted_from_the_pin(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ranks, "_NEAR", 1)
    for until in sorted(one.id for one in world.sessions)[5::4]:
        expected = listed(world.sessions, SessionFilter(), until)
        found = await block(world.db, world.store.id, SessionFilter(), 1, 4, now=NOON, until=until)
        assert [row["id"] for row in found.rows] == expected[1:4]


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("words", SEARCHES)
async def test_a_search_finds_what_it_means_and_takes_every_character_for_itself(world: World, words: str) -> None:
    assert "é" not in words or listed(world.sessions, SessionFilter(q=words))
    await check(world, SessionFilter(q=words))
    await check(world, SessionFilter(q=words, status=Status.EXPIRED, sort=Sort.OLDEST))


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize("sort", Sort)
@pytest.mark.parametrize(("few", "many"), [(20_000, 30_000), (0, 5), (50, 1)])
async def test_every_way_of_searching_finds_the_same(
    world: World, sort: Sort, few: int, many: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hits, "_FEW", few)
    monkeypatch.setattr(hits, "_MANY", many)
    for words in ("a", "abc", "185.22", "CZ", "germ", "10."):
        await check(world, SessionFilter(q=words, sort=sort))
        await check(world, SessionFilter(q=words, sort=sort, status=Status.ACTIVE, risk=RiskLevel.REVIEW))


@pytest.mark.asyncio(loop_scope="module")
async def test_a_search_with_many_hits_is_counted_as_far_as_somebody_looked(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "COUNTED", 20)
    wanted = SessionFilter(q="a")
    expected = listed(world.sessions, wanted)
    first = await block(world.db, world.store.id, wanted, 0, 10, now=NOON)
    assert (first.total, first.capped, len(first.rows)) == (20, True, 10)
    further = await block(world.db, world.store.id, wanted, 90, 100, now=NOON)
    assert (further.total, further.capped) == (100, True)
    last = await block(world.db, world.store.id, wanted, len(expected) - 5, len(expected) + 5, now=NOON)
    assert (last.total, last.capped, len(last.rows)) == (len(expected), False, 5)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_block_has_between_one_row_and_five_hundred(world: World) -> None:
    assert len((await block(world.db, world.store.id, SessionFilter(), -5, 500, now=NOON)).rows) == 210
    assert len((await block(world.db, world.store.id, SessionFilter(), 7, 3, now=NOON)).rows) == 1


@pytest.mark.asyncio(loop_scope="module")
async def test_a_row_is_flat_and_shows_what_is_over_as_expired(world: World) -> None:
    wanted = SessionFilter(status=Status.ACTIVE, sort=Sort.FIRST_TO_EXPIRE)
    [soon] = (await block(world.db, world.store.id, wanted, 0, 1, now=NOON)).rows
    [late] = (await block(world.db, world.store.id, wanted, 0, 1, now=NOON + timedelta(hours=1))).rows
    session = next(one for one in world.sessions if str(one.id) == soon["id"])
    assert session.expires_at is not None
    assert orjson.loads(orjson.dumps(soon)) == {
        "id": str(session.id),
        "cart_token": session.cart_token,
        "device": session.device,
        "country": session.country,
        "item_count": 0,
        "value": session.value,
        "currency": "USD",
        "status": "active",
        "risk_level": session.risk_level,
        "risk_score": session.risk_score,
        "started_at": int(session.started_at.timestamp() * 1000),
        "expires_at": int(session.expires_at.timestamp() * 1000),
    }
    assert late == {**soon, "status": "expired", "expires_at": None}


@pytest.mark.asyncio(loop_scope="module")
@pytest.mark.parametrize(
    "wanted",
    [
        *(SessionFilter(q=words, risk=RiskLevel.MONITORED) for words in ("", "a", "~10", "CZ")),
        SessionFilter(not_status=(Status.EXPIRED,), not_risk=(RiskLevel.NORMAL,)),
        SessionFilter(country="CZ", not_device=(DeviceKind.BOT,)),
    ],
    ids=lambda one: one.list_address(),
)
async def test_changes_follow_a_pinned_list(world: World, wanted: SessionFilter) -> None:
    ids = sorted(one.id for one in world.sessions)
    below = listed(world.sessions, wanted)
    pin = int(below[len(below) // 3])
    foreign = await newest_id(world.db, world.store.id + 1)
    found = await changes(world.db, world.store.id, wanted, [ids[5], foreign, ids[2]], now=NOON, until=pin)
    everything, below = below, listed(world.sessions, wanted, pin)
    assert [row["id"] for row in found.rows] == [str(ids[5]), str(ids[2])]
    assert (found.total, found.capped, found.newer) == (len(below), False, len(everything) - len(below))
    assert (found.everything, found.revision) == (210, 0)
    unpinned = await changes(world.db, world.store.id, wanted, [], now=NOON)
    assert (unpinned.total, unpinned.newer, unpinned.rows) == (len(everything), 0, [])


@pytest.mark.asyncio(loop_scope="module")
async def test_the_newest_and_the_count_of_a_store_and_of_one_that_is_not_there(world: World) -> None:
    assert await newest_id(world.db, world.store.id) == max(one.id for one in world.sessions)
    assert await count_everything(world.db, world.store.id) == 210
    assert (await newest_id(world.db, 99), await count_everything(world.db, 99)) == (0, 0)
    assert (await block(world.db, 99, SessionFilter(), 0, 10, now=NOON)).rows == []


async def test_the_counting_tables_follow_every_kind_of_write(tmp_path: Path) -> None:
    async with opened(tmp_path) as db:
        store = await a_store(db)
        await many_sessions(db, store, 80)
        async with db.writing() as session:
            connection = await session.connection()
            await connection.execute(text("UPDATE session SET status = 'converted' WHERE value = 100"))
            await connection.execute(
                text("UPDATE session SET risk_level = 'restricted', status = 'expired' WHERE value = 0")
            )
            await connection.execute(text("UPDATE session SET value = 7 WHERE country = 'CZ'"))
            await connection.execute(text("DELETE FROM session WHERE country = 'DE'"))
        async with db.reading() as connection:
            for counted, key in (("session_tally", "0"), ("session_rank", "id >> 44")):
                bucket = "0" if counted == "session_tally" else "bucket"
                kept = await connection.execute(
                    text(f"SELECT {bucket}, status, risk_level, n FROM {counted} WHERE n <> 0 ORDER BY 1, 2, 3")
                )
                real = await connection.execute(
                    text(f"SELECT {key}, status, risk_level, count(*) FROM session GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")
                )
                assert kept.all() == real.all()
        async with db.writing() as session:
            # Fails where the search index and the sessions differ.
            await (await session.connection()).execute(
                text("INSERT INTO session_search (session_search, rank) VALUES ('integrity-check', 1)")
            )
