"""``POST /webhooks/shopify/{address}``: where a Shopify store's deliveries arrive.

A delivery is acknowledged once it is on the disk; what it means is found out afterwards. Shopify waits five seconds,
tries again for four hours, and gives up on an address that keeps failing.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from nicegui import app
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from data import connections, shopify
from data.database import DatabaseProblem
from data.deliveries import ConnectionKind, Delivery, Source
from pages import doorways
from pages.answers import in_json
from pages.body import Refused, read_body
from pages.console import Console

log = logging.getLogger("cartwatch")

PREFIX = doorways.SHOPIFY

LARGEST_BODY = 3 * 512 * 1024
"""Bytes: an order of 500 lines has less than one mebibyte."""


def register(console: Callable[[], Console]) -> None:
    """Add the endpoint."""

    @app.post(PREFIX + "{address}")
    async def receive(request: Request, address: str) -> Response:
        return await answer(request, address, console())


async def answer(request: Request, address: str, console: Console) -> Response:
    """Take one delivery: 200 when it is stored for good, or stood there already."""
    now = console.clock()
    try:
        doorway = await connections.doorway(console.database, ConnectionKind.SHOPIFY, address, now)
        if doorway is None:
            raise Refused(401, "There is no store at this address.")
        await _take(request, doorway, console, now)
    except Refused as refused:
        return in_json({"error": str(refused)}, refused.status)
    except DatabaseProblem as problem:
        log.warning("a delivery could not be stored: %s", problem)
        return in_json({"error": f"Nothing was stored. {problem}"}, 503)
    except ClientDisconnect:
        return in_json({"error": "The body ended too early."}, 400)
    return in_json({"status": "stored"})


async def _take(request: Request, doorway: connections.Doorway, console: Console, now: datetime) -> None:
    """Store a delivery. Raises Refused."""
    sent = shopify.headers(request.headers)
    topic = shopify.counted_as(sent.topic)
    try:
        body = await read_body(request, LARGEST_BODY)
        problem = _objection(sent, body, doorway)
        if problem:
            raise Refused(401, problem)
    except Refused:
        console.refusals.note(doorway.store_id, Source.SHOPIFY, topic, now)
        raise
    await console.inbox.receive(
        Delivery(
            store_id=doorway.store_id,
            source=Source.SHOPIFY,
            topic=topic,
            delivery_id=sent.delivery_id,
            digest=shopify.digest(body, topic, sent.delivery_id),
            triggered_at=sent.triggered_at,
            received_at=now,
            body=body,
        )
    )


def _objection(sent: shopify.Headers, body: bytes, doorway: connections.Doorway) -> str | None:
    """Why a delivery is not taken; None when it is."""
    if not shopify.verify(body, sent.signature, doorway.secrets):
        return "The signature does not fit the body and this store's secret."
    if sent.shop != doorway.shop:
        return "The delivery is from another shop."
    return None
