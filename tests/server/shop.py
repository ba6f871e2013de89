"""Real shops for tests of the real server: stores with every way in, and the requests that their platforms make."""

import asyncio
import http.client
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from data import connections, stores
from data.database import Database
from data.deliveries import ConnectionKind
from pages.webhooks import PREFIX
from tests import shopify
from tests.browser.server import Server

PATIENCE = 5.0
"""Seconds that Shopify waits for an answer."""


@dataclass(frozen=True, slots=True)
class RealStore:
    """A store with its ways in: Shopify's webhooks at ``address``, the beacon at ``beacon``, the events API by ``key``.

    All of them share one secret of Shopify's, so that only the address and the shop tell them apart.
    """

    id: int
    domain: str
    shop: str
    address: str
    beacon: str
    key: str

    def webhook(self, topic: str, payload: object, **known: Any) -> "Posting":
        """A delivery of Shopify's; a payload of bytes is sent as it is. For ``known`` see tests.shopify.headers."""
        body = payload if isinstance(payload, bytes) else shopify.encoded(payload)
        return Posting(PREFIX + self.address, shopify.headers(topic, body, shop=self.shop, **known), body)

    def events(self, *documents: object) -> "Posting":
        """A batch for the events API, as NDJSON."""
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/x-ndjson"}
        return Posting("/api/events", headers, "\n".join(map(json.dumps, documents)).encode())

    def signal(self, cart_token: str, signal: str = "seen", *, ip: str = "198.18.0.1") -> "Posting":
        """What a shopper's browser reports, through a proxy that the server trusts."""
        body = json.dumps({"cart_token": cart_token, "signal": signal}).encode()
        headers = {"Content-Type": "text/plain", "User-Agent": "Mozilla/5.0", "X-Forwarded-For": ip}
        return Posting(f"/beacon/{self.beacon}", headers, body)


@dataclass(frozen=True, slots=True)
class Posting:
    """One POST request."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    status: int
    text: str


class Line:
    """A connection to a server that is kept open between requests, for one thread."""

    def __init__(self, server: Server) -> None:
        self._connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=PATIENCE)

    def post(self, posting: Posting) -> Answer:
        """Send and wait. Raises OSError or HTTPException where no whole answer came; the next one connects again."""
        return self._ask("POST", posting.path, posting.body, posting.headers)

    def get(self, path: str) -> Answer:
        """The same for a GET request."""
        return self._ask("GET", path, None, {})

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(self, method: str, path: str, body: bytes | None, headers: dict[str, str]) -> Answer:
        try:
            self._connection.request(method, path, body, headers)
            answer = self._connection.getresponse()
            return Answer(answer.status, answer.read().decode("utf-8", "replace"))
        except BaseException:
            self._connection.close()
            raise


NO_ANSWER = (OSError, http.client.HTTPException)
"""What a line raises where no answer came."""


def opened(folder: Path, *domains: str, currency: str = "USD", timer_minutes: int = 60) -> list[RealStore]:
    """New stores with every way in, in the folder's database."""

    async def made() -> list[RealStore]:
        db = await Database.open(str(folder / "cartwatch.db"))
        try:
            return [await _store(db, domain, currency, timer_minutes) for domain in domains]
        finally:
            await db.close()

    return asyncio.run(made())


async def _store(db: Database, domain: str, currency: str, timer_minutes: int) -> RealStore:
    now = datetime.now(UTC)
    shop = f"{domain.partition('.')[0]}.myshopify.com"
    store = await stores.add(db, domain, name=domain, currency=currency, now=now, timer_minutes=timer_minutes)
    await connections.connect_shopify(db, store, shop=shop, secret=shopify.SECRET, now=now)
    await connections.open_beacon(db, store, now)
    ways = await connections.of_store(db, store.id)
    return RealStore(
        id=store.id,
        domain=domain,
        shop=shop,
        address=ways[ConnectionKind.SHOPIFY].address,
        beacon=ways[ConnectionKind.BEACON].address,
        key=await stores.add_key(db, store.id, now),
    )


def moment(ago: timedelta = timedelta()) -> datetime:
    """A time before now, to the second as Shopify's carts have it."""
    return (datetime.now(UTC) - ago).replace(microsecond=0)


def text(at: datetime) -> str:
    """A moment as Shopify writes it."""
    return at.isoformat()


def cart(token: str, at: datetime, quantities: Sequence[int] = (1,)) -> dict[str, Any]:
    """A body of ``carts/create`` or ``carts/update``: so many lines with these quantities."""
    items = [shopify.item(number, quantity) for number, quantity in enumerate(quantities, 1)]
    return shopify.cart(token=token, items=items, updated_at=text(at), created_at=text(at))


def order(token: str | None, number: int, at: datetime, **known: Any) -> dict[str, Any]:
    """A body of ``orders/create``."""
    return shopify.order(number=number, cart_token=token, created_at=text(at), updated_at=text(at), **known)
