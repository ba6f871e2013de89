"""Makers of what tests need: a database in a temporary folder, a store, events in the public format."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlmodel import select

from data import stores
from data.database import Database
from data.ingest import Outcome
from data.models import CartSession, LineItem, Store, TimelineEvent
from data.records import StoreRecord
from data.reports import Reports
from data.upgrade import make_ready

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
"""The moment that most tests begin at."""

TOKEN = "I7D_WJdza-gEmqks"


def after(minutes: float) -> datetime:
    """So many minutes after noon."""
    return NOON + timedelta(minutes=minutes)


def text(moment: datetime) -> str:
    """A moment as the public format writes it."""
    return moment.isoformat().replace("+00:00", "Z")


@cache
def _empty() -> bytes:
    # Made once: running the migrations takes longer than most tests.
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cartwatch.db"
        make_ready(path)
        return path.read_bytes()


def new_database(folder: Path) -> Path:
    """An empty database in the folder, as the migrations make it; one that is there already stays as it is."""
    path = folder / "cartwatch.db"
    if not path.exists():
        path.write_bytes(_empty())
    return path


@asynccontextmanager
async def opened(folder: Path) -> AsyncIterator[Database]:
    """A new database in the folder, closed at the end."""
    database = await Database.open(str(new_database(folder)))
    try:
        yield database
    finally:
        await database.close()


async def a_store(db: Database, domain: str = "shop.example", currency: str = "USD", **known: Any) -> StoreRecord:
    """A store that has just been added."""
    return await stores.add(db, domain, name=domain, currency=currency, now=NOON, **known)


def line(number: int = 1, quantity: object = 1, unit_price: object = "49.95", **known: object) -> dict[str, object]:
    """One line of a cart in the public format."""
    return {
        "product_id": f"p{number}",
        "variant_id": f"v{number}",
        "title": f"Product {number}",
        "variant_title": None,
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "unit_price": unit_price,
    } | known


def event(kind: str = "session.started", minutes: float = 0, token: str = TOKEN, **known: object) -> dict[str, Any]:
    """One event in the public format, so many minutes after noon."""
    return {"type": kind, "cart_token": token, "occurred_at": text(after(minutes))} | known


async def tell(
    db: Database, store: StoreRecord, *documents: object, now: datetime | None = None, source: str = "api"
) -> list[Outcome]:
    """Deliver documents at once, an hour after noon unless another time is given."""
    return await Reports(db).receive(store, documents, source=source, now=now or after(60))


async def the_session(db: Database, store: StoreRecord, token: str = TOKEN) -> CartSession:
    """The stored session of a token."""
    query = select(CartSession).where(CartSession.store_id == store.id, CartSession.cart_token == token)
    async with db.writing() as session:
        return (await session.exec(query)).one()


async def the_lines(db: Database, store: StoreRecord, token: str = TOKEN) -> list[LineItem]:
    """The stored lines of a session, in their order."""
    cart = await the_session(db, store, token)
    async with db.writing() as session:
        return sorted(await session.exec(select(LineItem).where(LineItem.session_id == cart.id)), key=_position)


async def the_timeline(db: Database, store: StoreRecord, token: str = TOKEN) -> list[TimelineEvent]:
    """The stored timeline of a session, in the order of time; of the same moment, in the order of arrival."""
    cart = await the_session(db, store, token)
    async with db.writing() as session:
        found = await session.exec(select(TimelineEvent).where(TimelineEvent.session_id == cart.id))
        return sorted(found, key=lambda entry: (entry.occurred_at, entry.id or 0))


async def the_revision(db: Database, store: StoreRecord) -> int:
    """The store's revision as it is stored."""
    async with db.writing() as session:
        return (await session.exec(select(Store).where(Store.id == store.id))).one().revision


def kinds(entries: Iterable[TimelineEvent]) -> list[str]:
    """The kinds of a timeline; an entry that changed nothing in parentheses."""
    return [entry.kind.value if entry.applied else f"({entry.kind.value})" for entry in entries]


def _position(item: LineItem) -> int:
    return item.position
