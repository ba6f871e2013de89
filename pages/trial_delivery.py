"""A test delivery: a cart that nobody has, signed as Shopify signs and sent to the address that Shopify sends to.

It goes all the way: out of this program, to the console as it is reached from outside, through signature and inbox,
into a session that appears in the list.
"""

import asyncio
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from data import connections, shopify
from data.connections import ConnectionProblem
from data.database import Database
from data.deliveries import ConnectionKind
from data.records import StoreRecord
from pages.doorways import shopify_webhooks
from pages.security import LOCAL

PATIENCE = 10.0
"""Seconds in all: twice as long as Shopify waits."""

_TOPIC = "carts/create"
_LARGEST_ANSWER = 10_000  # bytes; Cartwatch's own answers have less than a hundred
_LONGEST_REASON = 200  # characters


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a test delivery: the ``token`` of its session, or the ``problem`` in a sentence or two."""

    token: str
    problem: str | None = None


async def send_test_delivery(database: Database, store: StoreRecord, base: str, now: datetime) -> Sent:
    """Send one; ``base`` is where the console is reached, as ``https://name``, without a closing slash.

    Raises ConnectionProblem where the store has no connection to Shopify, or no secret to sign with.
    """
    connection = (await connections.of_store(database, store.id)).get(ConnectionKind.SHOPIFY)
    secret = await connections.secret_of(database, store.id)
    if connection is None:
        raise ConnectionProblem(f"{store.domain} is not connected to Shopify yet, so there is nothing to test.")
    if secret is None:
        raise ConnectionProblem(f"{store.domain} has no secret from Shopify yet, so nothing can be signed.")
    token = f"cartwatch-test-{secrets.token_hex(8)}"
    body = json.dumps(_cart(token, store.currency, now)).encode()
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": _TOPIC,
        "X-Shopify-Shop-Domain": connection.shop or "",
        "X-Shopify-Hmac-Sha256": shopify.signed(body, secret),
        "X-Shopify-Webhook-Id": token,
        "X-Shopify-Triggered-At": now.isoformat(),
    }
    return Sent(token, await _post(base, shopify_webhooks(base, connection.address), body, headers))


async def _post(base: str, address: str, body: bytes, headers: Mapping[str, str]) -> str | None:
    """Send it; what is wrong, or None when the console has stored it."""
    try:
        # A proxy that leads out of a company leads to no console on this machine.
        outside = urlsplit(base).hostname not in LOCAL
        async with (
            asyncio.timeout(PATIENCE),
            httpx.AsyncClient(timeout=PATIENCE, trust_env=outside) as client,
            client.stream("POST", address, content=body, headers=headers) as answer,
        ):
            return _judged(base, answer.status_code, await _beginning(answer))
    except (TimeoutError, httpx.TimeoutException):
        return f"{base} did not answer within {PATIENCE:.0f} seconds. Shopify waits for five."
    except (httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as problem:
        return f"{base} cannot be reached ({_shortened(str(problem)) or 'no answer'}). Is the console running there?"


async def _beginning(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for chunk in answer.aiter_bytes():
        content += chunk
        if len(content) > _LARGEST_ANSWER:
            break
    return bytes(content[:_LARGEST_ANSWER])


def _judged(base: str, status: int, content: bytes) -> str | None:
    said = _said(content)
    if status == 200 and said.get("status") == "stored":
        return None
    if status == 403:  # the guard knows neither this machine's name nor the public one in the request
        return f"The console at {base} does not know that it is reached there. Start it with --public-url {base}."
    reason = said.get("error")
    if not isinstance(reason, str):
        return f"{base} answered {status}, but not as Cartwatch does. Is there another program at this address?"
    if status == 401:
        return f"{base} refused it: {_shortened(reason)} Does the console there use this database?"
    return f"{base} did not take it ({status}): {_shortened(reason)}"


def _said(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shortened(reason: str) -> str:
    """One line that a terminal can show, whoever wrote it."""
    return "".join(sign for sign in reason[:_LONGEST_REASON] if sign.isprintable())


def _cart(token: str, currency: str, now: datetime) -> dict[str, Any]:
    """The body of ``carts/create``, with one line."""
    price = "1"  # an amount of every currency
    both = {"shop_money": {"amount": price, "currency_code": currency}}
    line = {"title": "Cartwatch test", "quantity": 1, "price": price, "price_set": both}
    moment = now.isoformat(timespec="milliseconds")
    return {"id": token, "token": token, "line_items": [line], "created_at": moment, "updated_at": moment}
