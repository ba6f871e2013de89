"""What real shops may send: deliveries a second and events a second, and how long an acknowledgement takes.

Through HTTP and with everything on the disk before it is answered, beside what SQLite itself needs for the same bodies
with the same durability, measured in the same run. The server has one core, its clients the other.
"""

import asyncio
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from tests.bench.tabs import opened_page
from tests.browser.server import Server, running
from tests.server import shop, stored
from tests.server.shop import PATIENCE, Posting, RealStore

DELIVERIES, EVENTS, BATCH = 6_000, 30_000, 100
CONNECTIONS = 32
RATE, SECONDS, PAGES = 50, 60, 10
"""Deliveries a second for so many seconds, beside so many open pages."""


@dataclass(frozen=True, slots=True)
class Throughput:
    """How many in a second: of ours, of bare SQLite, and how many it should be at least."""

    name: str
    ours: float
    floor: float
    bound: float


async def acknowledgements(url: str, store: RealStore, *, rate: int, seconds: int, pages: int) -> list[float]:
    """Seconds until each of ``rate`` deliveries a second was acknowledged, beside open pages that follow along.

    AssertionError where one was not acknowledged, TimeoutError where Shopify would not have waited any longer.
    """
    async with _clients() as session, _open_pages(session, url, pages):
        loop = asyncio.get_running_loop()
        began = loop.time()
        sending = []
        for number, posting in enumerate(deliveries(store, rate * seconds)):
            await asyncio.sleep(began + number / rate - loop.time())
            sending.append(asyncio.create_task(_post(session, url, posting)))
        return list(await asyncio.gather(*sending))


def deliveries(store: RealStore, number: int) -> list[Posting]:
    """Carts of two lines that are begun and changed."""
    at = shop.moment(timedelta(minutes=5))
    return [
        store.webhook("carts/update" if n % 2 else "carts/create", shop.cart(f"cart-{n // 2}", at, [1, n % 2 + 1]))
        for n in range(number)
    ]


def batches(store: RealStore, number: int) -> list[Posting]:
    """Sessions that are begun through the events API, BATCH in a request."""
    at = shop.text(shop.moment(timedelta(minutes=5)))
    line = {"variant_id": "1", "title": "Lamp", "quantity": 1, "unit_price": "49.95"}
    events = [
        {"type": "session.started", "cart_token": f"api-{n}", "occurred_at": at, "lines": [line]} for n in range(number)
    ]
    return [store.events(*events[n : n + BATCH]) for n in range(0, number, BATCH)]


def throughputs() -> list[Throughput]:
    """Deliveries and events a second into an empty database beside an open page."""
    with TemporaryDirectory() as folder:
        [store] = shop.opened(Path(folder), "a.example")
        single, many = deliveries(store, DELIVERIES), batches(store, EVENTS)
        with running(Path(folder)) as server, _apart(server):
            sent = asyncio.run(_seconds(server.url, single))
            stored.until_applied(server.database)
            reported = asyncio.run(_seconds(server.url, many))
        floor = _bare(Path(folder) / "one.db", [[posting.body] for posting in single])
        grouped = _bare(Path(folder) / "many.db", [posting.body.splitlines() for posting in many])
    return [
        Throughput(f"deliveries, {CONNECTIONS} connections", DELIVERIES / sent, DELIVERIES / floor, 500),
        Throughput(f"events, {BATCH} in a request", EVENTS / reported, EVENTS / grouped, 3_000),
    ]


def latencies() -> list[float]:
    """Milliseconds until an acknowledgement, sorted, at RATE a second for SECONDS beside PAGES open pages."""
    with TemporaryDirectory() as folder:
        [store] = shop.opened(Path(folder), "a.example")
        with running(Path(folder)) as server, _apart(server):
            taken = asyncio.run(acknowledgements(server.url, store, rate=RATE, seconds=SECONDS, pages=PAGES))
    return sorted(seconds * 1000 for seconds in taken)


async def _seconds(url: str, postings: Sequence[Posting]) -> float:
    """How long it takes to have all of them acknowledged, over CONNECTIONS at a time."""
    left = iter(postings)

    async def send(session: aiohttp.ClientSession) -> None:
        for posting in left:
            await _post(session, url, posting)

    async with _clients() as session, _open_pages(session, url, 1):
        began = time.perf_counter()
        await asyncio.gather(*(send(session) for _ in range(CONNECTIONS)))
        return time.perf_counter() - began


def _clients() -> aiohttp.ClientSession:
    patience = aiohttp.ClientTimeout(PATIENCE)
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=CONNECTIONS), timeout=patience)


@asynccontextmanager
async def _open_pages(session: aiohttp.ClientSession, url: str, number: int) -> AsyncIterator[None]:
    pages = [await opened_page(session, url) for _ in range(number)]
    try:
        yield
    finally:
        await asyncio.gather(*(page.disconnect() for page in pages))


@contextmanager
def _apart(server: Server) -> Iterator[None]:
    """Give the server one core and this process the others, where there are several."""
    usual = os.sched_getaffinity(0)
    first, others = min(usual), usual - {min(usual)}
    if others:
        for thread in Path(f"/proc/{server.process.pid}/task").iterdir():
            os.sched_setaffinity(int(thread.name), {first})
        os.sched_setaffinity(0, others)
    try:
        yield
    finally:
        os.sched_setaffinity(0, usual)


async def _post(session: aiohttp.ClientSession, url: str, posting: Posting) -> float:
    began = time.perf_counter()
    async with session.post(url + posting.path, data=posting.body, headers=posting.headers) as answer:
        told = await answer.text()
    assert answer.status == 200, told
    return time.perf_counter() - began


def _bare(path: Path, groups: Iterable[Sequence[bytes]]) -> float:
    """Seconds that SQLite needs to put the bodies into a table, each group durably before the next."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("CREATE TABLE body (id INTEGER PRIMARY KEY, body BLOB NOT NULL)")
        began = time.perf_counter()
        for group in groups:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO body (body) VALUES (?)", [(body,) for body in group])
            connection.execute("COMMIT")
        return time.perf_counter() - began
