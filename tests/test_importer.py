"""Files go into a real database: everything that can be read, once, and what cannot is told by line and field."""

import io
import json
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import stores
from data.addresses import unpack
from data.database import Database
from data.details import detail
from data.events import TimelineKind
from data.filters import SessionFilter
from data.import_file import ImportProblem, Kind, Rejection
from data.importer import Tally, import_file
from data.levels import RiskLevel
from data.queries import block, count_everything
from data.records import SessionDetail, StoreRecord
from data.status import Status
from tests.factories import NOON, a_store, after, event, kinds, line, tell, text, the_timeline

COLUMNS = ("cart_token", "status", "started_at", "currency", "value", "item_count")


@pytest.fixture
async def shop(db: Database) -> StoreRecord:
    return await a_store(db)


def row(token: str, status: str = "converted", minutes: float = -60, **known: object) -> dict[str, Any]:
    given = {"cart_token": token, "status": status, "started_at": text(after(minutes)), "currency": "USD"}
    return given | {"value": "49.95", "item_count": 1} | known


def jsonl(*documents: object) -> bytes:
    return b"".join(json.dumps(document).encode() + b"\n" for document in documents)


async def imported(db: Database, content: bytes, domain: str | None = None) -> tuple[Tally, list[Rejection]]:
    rejected: list[Rejection] = []
    seen: list[int] = []
    tally = await import_file(
        db,
        io.BytesIO(content),
        domain=domain,
        now=NOON,
        report=rejected.append,
        progress=lambda tally: seen.append(tally.bytes_read),
    )
    assert tally.rejected == len(rejected)
    assert seen == sorted(seen)
    assert seen[-1] == len(content)
    return tally, rejected


async def known(db: Database, store: StoreRecord, token: str) -> SessionDetail:
    found = await detail(db, store.id, token, NOON)
    assert found is not None
    return found


async def contents(db: Database) -> list[tuple[Any, ...]]:
    """Everything that an import may change."""
    tables = ("store", "session", "event", "risk_assessment", "line_item", "session_tally", "session_rank")
    async with db.reading() as connection:
        return [tuple(row) for table in tables for row in await connection.execute(sql(f"SELECT * FROM {table}"))]


async def test_a_session_is_imported_with_all_that_is_known_of_it(db: Database, shop: StoreRecord) -> None:
    given = row(
        "abc",
        "Expired",
        value="3124.75",
        item_count="2",
        risk_level="Review",
        risk_score="71",
        ip="185.22.1.9",
        country="CZ",
        user_agent="Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X)",
        expires_at=text(after(-30)),
        last_activity_at=text(after(-40)),
        ended_at=text(after(-29)),
        cart_updates="3",
        renewals="1",
        max_renewals="5",
        manual_extends="2",
    )
    tally, rejected = await imported(db, jsonl(given))
    assert (tally.kind, tally.imported, tally.duplicates, rejected) == (Kind.SESSIONS, 1, 0, [])
    session = await known(db, shop, "abc")
    assert (session.status, session.value, session.currency, session.item_count) == (Status.EXPIRED, 312475, "USD", 2)
    assert (session.ip, session.country, session.device) == ("185.22.1.9", "CZ", "mobile")
    assert (session.started_at, session.expires_at, session.ended_at) == (after(-60), after(-30), after(-29))
    assert session.last_activity_at == after(-40)
    assert (session.cart_updates, session.renewals, session.max_renewals, session.manual_extends) == (3, 1, 5, 2)
    assert (session.risk_level, session.risk_score, session.decision) == (RiskLevel.REVIEW, 71, None)
    assert session.assessment is not None
    assert (session.assessment.score, session.assessment.level, session.assessment.causes) == (71, "review", ())
    assert session.assessment.model_version == "imported"
    assert [(entry.kind, entry.occurred_at, entry.source) for entry in session.timeline] == [
        (TimelineKind.STARTED, after(-60), "import"),
        (TimelineKind.EXPIRED, after(-29), "import"),
    ]


@pytest.mark.parametrize(
    ("status", "times", "ended"),
    [
        ("converted", {}, -60),
        ("cancelled", {"last_activity_at": text(after(-50))}, -50),
        ("expired", {"expires_at": text(after(-45)), "last_activity_at": text(after(-50))}, -45),
        ("expired", {"expires_at": text(after(30)), "last_activity_at": text(after(-50))}, -50),
    ],
)
async def test_a_session_that_is_over_has_an_ending_even_if_the_file_has_no_time_of_it(
    db: Database, shop: StoreRecord, status: str, times: dict[str, Any], ended: float
) -> None:
    await imported(db, jsonl(row("abc", status, **times)))
    assert (await known(db, shop, "abc")).ended_at == after(ended)
    timeline = await the_timeline(db, shop, "abc")
    assert kinds(timeline) == ["started", status]
    assert timeline[-1].occurred_at == after(ended)


