"""``POST /api/events``: how a store's own system reports what happens. The format is in the README."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from nicegui import app
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from data.database import DatabaseProblem
from data.ingest import Outcome
from pages.answers import in_json
from pages.api_key import store_of
from pages.body import Refused, read_body
from pages.console import Console

LARGEST_BODY = 1024 * 1024
MOST_EVENTS = 1_000
"""Bytes and events of one request."""

_NDJSON = ("ndjson", "jsonl", "json-lines", "jsonlines")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of NDJSON that is not JSON."""

    error: str


def register(console: Callable[[], Console]) -> None:
    """Add the endpoint."""

    @app.post("/api/events")
    async def receive(request: Request) -> Response:
        return await answer(request, console())


async def answer(request: Request, console: Console) -> Response:
    """Take one request: an outcome for each event, or one sentence why none of it was taken."""
    try:
        store = await store_of(request, console.database)
        documents = _documents(await read_body(request, LARGEST_BODY), request.headers.get("content-type", ""))
        readable = [document for document in documents if not isinstance(document, Unreadable)]
        outcomes = await console.reports.receive(store, readable, source="api", now=console.clock())
    except Refused as refused:
        return in_json({"error": str(refused)}, refused.status)
    except DatabaseProblem as problem:
        return in_json({"error": f"Nothing was stored. {problem}"}, 503)
    except ClientDisconnect:
        return in_json({"error": "The body ended too early."}, 400)
    return in_json({"results": _results(documents, outcomes)})


def _documents(body: bytes, content_type: str) -> list[object]:
    """One event, a JSON array of events, or NDJSON: told apart by trying, since senders mislabel."""
    if not body.strip():
        raise Refused(400, "The body is empty.")
    documents = _lines(body) if any(name in content_type.lower() for name in _NDJSON) else _whole(body)
    if len(documents) > MOST_EVENTS:
        raise Refused(413, f"At most {MOST_EVENTS} events are taken in one request.")
    return documents


def _whole(body: bytes) -> list[object]:
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        document = _leniently(body)
        if not isinstance(document, dict | list):
            documents = _lines(body)
            if not any(isinstance(entry, dict) for entry in documents):
                raise Refused(400, f"The body is not JSON: {problem}") from None
            return documents
    return document if isinstance(document, list) else [document]


def _leniently(body: bytes) -> object:
    """Python's own reader takes NaN, broken text and numbers of any size: so one bad event does not cost the others.

    What it lets through is refused event by event, with its field. None where it cannot read the body either.
    """
    try:
        return json.loads(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return None


def _lines(body: bytes) -> list[object]:
    return [_line(number, line) for number, line in enumerate(body.splitlines(), 1) if line.strip()]


def _line(number: int, line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return Unreadable(f"line {number}: is not JSON")


def _results(documents: list[object], outcomes: list[Outcome]) -> list[dict[str, Any]]:
    read = iter(outcomes)
    results = []
    for index, document in enumerate(documents):
        outcome = Outcome("rejected", document.error) if isinstance(document, Unreadable) else next(read)
        entry: dict[str, Any] = {"index": index, "status": outcome.status}
        results.append(entry | ({"error": outcome.error} if outcome.error else {}))
    return results
