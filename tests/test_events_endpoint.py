"""``POST /api/events``: what a source gets for what it sends."""

import gzip
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from data import stores
from data.database import Database
from data.records import StoreRecord
from pages.console import Console
from pages.events import LARGEST_BODY, MOST_EVENTS, answer
from tests.factories import (
    TOKEN,
    a_store,
    after,
    event,
    line,
    text,
    the_revision,
    the_session,
    the_timeline,
)

NOW = after(10)
"""What the console's clock says."""


class Source:
    """A store's own system, with its key."""

    def __init__(self, http: httpx.AsyncClient, store: StoreRecord, key: str) -> None:
        self.http = http
        self.store = store
        self.headers = {"Authorization": f"Bearer {key}"}

    async def send(self, body: bytes | str | object, **headers: str) -> httpx.Response:
        """Send a body as it is, or a document as JSON."""
        content = body if isinstance(body, bytes | str) else json.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.http.post("/api/events", content=content, headers=self.headers | named)

    async def results(self, body: bytes | str | object, **headers: str) -> list[dict[str, Any]]:
        """The results of what must be an accepted request."""
        response = await self.send(body, **headers)
        assert response.status_code == 200, response.text
        results: list[dict[str, Any]] = response.json()["results"]
        assert [result["index"] for result in results] == list(range(len(results)))
        return results


@pytest.fixture
async def source(db: Database) -> AsyncIterator[Source]:
    console = Console.over(db, lambda: NOW)

    async def receive(request: Request) -> Response:
        return await answer(request, console)

    application = Starlette(routes=[Route("/api/events", receive, methods=["POST"])])
    store = await a_store(db)
    key = await stores.add_key(db, store.id, NOW)
    # An exception that leaves the endpoint fails the test instead of becoming a 500.
    async with httpx.AsyncClient(transport=httpx.ASGITransport(application), base_url="http://shop.example") as http:
        yield Source(http, store, key)


def now_event(kind: str = "session.started", token: str = TOKEN, **known: object) -> dict[str, Any]:
    return event(kind, token=token) | {"occurred_at": text(NOW)} | known


def outcomes(results: list[dict[str, Any]]) -> list[str]:
    return [result["status"] for result in results]


async def test_one_event(source: Source, db: Database) -> None:
    assert await source.results(now_event(lines=[line()])) == [{"index": 0, "status": "applied"}]
    assert (await the_session(db, source.store)).value == 4995


async def test_an_event_came_when_the_consoles_clock_says(source: Source, db: Database) -> None:
    await source.results(event())
    assert {line.received_at for line in await the_timeline(db, source.store)} == {NOW}


async def test_an_array_says_what_became_of_each(source: Source) -> None:
    bad = now_event(lines=[line(), line(), line(quantity="two")])
    results = await source.results([now_event(id="1"), bad, now_event(id="1"), None])
    assert results == [
        {"index": 0, "status": "applied"},
        {"index": 1, "status": "rejected", "error": "lines[2].quantity: must be a whole number"},
        {"index": 2, "status": "duplicate"},
        {"index": 3, "status": "rejected", "error": "an event must be a JSON object"},
    ]


@pytest.mark.parametrize("content_type", ["application/x-ndjson", "application/json", "text/plain"])
async def test_lines_are_told_from_one_document_whatever_they_are_called(source: Source, content_type: str) -> None:
    lines = [json.dumps(now_event(token=f"cart-{number}")) for number in range(3)]
    body = "\n".join([lines[0], "", "{not json", lines[1], '"text"', lines[2], ""])
    results = await source.results(body, content_type=content_type)
    assert outcomes(results) == ["applied", "rejected", "applied", "rejected", "applied"]
    assert results[1]["error"] == "line 3: is not JSON"


async def test_a_single_line_that_is_called_ndjson_is_rejected_alone(source: Source) -> None:
    assert outcomes(await source.results("{not json", content_type="application/x-ndjson")) == ["rejected"]
    assert outcomes(await source.results(json.dumps(now_event()), content_type="application/jsonl")) == ["applied"]


