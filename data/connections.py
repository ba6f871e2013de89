"""The ways in that a store was given: Shopify's webhooks, with their secrets, and the storefront beacon."""

import secrets as random
import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import update
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import domains, stores
from data.columns import milliseconds
from data.database import Database
from data.deliveries import ConnectionKind
from data.intake_models import StoreConnection
from data.records import ConnectionRecord, StoreRecord

ROTATION = timedelta(hours=1)
"""How long the former secret counts beside a new one: Shopify may sign with it for so long (apps, "Rotate secrets")."""

SHORTEST_SECRET, LONGEST_SECRET = 16, 255
"""Characters of a secret; Shopify's have 32 or more."""


class ConnectionProblem(ValueError):
    """Why a store cannot be connected so: one sentence for the merchant, and the ``field`` that it is about."""

    def __init__(self, words: str, field: str | None = None) -> None:
        super().__init__(words)
        self.field = field


@dataclass(frozen=True, slots=True)
class Doorway:
    """A way in, as the endpoint behind its address needs it: whose it is, and which secrets count now."""

    store_id: int
    shop: str | None
    secrets: tuple[str, ...]


async def connect_shopify(db: Database, store: StoreRecord, *, shop: str, secret: str, now: datetime) -> None:
    """Let a store receive Shopify's webhooks, or change how. ``shop`` is its domain at Shopify, ``secret`` what signs.

    The domain may also come as its bare name, or as an address of the shop's admin. An empty secret leaves the one that
    is there. Where there is none yet, the store has its address and everything that arrives is refused: Shopify shows
    its secret only once a webhook, with its address, has been made.
    A new secret replaces the former one, which counts for an hour more; the address stays. Raises ConnectionProblem.
    """
    shop, secret = _domain(shop), secret.strip()
    fits = SHORTEST_SECRET <= len(secret) <= LONGEST_SECRET and secret.isascii() and secret.isprintable()
    if secret and not fits:
        raise ConnectionProblem(
            f"The secret must have {SHORTEST_SECRET} to {LONGEST_SECRET} letters and digits. "
            "Copy it from Shopify: Settings, Notifications, Webhooks, or your app's client secret.",
            "secret",
        )
    async with db.writing() as session:
        known = await _known(session, store.id, ConnectionKind.SHOPIFY)
        if known is None:
            known = _new(store.id, ConnectionKind.SHOPIFY, now)
        elif known.secret and secret and known.secret != secret:
            known.former_secret, known.former_until = known.secret, now + ROTATION
        known.shop, known.secret = shop, secret or known.secret
        session.add(known)
        await stores.touched(session, store.id)


def _domain(typed: str) -> str:
    try:
        return domains.shop(typed)
    except ValueError:
        words = f"{typed.strip()[:80]!r} is not a domain. Give the one in Shopify, as in my-shop.myshopify.com."
        raise ConnectionProblem(words, "shop") from None


async def open_beacon(db: Database, store: StoreRecord, now: datetime) -> None:
    """Give the store an address for its storefront beacon, where it has none."""
    async with db.writing() as session:
        if await _known(session, store.id, ConnectionKind.BEACON) is None:
            session.add(_new(store.id, ConnectionKind.BEACON, now))
            await stores.touched(session, store.id)


async def of_store(db: Database, store_id: int) -> dict[ConnectionKind, ConnectionRecord]:
    """The ways in that the store has, by kind."""
    async with db.reading() as connection, AsyncSession(connection) as session:
        found = await session.exec(select(StoreConnection).where(StoreConnection.store_id == store_id))
        return {
            one.kind: ConnectionRecord(
                kind=one.kind,
                address=one.address,
                shop=one.shop,
                hint=one.secret[-4:] if one.secret else None,
                former_until=one.former_until if one.former_secret else None,
                created_at=one.created_at,
            )
            for one in found
        }


async def forget_former(db: Database, now: datetime) -> None:
    """Forget former secrets whose hour is over: whoever gets a backup some day needs none of them. Raises Busy."""
    over = col(StoreConnection.former_until) <= now
    async with db.reading() as reader:
        # Looked for each minute, and hardly ever found: that must not take the writer's place each time.
        stores_of_it = set((await reader.execute(select(StoreConnection.store_id).where(over))).scalars())
    if not stores_of_it:
        return
    async with db.writing() as session:
        await session.exec(
            update(StoreConnection).where(over).values(former_secret=None, former_until=None),
            execution_options={"synchronize_session": False},
        )
        for store_id in stores_of_it:
            await stores.touched(session, store_id)


async def secret_of(db: Database, store_id: int) -> str | None:
    """The secret that Shopify signs with now; for signing a test delivery. Never shown."""
    async with db.reading() as connection, AsyncSession(connection) as session:
        query = select(StoreConnection.secret).where(
            StoreConnection.store_id == store_id, col(StoreConnection.kind) == ConnectionKind.SHOPIFY
        )
        return (await session.exec(query)).first()


async def doorway(db: Database, kind: ConnectionKind, address: str, now: datetime) -> Doorway | None:
    """The way in at an address; None where there is none."""

    def find(connection: sqlite3.Connection) -> Doorway | None:
        row = connection.execute(
            "SELECT store_id, shop, secret, former_secret, former_until FROM connection WHERE address = ? AND kind = ?",
            (address[:100], kind.value),
        ).fetchone()
        if row is None:
            return None
        store_id, shop, secret, former, until = row
        counts = former is not None and until is not None and until > milliseconds(now.astimezone(UTC))
        return Doorway(store_id, shop, tuple(one for one in (secret, former if counts else None) if one))

    return await db.ask(find)


async def _known(session: AsyncSession, store_id: int, kind: ConnectionKind) -> StoreConnection | None:
    query = select(StoreConnection).where(StoreConnection.store_id == store_id, col(StoreConnection.kind) == kind)
    return (await session.exec(query)).first()


def _new(store_id: int, kind: ConnectionKind, now: datetime) -> StoreConnection:
    # 18 bytes are 24 characters: nobody finds an address by trying.
    return StoreConnection(store_id=store_id, kind=kind, address=random.token_urlsafe(18), created_at=now)