async def test_an_active_session_without_an_end_gets_the_stores_timer(db: Database) -> None:
    shop = await a_store(db, timer_minutes=20, max_renewals=7)
    await imported(db, jsonl(row("abc", "active", -10, last_activity_at=text(after(-5)))))
    session = await known(db, shop, "abc")
    assert (session.status, session.expires_at, session.max_renewals) == (Status.ACTIVE, after(15), 7)
    assert kinds(await the_timeline(db, shop, "abc")) == ["started"]


async def test_without_a_score_a_session_counts_as_not_evaluated(db: Database, shop: StoreRecord) -> None:
    await imported(db, jsonl(row("a"), row("b", risk_level="monitored")))
    assert (await known(db, shop, "a")).assessment is None
    session = await known(db, shop, "b")
    assert (session.risk_level, session.risk_score, session.assessment) == (RiskLevel.MONITORED, None, None)


async def test_importing_twice_changes_nothing(db: Database, shop: StoreRecord) -> None:
    content = jsonl(*(row(f"t{number}", risk_score=number) for number in range(5)))
    await imported(db, content)
    before = await contents(db)
    tally, rejected = await imported(db, content)
    assert (tally.imported, tally.duplicates, rejected) == (0, 5, [])
    assert await contents(db) == before


async def test_a_session_that_the_store_knows_already_is_left_alone(db: Database, shop: StoreRecord) -> None:
    await tell(db, shop, event(token="abc", lines=[line()]), now=NOON)
    tally, _ = await imported(db, jsonl(row("abc", "cancelled", value="1.00"), row("new")))
    assert (tally.imported, tally.duplicates) == (1, 1)
    session = await known(db, shop, "abc")
    assert (session.status, session.value, len(session.lines)) == (Status.ACTIVE, 4995, 1)


async def test_of_the_same_token_twice_in_a_file_the_first_counts(db: Database, shop: StoreRecord) -> None:
    tally, _ = await imported(db, jsonl(row("abc", value="1.00"), row("abc", value="2.00")))
    assert (tally.imported, tally.duplicates) == (1, 1)
    assert (await known(db, shop, "abc")).value == 100


async def test_more_than_a_batch_is_listed_counted_and_found(db: Database, shop: StoreRecord) -> None:
    lines = [",".join(COLUMNS)]
    # Started in the same few milliseconds, so that their ids must be told apart.
    lines += [f"cart-{n:04},converted,2026-02-01T10:00:00.{n % 7:03}Z,USD,{n}.00,{n % 5}" for n in range(2300)]
    tally, rejected = await imported(db, "\n".join(lines).encode())
    assert (tally.imported, rejected) == (2300, [])
    assert await count_everything(db, shop.id) == 2300
    newest = await block(db, shop.id, SessionFilter(), 0, 1, now=NOON)
    assert newest.total == 2300
    assert newest.rows[0]["started_at"] % 1000 == 6
    found = await block(db, shop.id, SessionFilter(q="cart-1234"), 0, 10, now=NOON)
    assert [(hit["cart_token"], hit["value"]) for hit in found.rows] == [("cart-1234", 123400)]
    assert (await stores.every(db))[0].revision == 3


async def test_bad_lines_are_told_and_everything_else_is_kept(db: Database, shop: StoreRecord) -> None:
    bad_value = row("bad", value="1,5")
    content = jsonl(row("a")) + b"{nonsense\n" + jsonl(bad_value, row("b")) + b'{"cart_token": "\xff"}\n'
    tally, rejected = await imported(db, content)
    assert (tally.imported, tally.duplicates, tally.rejected) == (2, 0, 3)
    assert [(bad.line, bad.field) for bad in rejected] == [(2, None), (3, "value"), (5, None)]
    assert rejected[1].message == 'value: must be a decimal amount, such as "49.95"'
    assert json.loads(rejected[1].content) == bad_value
    assert await count_everything(db, shop.id) == 2


