"""``POST /api/events``: how a store's own system reports what happens. The format is in the README."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import orjson
from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from data import ingest, stores
from data.database import Busy, Database
from data.ingest import Outcome
from pages.console import utc_now

LARGEST_BODY = 1024 * 1024
MOST_EVENTS = 1_000
"""Bytes and events of one request."""


class Refused(Exception):
    """A request that is refused as a whole, with its HTTP status and one sentence."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A line of NDJSON that is not JSON."""

    error: str


def register(database: Callable[[], Database]) -> None:
    """Add the endpoint."""

    @app.post("/api/events")
    async def receive(request: Request) -> Response:
        try:
            store = await stores.by_key(database(), _key(request))
            if store is None:
                raise Refused(401, "The key is missing or unknown. Send: Authorization: Bearer KEY")
            documents = _documents(await _body(request))
            readable = [document for document in documents if not isinstance(document, Unreadable)]
            outcomes = await ingest.receive(database(), store, readable, source="api", now=utc_now())
        except Refused as refused:
            return _json({"error": str(refused)}, refused.status)
        except Busy as busy:
            return _json({"error": f"Nothing was stored. {busy}"}, 503)
        return _json({"results": _results(documents, outcomes)})


def _key(request: Request) -> str:
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip()[:200] if scheme.lower() == "bearer" else ""


async def _body(request: Request) -> bytes:
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise Refused(415, "Compressed bodies are not accepted.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BODY:
            raise Refused(413, f"The body must have at most {LARGEST_BODY} bytes.")
    return bytes(body)


def _documents(body: bytes) -> list[object]:
    """One event, a JSON array of events, or NDJSON: told apart by trying, since senders mislabel."""
    if not body.strip():
        raise Refused(400, "The body is empty.")
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as problem:
        lines = [line for line in body.splitlines() if line.strip()]
        if len(lines) < 2:
            raise Refused(400, f"The body is not JSON: {problem}") from None
        documents = [_line(number, line) for number, line in enumerate(lines, 1)]
        if all(isinstance(entry, Unreadable) for entry in documents):
            raise Refused(400, f"The body is not JSON: {problem}") from None
    else:
        documents = document if isinstance(document, list) else [document]
    if len(documents) > MOST_EVENTS:
        raise Refused(413, f"At most {MOST_EVENTS} events are taken in one request.")
    return documents


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


def _json(content: dict[str, Any], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, media_type="application/json")