async def test_one_event_that_is_no_text_does_not_cost_the_others(source: Source) -> None:
    good, bad = json.dumps(now_event(id="good")), json.dumps(now_event(token="bad-token"))
    body = f"[{bad},{good}]".encode().replace(b"bad-token", b"bad\xff\xfe")
    assert outcomes(await source.results(body)) == ["rejected", "applied"]
    body = f"[{bad.replace('bad-token', chr(92) + 'ud800')},{good}]".encode()
    assert outcomes(await source.results(body)) == ["rejected", "duplicate"]
    extra = ',"extra":[NaN,1e999]}'
    assert outcomes(await source.results(f"[{bad[:-1]}{extra},{good}]")) == ["rejected", "duplicate"]


async def test_a_body_with_the_same_key_twice_is_read(source: Source) -> None:
    body = json.dumps(now_event())[:-1] + ',"cart_token":"the-last-one"}'
    assert outcomes(await source.results(body)) == ["applied"]


@pytest.mark.parametrize("body", [b"", b"  \n", b"not json", b"{", b"\xff\xfe", b"a: 1\nb: 2\n", b"[" * 100_000])
async def test_what_is_not_json_is_refused(source: Source, body: bytes) -> None:
    response = await source.send(body)
    assert (response.status_code, "Traceback" in response.text) == (400, False)


@pytest.mark.parametrize("body", [b"7", b"null", b'"text"', b'{"a":' * 1100 + b"1" + b"}" * 1100])
async def test_json_that_is_no_event_is_rejected_or_refused(source: Source, body: bytes) -> None:
    response = await source.send(body)
    assert response.status_code in (200, 400)
    assert "applied" not in response.text


@pytest.mark.parametrize("header", ["", "Bearer ", "Bearer cw_wrong", "Basic abc", "Bearer \xff\x80"])
async def test_without_a_key_nothing_is_read(source: Source, db: Database, header: str) -> None:
    headers = [(b"Authorization", header.encode("latin-1"))]
    before = await the_revision(db, source.store)
    response = await source.http.post("/api/events", content=json.dumps(now_event()), headers=headers)
    assert response.status_code == 401
    assert await the_revision(db, source.store) == before


async def test_the_store_is_the_keys_whatever_the_body_says(source: Source, db: Database) -> None:
    other, before = await a_store(db, "other.example"), await the_revision(db, source.store)
    await source.results(now_event(store="other.example", store_id=other.id, domain="other.example"))
    assert await the_revision(db, other) == 0
    assert await the_revision(db, source.store) == before + 1


async def test_a_large_body_is_refused_before_it_is_read(source: Source) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 64 * 1024
            yield b" " * 64 * 1024

    response = await source.http.post("/api/events", content=endless(), headers=source.headers)
    assert response.status_code == 413
    assert sent <= LARGEST_BODY + 2 * 64 * 1024
    assert (await source.send(b" " * 2 * LARGEST_BODY)).status_code == 413


async def test_more_events_than_a_request_may_have_are_refused(source: Source, db: Database) -> None:
    documents = [now_event(token=f"cart-{number}") for number in range(MOST_EVENTS + 1)]
    before = await the_revision(db, source.store)
    assert (await source.send(documents)).status_code == 413
    assert await the_revision(db, source.store) == before
    assert outcomes(await source.results(documents[:MOST_EVENTS])) == ["applied"] * MOST_EVENTS


async def test_compressed_bodies_are_refused(source: Source) -> None:
    bomb = gzip.compress(b" " * 10 * LARGEST_BODY)
    assert (await source.send(bomb, content_encoding="gzip")).status_code == 415
    assert (await source.send(now_event(), content_encoding="identity")).status_code == 200


async def test_a_locked_database_is_told_and_nothing_is_stored_by_halves(source: Source, db: Database) -> None:
    async with db.writing() as session:
        # The one connection that writes, made less patient, so that the test does not wait for seconds.
        await (await session.connection()).exec_driver_sql("PRAGMA busy_timeout = 20")
    other_program = sqlite3.connect(db.location, isolation_level=None)
    other_program.execute("BEGIN IMMEDIATE")
    try:
        response = await source.send([now_event(), now_event(token="second")])
    finally:
        other_program.close()
    assert response.status_code == 503
    assert response.json()["error"].startswith("Nothing was stored.")
    assert outcomes(await source.results([now_event(), now_event(token="second")])) == ["applied", "applied"]


async def test_an_event_of_the_future_happened_now(source: Source, db: Database) -> None:
    tomorrow: datetime = NOW + timedelta(days=1)
    await source.results(now_event() | {"occurred_at": text(tomorrow)})
    assert (await the_session(db, source.store)).started_at <= NOW
