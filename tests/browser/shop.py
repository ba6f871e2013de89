"""A shop for browser tests: a running console, and what its own systems would report over `POST /api/events`."""

import asyncio
import json
import urllib.request
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from data import stores
from data.database import Database
from data.levels import RiskLevel
from data.risk.readings import Reading
from tests.assessments import assessed, unscored
from tests.browser.server import Server, running

DOLLARS, YEN, EMPTY = "shop.example", "tokyo.example", "empty.example"
CURRENCIES = {DOLLARS: "USD", YEN: "JPY", EMPTY: "EUR"}

TOKEN = "I7D_WJdza-gEmqks"
CONVERTED, EXPIRED, CANCELLED = "converted-cart", "expired-cart", "cancelled-cart"
HISTORY = 115
"""Sessions of `fill`: the four above, newest first, and fillers."""

_APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.5"
WINDOWS = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/128.0.0.0 Safari/537.36"
)
PHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) {_APPLE} Mobile/15E148 Safari/604.1"
TABLET = f"Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) {_APPLE} Safari/604.1"
BOT = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


@dataclass(frozen=True)
class Shop:
    """A running console with three stores and the keys to them."""

    server: Server
    keys: dict[str, str]

    def at(self, path: str = "/") -> str:
        """The full address of a path."""
        return self.server.url + path

    def send(self, *events: dict[str, Any], store: str = DOLLARS) -> None:
        """Report events; AssertionError where one of them is not applied."""
        results = self.post(list(events), store=store)
        assert [result["status"] for result in results] == ["applied"] * len(events), results

    def post(self, document: object, *, store: str = DOLLARS) -> list[dict[str, Any]]:
        """Report a document as it is; the outcomes."""
        headers = {"Authorization": f"Bearer {self.keys[store]}", "Content-Type": "application/json"}
        request = urllib.request.Request(self.at("/api/events"), json.dumps(document).encode(), headers)  # noqa: S310  # always our own http address
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310  # the same
            results: list[dict[str, Any]] = json.load(answer)["results"]
        return results

    def assess(
        self,
        token: str,
        level: RiskLevel,
        *,
        known: dict[str, Reading] | None = None,
        sampled: float | None = None,
        ago: float = 1,
        store: str = DOLLARS,
    ) -> int:
        """Judge a session by readings, beside the running console as another process would; its score."""
        scores: list[int] = []

        async def stored(db: Database) -> None:
            [its_store] = [entry for entry in await stores.every(db) if entry.domain == store]
            scores.append(await assessed(db, its_store, token, level, at=moment(ago), known=known, sampled=sampled))

        beside(self.server.database, stored)
        return scores[0]

    def unscored(self, token: str, *, store: str = DOLLARS) -> None:
        """Make a session one that was imported without a score."""

        async def stored(db: Database) -> None:
            [its_store] = [entry for entry in await stores.every(db) if entry.domain == store]
            await unscored(db, its_store, token)

        beside(self.server.database, stored)


def beside(database: Path, work: Callable[[Database], Coroutine[Any, Any, None]]) -> None:
    """Do something to a database from here; in a thread, since Playwright's event loop occupies this one."""

    async def opened() -> None:
        db = await Database.open(str(database))
        try:
            await work(db)
        finally:
            await db.close()

    with ThreadPoolExecutor(1) as threads:
        threads.submit(asyncio.run, opened()).result()


def prepare(database: Path) -> dict[str, str]:
    """Make the three stores in a new database; their keys by domain."""
    keys: dict[str, str] = {}

    async def made(db: Database) -> None:
        for domain, currency in CURRENCIES.items():
            store = await stores.add(db, domain, name=domain, currency=currency, now=moment(0))
            keys[domain] = await stores.add_key(db, store.id, moment(0))

    beside(database, made)
    return keys


@contextmanager
def opened(folder: Path) -> Iterator[Shop]:
    """A console over a new database with the three stores and no sessions."""
    keys = prepare(folder / "cartwatch.db")
    with running(folder) as server:
        yield Shop(server, keys)


def moment(ago: float) -> datetime:
    """The time so many minutes ago; negative: from now."""
    return datetime.now(UTC) - timedelta(minutes=ago)


def text(at: datetime) -> str:
    """A moment as the public format writes it."""
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def event(token: str, kind: str = "session.started", *, ago: float = 0, **known: Any) -> dict[str, Any]:
    """One event in the public format, `ago` minutes ago; `left` are minutes until the hold ends."""
    left = known.pop("left", None)
    if isinstance(left, int | float):
        known["expires_at"] = text(moment(-left))
    return {"type": kind, "cart_token": token, "occurred_at": text(moment(ago))} | known


def line(title: str = "Lamp", unit_price: str = "10.00", quantity: int = 1, **known: object) -> dict[str, Any]:
    """One line of a cart in the public format."""
    ids = {"product_id": f"p-{title}", "variant_id": f"v-{title}", "sku": f"SKU-{title}"[:40]}
    return ids | {"title": title, "quantity": quantity, "unit_price": unit_price} | known


def fill(shop: Shop) -> None:
    """115 sessions: one of each status with its own country and device, then expired fillers of rising value."""
    lamp, desk = line("Lamp", "1124.75"), line("Desk", "2000.00")
    day = 24 * 60
    held: dict[str, Any] = {"ip": "185.22.7.9", "country": "US", "user_agent": WINDOWS, "left": 40}
    shop.send(
        event(TOKEN, ago=33.1, lines=[lamp, desk], **held),
        event(CONVERTED, ago=21.5 * 60, ip="185.220.1.1", country="DE", user_agent=PHONE, lines=[line()]),
        event(CONVERTED, "checkout.completed", ago=21.4 * 60, order_id="1001"),
        event(EXPIRED, ago=3.5 * day, ip="9.9.9.9", country="JP", user_agent=TABLET, lines=[line("Desk", "20.00", 3)]),
        event(CANCELLED, ago=10.5 * day, ip="2001:db8::7", country="FR", user_agent=BOT, lines=[line()]),
        event(CANCELLED, "session.cancelled", ago=10.5 * day - 5, reason="Out of stock"),
        *(
            event(filler(i), ago=12 * day + i, country="GB", ip=f"10.0.{i}.1", lines=[line("Mug", f"{i}.50")])
            for i in range(HISTORY - 4)
        ),
    )
    shop.assess(TOKEN, RiskLevel.REVIEW)
    shop.assess(CONVERTED, RiskLevel.MONITORED)
    shop.assess(CANCELLED, RiskLevel.RESTRICTED)


def filler(number: int) -> str:
    """The token of a filler; 0 is the newest of them."""
    return f"filler-{number:03}"


def row(page: Page, token: str) -> Locator:
    """The row of a session in the table."""
    return page.locator(".ag-row").filter(has=page.locator(f'a[data-token="{token}"]'))


def nth_row(page: Page, index: int) -> Locator:
    """The row at a place of the list, counted from 0."""
    return page.locator(f'.ag-row[row-index="{index}"]')


def cell(within: Locator, column: str) -> Locator:
    """The cell of a row: session, value, status, score, started, left or view."""
    return within.locator(f'[col-id="{column}"]')
