"""``GET /beacon.js`` and ``POST /beacon/{address}``: the script that a shop's theme includes, and where it reports.

The body is ``{"cart_token": "…", "signal": "seen" | "renew" | "extend"}``, as JSON whatever its content type. Answers
never tell whether there is such a cart, set no cookie, and may be read by every site: there is nothing in them.
"""

import logging
import math
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from nicegui import app
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, Response

from data import backlog, beacon, connections, rates
from data.addresses import pack, unpack
from data.database import DatabaseProblem
from data.deliveries import ConnectionKind, Delivery, Source
from data.event_format import EventError
from data.rates import Rates
from pages.answers import in_json
from pages.body import Refused, read_body
from pages.console import ASSETS, Console

log = logging.getLogger("cartwatch")

PREFIX = "/beacon/"
"""Before the address of a store's beacon."""

LARGEST_BODY = 2048
"""Bytes: a token has 255 characters at most."""

MOST_SIGNALS, WITHIN = 60, timedelta(minutes=1)
"""Of one client. A browser sends about one in five minutes; many shoppers may share the address of a network."""

_FULL = timedelta(minutes=1)  # until a cart is looked for again that is not known while too many others wait

_EVERY_SITE = {"Access-Control-Allow-Origin": "*"}
_BEFOREHAND = _EVERY_SITE | {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
_SCRIPT = _EVERY_SITE | {"Cache-Control": "public, max-age=3600", "Cross-Origin-Resource-Policy": "cross-origin"}


class TooMany(Refused):
    """A report that may come again after a while."""

    def __init__(self, wait: timedelta) -> None:
        super().__init__(429, "Too many reports. Send no more for a while.")
        self.seconds = math.ceil(wait.total_seconds())


def register(console: Callable[[], Console]) -> None:
    """Add the script and the endpoint."""
    allowed = Rates(MOST_SIGNALS, WITHIN)

    @app.get("/beacon.js")
    async def script() -> Response:
        return FileResponse(ASSETS / "beacon.js", media_type="text/javascript", headers=_SCRIPT)

    @app.options(PREFIX + "{address}")
    async def ask() -> Response:
        return Response(status_code=204, headers=_BEFOREHAND)

    @app.post(PREFIX + "{address}")
    async def receive(request: Request, address: str) -> Response:
        return await answer(request, address, console(), allowed)


async def answer(request: Request, address: str, console: Console, allowed: Rates) -> Response:
    """Take one report: 204 when it is stored, whether or not there is such a cart."""
    now = console.clock()
    try:
        doorway = await connections.doorway(console.database, ConnectionKind.BEACON, address, now)
        if doorway is None:
            raise Refused(404, "There is no store at this address.")
        await _take(request, doorway.store_id, console, allowed, now)
    except TooMany as refused:
        return in_json({"error": str(refused)}, 429, _EVERY_SITE | {"Retry-After": str(refused.seconds)})
    except Refused as refused:
        return in_json({"error": str(refused)}, refused.status, _EVERY_SITE)
    except DatabaseProblem as problem:
        log.warning("a beacon's report could not be stored: %s", problem)
        return in_json({"error": f"Nothing was stored. {problem}"}, 503, _EVERY_SITE)
    except ClientDisconnect:
        return in_json({"error": "The body ended too early."}, 400, _EVERY_SITE)
    return Response(status_code=204, headers=_EVERY_SITE)


async def _take(request: Request, store_id: int, console: Console, allowed: Rates, now: datetime) -> None:
    """Store a report. Raises Refused."""
    ip = _address(request)
    wait = allowed.take(rates.client(ip), now)  # what cannot be read counts too
    counted: str = beacon.OTHER
    try:
        report = _understood(await read_body(request, LARGEST_BODY))
        counted = report.signal
        if wait is None and not await backlog.has_room(console.database, store_id, report.cart_token):
            wait = _FULL
        if wait is not None:
            raise TooMany(wait)
    except Refused:
        console.refusals.note(store_id, Source.BEACON, counted, now)
        raise
    agent, languages = request.headers.get("user-agent"), request.headers.get("accept-language")
    body = beacon.body(report, {"ip": ip, "user_agent": agent, "accept_language": languages})
    await console.inbox.receive(
        Delivery(
            store_id=store_id,
            source=Source.BEACON,
            topic=report.signal,
            delivery_id=None,
            digest=beacon.digest(body, secrets.token_bytes(16)),
            triggered_at=None,
            received_at=now,
            body=body,
        )
    )


def _understood(body: bytes) -> beacon.Report:
    try:
        return beacon.understand(body)
    except EventError as problem:
        raise Refused(400, str(problem)) from None


def _address(request: Request) -> str | None:
    """The connection's address, or the one that a trusted proxy names: the server has looked after that already."""
    packed = pack(request.client.host) if request.client else None
    return unpack(packed) if packed else None
