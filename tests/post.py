"""A store's post: its inbox, what applies it, and a look at all that is stored, down to the bytes of the files."""

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import text as sql

from data import addresses, beacon, shopify
from data.applier import Applier
from data.beacon import Report, Signal
from data.database import Database
from data.deliveries import Delivery, Source
from data.inbox import Inbox
from data.records import StoreRecord
from tests.factories import a_store, after, opened
from tests.shopify import encoded

NOW = after(120)
"""When everything arrives unless another time is given."""


@dataclass(frozen=True)
class Post:
    """A store's inbox and what applies it."""

    db: Database
    store: StoreRecord
    inbox: Inbox
    applier: Applier

    async def receive(self, topic: str, payload: object, *, store: StoreRecord | None = None, **known: Any) -> bool:
        body = payload if isinstance(payload, bytes) else encoded(payload)
        return await self.inbox.receive(delivery((store or self.store).id, topic, body, **known))

    async def seen(self, token: str, signal: str = "seen", minutes: float = 1, **shopper: str) -> None:
        known: dict[str, Any] = {
            "source": Source.BEACON,
            "received_at": after(minutes),
            "digest": secrets.token_bytes(32),
        }
        await self.receive(signal, beacon.body(Report(Signal(signal), token), shopper), **known)

    async def states(self) -> list[tuple[str, str | None]]:
        query = "SELECT state, problem FROM delivery ORDER BY id"
        return [tuple(row) for row in await self.rows(query)]

    async def rows(self, query: str) -> list[Any]:
        async with self.db.reading() as connection:
            return list((await connection.execute(sql(query))).all())


def delivery(store_id: int, topic: str, body: bytes, **known: Any) -> Delivery:
    usual: dict[str, Any] = {
        "store_id": store_id,
        "source": Source.SHOPIFY,
        "topic": topic,
        "delivery_id": None,
        "digest": shopify.digest(body, topic, known.get("delivery_id")),
        "triggered_at": None,
        "received_at": NOW,
        "body": body,
    }
    return Delivery(**(usual | known))


@asynccontextmanager
async def a_post(folder: Path) -> AsyncIterator[Post]:
    """A new store's post, in a new database in the folder."""
    async with opened(folder) as db:
        yield Post(db, await a_store(db), Inbox(db), Applier(db, lambda: NOW))


def everywhere(db: Database) -> bytes:
    """All bytes of the database's files."""
    path = Path(db.location)
    return b"".join(found.read_bytes() for found in sorted(path.parent.glob(f"{path.name}*")))


def forms(name: str, value: str) -> list[bytes]:
    packed = addresses.pack(value) if name == "ip" else None
    return [value.encode(), *([packed] if packed else [])]
