"""Erases what identifies a shopper, wherever it is kept. What a session was worth and how it ended stays.

Gone are the cart's, checkout's and order's names, the address, the program, the languages, the device, everything that
was typed or reported as text, and the stored events. ``scrub`` takes it out of the file as well: deleted is not erased
as long as the search index and the write-ahead log still hold it.
"""

import json
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam, delete, select, text, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks, literally
from data.database import Database
from data.deliveries import DeliveryState, completed_event, for_cart, for_checkout
from data.intake_models import DELIVERY
from data.models import METADATA
from data.shopify_csv import order_event
from data.stores import touched

BATCH = 500
"""Sessions dealt with in one transaction: other writers wait no longer than that takes."""

ERASED = "erased-"
"""How the cart tokens begin that stand for erased ones."""

_MERGED = 500  # pages of the search index in one step
_LONGEST_MERGE = 100_000  # steps; a merge that is not done by then is none
_SAID = ("reason", "end_reason", "order_id")
"""What an entry of a timeline may repeat of others' words."""

_SESSION: Any = METADATA.tables["session"]
_EVENT: Any = METADATA.tables["event"]
_LINE: Any = METADATA.tables["line_item"]
_RISK: Any = METADATA.tables["risk_assessment"]


async def sessions_of_orders(session: AsyncSession, store_id: int, orders: Iterable[str]) -> list[int]:
    """The sessions that became one of these orders: a cart may have become several, of which it names the last."""
    found: set[int] = set()
    for some in in_chunks(orders):
        told = [*map(completed_event, some), *map(order_event, some)]
        for query in (
            select(_SESSION.c.id).where(_SESSION.c.store_id == store_id, _SESSION.c.order_id.in_(some)),
            select(_EVENT.c.session_id).where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(told)),
        ):
            found |= set((await (await session.connection()).execute(query)).scalars())
    return sorted(found)


async def erase_sessions(session: AsyncSession, store_id: int, session_ids: Iterable[int]) -> None:
    """Erase the shoppers of these sessions of the store, in the caller's write transaction."""
    connection = await session.connection()
    known = select(_SESSION.c.id, _SESSION.c.cart_token, _SESSION.c.checkout_token)
    known = known.where(_SESSION.c.store_id == store_id, _SESSION.c.id.in_(list(session_ids)))
    found = (await connection.execute(known)).all()
    if not found:
        return
    names = [for_cart(one.cart_token) for one in found]
    names += [for_checkout(one.checkout_token) for one in found if one.checkout_token]
    unmatched = literally(DELIVERY.c.state, DeliveryState.UNMATCHED)
    await connection.execute(
        delete(DELIVERY).where(DELIVERY.c.store_id == store_id, unmatched, DELIVERY.c.waits_for.in_(names))
    )
    nothing = dict.fromkeys(
        ("ip", "user_agent", "accept_language", "device_id", "checkout_token", "order_id", "end_reason")
    )
    await connection.execute(
        update(_SESSION).where(_SESSION.c.id == bindparam("of")).values(nothing | {"cart_token": bindparam("name")}),
        [{"of": one.id, "name": ERASED + secrets.token_hex(12)} for one in found],
    )
    await _erase_timelines(session, [one.id for one in found])
    its_own = _RISK.c.session_id.in_([one.id for one in found])
    await connection.execute(update(_RISK).where(its_own).values(reasons="[]", unknown="[]"))
    await touched(session, store_id)


async def _erase_timelines(session: AsyncSession, session_ids: list[int]) -> None:
    connection = await session.connection()
    its_own = _EVENT.c.session_id.in_(session_ids)
    entries = (await connection.execute(select(_EVENT.c.id, _EVENT.c.changes).where(its_own))).all()
    cleaned = [{"of": one.id, "changes": _without_words(one.changes)} for one in entries if one.changes]
    await connection.execute(update(_EVENT).where(its_own).values(raw=None, source_id=None))
    if cleaned:
        statement = update(_EVENT).where(_EVENT.c.id == bindparam("of")).values(changes=bindparam("changes"))
        await connection.execute(statement, cleaned)


def _without_words(changes: str) -> str:
    return json.dumps({name: value for name, value in json.loads(changes).items() if name not in _SAID})


async def erase_everything(db: Database, store_id: int) -> int:
    """Delete all that a store has but its name and its settings; how many sessions that were."""
    gone = 0
    while True:
        async with db.writing() as session:
            connection = await session.connection()
            # The ways in first, each time: nothing may come in behind what is deleted already.
            for name in ("connection", "api_key", "delivery", "intake"):
                table = METADATA.tables[name]
                await connection.execute(delete(table).where(table.c.store_id == store_id))
            some = select(_SESSION.c.id).where(_SESSION.c.store_id == store_id).limit(BATCH)
            ids = list((await connection.execute(some)).scalars())
            for table in (_LINE, _EVENT, _RISK):
                await connection.execute(delete(table).where(table.c.session_id.in_(ids)))
            await connection.execute(delete(_SESSION).where(_SESSION.c.id.in_(ids)))
            await touched(session, store_id)
        if not ids:
            return gone
        gone += len(ids)


async def scrub(db: Database) -> bool:
    """Take what was erased out of the search index and the write-ahead log; whether that was possible just now.

    The index keeps deleted words until its parts are merged (https://www.sqlite.org/fts5.html, 6.7): step by step, so
    that others can write in between.
    """
    amount = -_MERGED  # negative: begin to merge all parts into one
    for _ in range(_LONGEST_MERGE):
        async with db.writing() as session:
            connection = await session.connection()
            before = (await connection.execute(text("SELECT total_changes()"))).scalar_one()
            merge = "INSERT INTO session_search (session_search, rank) VALUES ('merge', :amount)"
            await connection.execute(text(merge), {"amount": amount})
            after = (await connection.execute(text("SELECT total_changes()"))).scalar_one()
        if after - before < 2:
            break
        amount = _MERGED
    return await db.fold()
