"""The block endpoint, and what an open list asks beside it. JSON only; errors are one sentence under ``error``."""

from collections.abc import Awaitable, Callable
from typing import Any

from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from data import queries
from data.database import Busy
from data.filters import SessionFilter
from data.records import Changes, StoreRecord
from pages.answers import in_json
from pages.console import Console, language_of
from pages.reasons import top_reason

MOST_ROWS = 500
"""Rows of one answer."""

_LARGEST = 2**63 - 1  # id that a database can hold
_FARTHEST = 2**53 - 1  # row that a browser can count to


_NOTHING = {"rows": [], "total": 0, "capped": False, "everything": 0, "newer": 0, "revision": 0, "until": None}


class BadParameter(ValueError):
    """A parameter that cannot be read; the text says which and what it must be."""


def register(console: Callable[[], Console]) -> None:
    """Add ``GET /api/sessions``, ``GET /api/sessions/changes`` and ``GET /api/sessions/reason``."""

    @app.get("/api/sessions")
    async def block(request: Request) -> Response:
        return await _answer(request, console(), _block)

    @app.get("/api/sessions/changes")
    async def changes(request: Request) -> Response:
        return await _answer(request, console(), _changes)

    @app.get("/api/sessions/reason")
    async def reason(request: Request) -> Response:
        return await _answer(request, console(), _reason, nothing={"sentence": None})


async def _block(request: Request, console: Console, store: StoreRecord, wanted: SessionFilter) -> dict[str, Any]:
    start = _whole(request, "start", 0, _FARTHEST)
    end = _whole(request, "end", start + 100, _FARTHEST + MOST_ROWS)
    if not start < end <= start + MOST_ROWS:
        raise BadParameter(f"end: must be after start, by at most {MOST_ROWS}")
    pinned = _whole(request, "until", 0)
    until = pinned or await queries.newest_id(console.database, store.id)
    now, locale = console.clock(), language_of(request).tag
    found = await queries.block(console.database, store.id, wanted, start, end, now=now, locale=locale, until=until)
    # The counts of a block and what came after its pin, in one answer: the page needs no second request. A new pin has
    # nothing after it yet, so the search need not be asked a second time.
    counted = wanted if pinned else SessionFilter()
    rest = await queries.changes(console.database, store.id, counted, (), now=now, locale=locale, until=until)
    return {"rows": found.rows, "total": found.total, "capped": found.capped} | _counts(rest, until)


async def _changes(request: Request, console: Console, store: StoreRecord, wanted: SessionFilter) -> dict[str, Any]:
    ids = _ids(request)
    until = _whole(request, "until", 0) or None
    found = await queries.changes(
        console.database, store.id, wanted, ids, now=console.clock(), locale=language_of(request).tag, until=until
    )
    return {"rows": found.rows, "total": found.total, "capped": found.capped} | _counts(found, until)


async def _reason(request: Request, console: Console, store: StoreRecord, _: SessionFilter) -> dict[str, Any]:
    sentence = await top_reason(console, store.id, _whole(request, "id", 0), language_of(request))
    return {"sentence": sentence}


def _counts(found: Changes, until: int | None) -> dict[str, Any]:
    return {
        "everything": found.everything,
        "newer": found.newer,
        "revision": found.revision,
        "until": str(until) if until else None,
    }


Answer = Callable[[Request, Console, StoreRecord, SessionFilter], Awaitable[dict[str, Any]]]


async def _answer(
    request: Request, console: Console, answer: Answer, *, nothing: dict[str, Any] = _NOTHING
) -> Response:
    wanted = SessionFilter.from_query(request.query_params)
    try:
        store = await console.store(request, wanted.store)
        if store is None and wanted.store is None:
            return in_json(nothing)  # a console without stores is empty, not broken
        if store is None:
            return in_json({"error": "There is no such store."}, 404)
        return in_json(await answer(request, console, store, wanted))
    except BadParameter as problem:
        return in_json({"error": str(problem)}, 400)
    except Busy as problem:
        return in_json({"error": str(problem)}, 503)


def _whole(request: Request, name: str, default: int, largest: int = _LARGEST) -> int:
    text = request.query_params.get(name)
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 19 and int(text) <= largest):
        raise BadParameter(f"{name}: must be a whole number")
    return int(text)


def _ids(request: Request) -> list[int]:
    parts = [part for part in request.query_params.get("ids", "").split(",") if part]
    if len(parts) > MOST_ROWS or not all(p.isascii() and p.isdigit() and len(p) <= 19 for p in parts):
        raise BadParameter(f"ids: must be at most {MOST_ROWS} whole numbers")
    return [int(part) for part in parts if int(part) <= _LARGEST]
