"""The block endpoint: its parameters are the list's address, and no store ever sees another's rows."""

from collections.abc import AsyncIterator
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from nicegui.testing import User

from data import queries, restrict
from data.filters import SessionFilter
from data.levels import Decision
from data.records import SessionRow
from pages.api import MOST_ROWS
from tests.assessments import assessed
from tests.console import NOW, Site, a_site
from tests.factories import event, tell


@pytest.fixture
async def site(user: User, tmp_path: Path) -> AsyncIterator[Site]:
    async with a_site(user, tmp_path) as running:
        yield running


async def test_a_block_has_the_rows_of_its_range_and_the_counts(site: Site) -> None:
    await site.store(sessions=7)
    answer = await site.client.get("/api/sessions?start=2&end=5")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    found = answer.json()
    assert [row["cart_token"] for row in found["rows"]] == ["shop.example-5", "shop.example-4", "shop.example-3"]
    assert (found["total"], found["capped"], found["everything"], found["newer"]) == (7, False, 7, 0)


async def test_a_row_is_flat_and_has_these_keys_only(site: Site) -> None:
    await site.store(sessions=1)
    [row] = await site.rows("/api/sessions")
    assert list(row) == list(SessionRow.__annotations__)
    assert all(value is None or isinstance(value, str | int) for value in row.values())
    assert isinstance(row["id"], str)
    assert int(row["id"]) > 2**48


async def test_without_a_range_the_first_hundred_come(site: Site) -> None:
    await site.store(sessions=103)
    assert len(await site.rows("/api/sessions")) == 100
    assert len(await site.rows("/api/sessions?start=100")) == 3


WANTED: list[dict[str, str]] = [
    {},
    {"q": "example-1"},
    {"q": "185.22.17.3"},
    {"q": "czechia"},
    {"status": "cancelled"},
    {"risk": "restricted"},
    {"status": "active", "risk": "normal", "sort": "started"},
    {"sort": "-value"},
    {"sort": "left", "q": "example"},
    {"status": "nonsense"},
    {"country": "cz", "not_status": "active"},
    {"ip": "185.22.17.0/24", "not_ip": "185.22.17.3", "sort": "-value"},
    {"device": "unknown", "not_country": "US,ZZ", "not_risk": "restricted"},
]


async def test_it_answers_what_the_lists_address_asks_for(site: Site) -> None:
    store = await site.store(sessions=12)
    await tell(site.database, store, event("session.cancelled", 5, token="shop.example-4"), now=NOW)
    await restrict.decide(site.database, store.id, "shop.example-7", Decision.RESTRICTED, reason="hoards", now=NOW)
    for wanted in WANTED:
        expected = await queries.block(site.database, store.id, SessionFilter.from_query(wanted), 0, 100, now=NOW)
        assert expected.rows, wanted
        assert await site.rows(f"/api/sessions?{urlencode(wanted)}") == expected.rows


async def test_a_pinned_list_stays_and_counts_what_came_since(site: Site) -> None:
    store = await site.store(sessions=3)
    first = (await site.client.get("/api/sessions")).json()
    await tell(site.database, store, event(minutes=9, token="late"), now=NOW)
    pinned = (await site.client.get("/api/sessions", params={"until": first["until"]})).json()
    assert pinned["rows"] == first["rows"]
    assert (pinned["total"], pinned["everything"], pinned["newer"]) == (3, 4, 1)


async def test_changes_are_the_named_rows_as_they_are_now(site: Site) -> None:
    store = await site.store(sessions=3)
    before = (await site.client.get("/api/sessions")).json()
    await tell(site.database, store, event("session.cancelled", 5, token="shop.example-2"), now=NOW)
    ids = ",".join(row["id"] for row in before["rows"])
    after = (await site.client.get("/api/sessions/changes", params={"ids": ids, "until": before["until"]})).json()
    assert [row["status"] for row in after["rows"]] == ["active", "cancelled", "active"]
    assert after["revision"] > before["revision"]


WRONG_NUMBERS = ["-1", "1.5", "x", "٣", "²", "1e3", "0x10", " 1", "9" * 19, "9" * 30, "NaN", "1,2", "null"]


async def test_a_wrong_number_is_refused_by_name(site: Site) -> None:
    await site.store(sessions=1)
    for name, wrong in product(("start", "end", "until"), WRONG_NUMBERS):
        answer = await site.client.get("/api/sessions", params={name: wrong})
        assert (answer.status_code, answer.json()) == (400, {"error": f"{name}: must be a whole number"})
    answer = await site.client.get("/api/sessions/changes", params={"until": "x"})
    assert (answer.status_code, answer.json()) == (400, {"error": "until: must be a whole number"})


async def test_wrong_ids_are_refused_by_name(site: Site) -> None:
    await site.store(sessions=1)
    for ids in ("x", "1,-2", "1,2.0", "٣", "1;2", "9" * 20, ",".join(["1"] * (MOST_ROWS + 1))):
        answer = await site.client.get("/api/sessions/changes", params={"ids": ids})
        assert answer.status_code == 400
        assert answer.json() == {"error": f"ids: must be at most {MOST_ROWS} whole numbers"}
    known = {"ids": f"{2**63 - 1},{'9' * 19},0,,"}  # can be read, but no session has such an id
    assert await site.rows(f"/api/sessions/changes?{urlencode(known)}") == []


