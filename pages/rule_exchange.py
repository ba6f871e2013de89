"""Allow and block lists as files: ``GET /rules/export.csv``, and where an open page sends a file to be imported."""

import secrets
from collections.abc import Awaitable, Callable

from nicegui import app
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from data import rule_files
from data.database import Busy
from data.filters import SessionFilter
from pages.body import Refused, read_body
from pages.console import Console

Take = Callable[[bytes], Awaitable[None]]
"""Does what is to be done with a file, and shows on its page what became of it."""

Fail = Callable[[str], None]
"""Shows on a file's page why it did not come through."""

_FROM_HERE = (None, "same-origin", "none")
"""Where a browser may say that a request comes from: a link of ours, or an address that was typed."""


class RuleUploads:
    """The addresses to which open pages send files: each of them can be guessed by nobody, and goes with its page."""

    def __init__(self) -> None:
        self._takers: dict[str, tuple[Take, Fail]] = {}

    def open(self, take: Take, fail: Fail) -> tuple[str, Callable[[], None]]:
        """A new address, and what closes it."""
        ticket = secrets.token_urlsafe(24)
        self._takers[ticket] = take, fail

        def close() -> None:
            self._takers.pop(ticket, None)

        return f"/rules/import/{ticket}", close

    async def receive(self, ticket: str, request: Request) -> Response:
        """Take a file for the page that opened the address."""
        taker = self._takers.get(ticket)
        if taker is None:
            return PlainTextResponse("The page that this was sent from is not open any more.", 404)
        take, fail = taker
        try:
            content = await read_body(request, rule_files.LARGEST)
        except Refused as problem:
            fail(str(problem))
            return PlainTextResponse(str(problem), problem.status)
        except ClientDisconnect:
            return Response(status_code=400)
        await take(content)
        return Response(status_code=204)


uploads = RuleUploads()
"""Those of this process."""


def export_address(store: str) -> str:
    """Where a store's lists are as a file."""
    return "/rules/export.csv" + SessionFilter(store=store).list_address().removeprefix("/")


def register(console: Callable[[], Console]) -> None:
    """Add the endpoints."""

    @app.get("/rules/export.csv")
    async def export(request: Request) -> Response:
        return await answer(request, console())

    @app.post("/rules/import/{ticket}")
    async def import_(request: Request, ticket: str) -> Response:
        return await uploads.receive(ticket, request)


async def answer(request: Request, console: Console) -> Response:
    """The lists as a file; 404 where this visitor has no such store."""
    if request.headers.get("sec-fetch-site") not in _FROM_HERE:
        # It is told in the audit: another site is not to write there.
        return PlainTextResponse("Requests from other sites are not accepted.", 403)
    try:
        store = await console.store(request, request.query_params.get("store"))
        if store is None:
            return PlainTextResponse("There is no such store here.", 404)
        content = await rule_files.write(console.database, store.id, now=console.clock())
    except Busy as problem:
        return PlainTextResponse(str(problem), 503)
    headers = {"Content-Disposition": f'attachment; filename="rules-{store.domain}.csv"', "Cache-Control": "no-store"}
    return Response(content, headers=headers, media_type="text/csv; charset=utf-8")