async def test_events_go_through_the_ingest(db: Database, shop: StoreRecord) -> None:
    content = jsonl(
        event(token="abc", minutes=-30, lines=[line(quantity=2)]),
        event("checkout.completed", -20, token="abc", order_id="1001", store=shop.domain),
        event("cart.updated", -25, token="abc", lines=[{"quantity": "many"}]),
    )
    tally, rejected = await imported(db, content)
    assert (tally.kind, tally.imported, tally.rejected) == (Kind.EVENTS, 2, 1)
    assert [(bad.line, bad.field) for bad in rejected] == [(3, "lines[0].quantity")]
    session = await known(db, shop, "abc")
    assert (session.status, session.value, session.order_id) == (Status.CONVERTED, 9990, "1001")
    before = await contents(db)
    again, _ = await imported(db, content)
    assert (again.imported, again.duplicates) == (0, 2)
    assert await contents(db) == before


async def test_an_event_that_was_sent_is_not_imported_again(db: Database, shop: StoreRecord) -> None:
    sent = event(token="abc", minutes=-5)
    await tell(db, shop, sent, now=NOON)
    tally, _ = await imported(db, jsonl(sent | {"store": shop.domain}))
    assert (tally.imported, tally.duplicates) == (0, 1)


async def test_events_after_an_import_go_on_from_it(db: Database, shop: StoreRecord) -> None:
    await imported(db, jsonl(row("abc", "active", -10, cart_updates=3, value="10.00")))
    await tell(db, shop, event("cart.updated", -1, token="abc", lines=[line()]), now=NOON)
    session = await known(db, shop, "abc")
    assert (session.cart_updates, session.value, session.started_at) == (4, 4995, after(-10))


async def test_rows_go_to_the_store_that_they_name_and_to_no_other(db: Database, shop: StoreRecord) -> None:
    other = await a_store(db, "other.example", "JPY")
    content = jsonl(
        row("same", store="shop.example"),
        row("same", store="OTHER.example", currency="JPY", value="500"),
        row("lost", store="third.example"),
        row("nameless"),
    )
    tally, rejected = await imported(db, content)
    assert (tally.imported, tally.rejected) == (2, 2)
    assert [bad.message for bad in rejected] == [
        "store: there is no store third.example",
        "store: is required (or give --store)",
    ]
    assert ((await known(db, shop, "same")).value, (await known(db, other, "same")).value) == (4995, 500)


async def test_a_store_that_is_given_takes_rows_without_one_and_refuses_those_of_others(
    db: Database, shop: StoreRecord
) -> None:
    other = await a_store(db, "other.example", "JPY")
    tally, rejected = await imported(db, jsonl(row("a"), row("b", store="shop.example")), domain="Other.Example")
    assert (tally.imported, [bad.message for bad in rejected]) == (
        1,
        ["store: is shop.example, but --store is other.example"],
    )
    assert await count_everything(db, other.id) == 1
    assert await count_everything(db, shop.id) == 0


async def test_which_store_is_meant_must_be_clear(db: Database) -> None:
    with pytest.raises(ImportProblem, match="There is no store yet"):
        await imported(db, jsonl(row("a")))
    await a_store(db)
    with pytest.raises(ImportProblem, match=r"There is no store absent\.example\. There is: shop\.example\."):
        await imported(db, jsonl(row("a")), domain="absent.example")
    await a_store(db, "other.example")
    with pytest.raises(ImportProblem, match="Name it with --store"):
        await imported(db, jsonl(row("a")))


async def test_fields_that_the_format_does_not_name_are_kept_in_the_timeline(db: Database, shop: StoreRecord) -> None:
    await imported(db, jsonl(row("abc", warehouse="Brno"), row("plain")))
    kept = (await the_timeline(db, shop, "abc"))[0].raw
    assert kept is not None
    assert json.loads(kept)["warehouse"] == "Brno"
    assert (await the_timeline(db, shop, "plain"))[0].raw is None


async def test_hostile_texts_are_stored_as_they_are(db: Database, shop: StoreRecord) -> None:
    token = "<script>alert(1)</script>%_\\:x\N{RIGHT-TO-LEFT OVERRIDE}"
    await imported(db, jsonl(row(token, user_agent="'; DROP TABLE session; --", ip="::ffff:10.0.0.1")))
    session = await known(db, shop, token)
    assert (session.cart_token, session.user_agent) == (token, "'; DROP TABLE session; --")
    assert session.ip is not None
    assert unpack(bytes(10) + b"\xff\xff\x0a\0\0\1") == session.ip