async def test_a_range_must_hold_some_rows_but_not_too_many(site: Site) -> None:
    await site.store(sessions=1)
    for start, end in ((5, 5), (5, 4), (0, MOST_ROWS + 1)):
        answer = await site.client.get(f"/api/sessions?start={start}&end={end}")
        assert answer.status_code == 400
        assert answer.json()["error"].startswith("end: must be after start")


async def test_the_farthest_range_is_empty(site: Site) -> None:
    await site.store(sessions=1)
    for q in ("", "shop", "s"):
        assert await site.rows(f"/api/sessions?start={2**53 - 1}&end={2**53}&q={q}") == []
        assert await site.rows(f"/api/sessions?start={2**53 - 1}&q={q}&until={2**63 - 1}") == []
        assert (await site.client.get(f"/api/sessions?start={2**53}&q={q}")).status_code == 400


async def test_a_console_without_stores_is_empty(site: Site) -> None:
    for path in ("/api/sessions", "/api/sessions/changes"):
        answer = await site.client.get(path)
        assert (answer.status_code, answer.json()["rows"], answer.json()["total"]) == (200, [], 0)


async def test_an_unknown_store_is_not_found(site: Site) -> None:
    await site.store(sessions=1)
    for path in ("/api/sessions", "/api/sessions/changes"):
        answer = await site.client.get(path, params={"store": "elsewhere.example"})
        assert (answer.status_code, answer.json()) == (404, {"error": "There is no such store."})


async def test_no_question_brings_a_row_of_another_store(site: Site) -> None:
    ours, theirs = "ours.example", "theirs.example"
    await site.store(ours, sessions=3)
    await site.store(theirs, sessions=4)
    forged = ",".join(row["id"] for row in await site.rows(f"/api/sessions?store={theirs}"))
    pin = forged.split(",")[0]
    questions = [
        *({"ids": forged}, {"ids": forged, "q": theirs}, {"ids": forged, "until": pin}, {"ids": forged, "until": "1"}),
        *({}, {"until": pin}, {"q": "185.22.17.0/24"}, {"q": "CZ"}, {"q": "e"}, {"q": "example-"}, {"q": theirs}),
        *({"sort": sort} for sort in ("started", "-value", "value", "-left", "left", "-score", "score")),
        *({"status": "active"}, {"risk": "normal"}, {"status": "active", "risk": "normal"}),
    ]
    seen = set()
    for path in ("/api/sessions", "/api/sessions/changes"):
        for question in questions:
            answer = (await site.client.get(path, params=question | {"store": ours})).json()
            assert answer["everything"] == 3
            assert answer["total"] <= 3
            seen |= {row["cart_token"] for row in answer["rows"]}
    assert seen == {f"{ours}-{n}" for n in (1, 2, 3)}


async def told(site: Site, **options: Any) -> dict[str, str | None]:
    answers = {}
    for row in await site.rows("/api/sessions"):
        answer = await site.client.get("/api/sessions/reason", params={"id": row["id"]}, **options)
        answers[row["cart_token"]] = answer.json()["sentence"]
    return answers


async def test_the_strongest_reason_of_a_score(site: Site) -> None:
    store = await site.store(sessions=2)
    await assessed(site.database, store, "shop.example-1", known={"device_hour": 12, "ip_hour": 14, "checkout": 2})
    await assessed(site.database, store, "shop.example-2", known={"cleared_before": 3, "renewals": 0})
    assert await told(site) == {
        "shop.example-1": "12 reservations by this device in an hour; typical 1",
        "shop.example-2": "Earlier sessions of this IP or device that you cleared: 3",  # nothing else is known
    }
    german = await told(site, headers={"Accept-Language": "de"})
    assert german["shop.example-1"] not in (None, "12 reservations by this device in an hour; typical 1")


async def test_no_reason_is_told_while_the_score_is_hidden_for_a_random_check(site: Site) -> None:
    store = await site.store(sessions=1)
    await assessed(site.database, store, "shop.example-1", sampled=0.1)
    assert await told(site) == {"shop.example-1": None}
    for decision in (Decision.RESTRICTED, None):
        await restrict.decide(site.database, store.id, "shop.example-1", decision, reason="seen", now=NOW)
        assert (await told(site))["shop.example-1"] is not None


async def test_there_is_no_reason_without_a_score_or_a_session_or_a_store(site: Site) -> None:
    path = "/api/sessions/reason"
    assert (await site.client.get(path, params={"id": "1"})).json() == {"sentence": None}
    await site.store(sessions=1)
    for known in ({}, {"id": "7"}, {"id": str(2**63 - 1)}):
        answer = await site.client.get(path, params=known)
        assert (answer.status_code, answer.json()) == (200, {"sentence": None})
    assert (await site.client.get(path, params={"id": "x"})).status_code == 400
    assert (await site.client.get(path, params={"store": "elsewhere.example"})).status_code == 404


async def test_no_reason_of_another_store_is_told(site: Site) -> None:
    await site.store("ours.example", sessions=1)
    theirs = await site.store("theirs.example", sessions=1)
    await assessed(site.database, theirs, "theirs.example-1")
    [row] = await site.rows("/api/sessions?store=theirs.example")
    asked = {"store": "ours.example", "id": row["id"]}
    assert (await site.client.get("/api/sessions/reason", params=asked)).json() == {"sentence": None}
