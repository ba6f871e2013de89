"""``GET /connections/privacy/{id}.json``: what is to be handed over to a customer who asked for their data."""

from collections.abc import Callable

import orjson
from nicegui import app
from starlette.requests import Request
from starlette.responses import Response

from data import privacy
from data.database import Busy
from data.filters import SessionFilter
from data.records import PrivacyRecord, StoreRecord
from pages.answers import in_json
from pages.console import Console

_LARGEST = 2**63 - 1  # what a database can hold


def report_address(store: StoreRecord, request: PrivacyRecord) -> str:
    """Where the report for a request is."""
    return f"/connections/privacy/{request.id}.json" + SessionFilter(store=store.domain).list_address().removeprefix(
        "/"
    )


def register(console: Callable[[], Console]) -> None:
    """Add the endpoint."""

    @app.get("/connections/privacy/{number:int}.json")
    async def report(request: Request, number: int) -> Response:
        return await answer(request, number, console())


async def answer(request: Request, number: int, console: Console) -> Response:
    """The report as a file; 404 where this visitor has no such request, or it was handed over."""
    try:
        store = await console.store(request, request.query_params.get("store"))
        known = store is not None and number <= _LARGEST
        found = await privacy.report(console.database, store.id, number) if store is not None and known else None
    except Busy as problem:
        return in_json({"error": str(problem)}, 503)
    if found is None:
        return in_json({"error": "There is no such request, or what it asked for was handed over."}, 404)
    headers = {"Content-Disposition": f'attachment; filename="data-request-{number}.json"'}
    return in_json(found, headers=headers, option=orjson.OPT_INDENT_2)  # a person reads it
