"""Writes the orders and abandoned checkouts of an import, but for those that the store knows from somewhere else."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlmodel.ext.asyncio.session import AsyncSession

from data import ingest, ledger
from data.columns import in_chunks
from data.deliveries import completed_event, started_event
from data.events import Event
from data.imported_rows import SOURCE
from data.models import METADATA
from data.records import StoreRecord
from data.shopify_csv import ImportedPurchase

_SESSION = METADATA.tables["session"]


async def add(session: AsyncSession, store: StoreRecord, purchases: Sequence[ImportedPurchase], now: datetime) -> int:
    """Write what is new, inside the caller's write transaction; of how many purchases anything was."""
    heads = [purchase.events[0] for purchase in purchases]
    orders = await _sessions(session, store, "order_id", {head.order_id for head in heads} - {None})
    checkouts = await _sessions(session, store, "checkout_token", {head.checkout_token for head in heads} - {None})
    # A session names only the latest of its orders and checkouts.
    told = await ledger.known_ids(session, store.id, filter(None, map(_delivered, heads)))
    new = [
        purchase
        for purchase, head in zip(purchases, heads, strict=True)
        if _is_ours(head, orders.get(head.order_id))
        and _is_ours(head, checkouts.get(head.checkout_token))
        and _delivered(head) not in told
    ]
    events = [event for purchase in new for event in purchase.events]
    outcomes = iter(await ingest.apply_all(session, store, events, source=SOURCE, now=now))
    # All outcomes of a purchase are taken before they are looked at, so that the next one finds its own.
    return sum("applied" in [next(outcomes).status for _ in purchase.events] for purchase in new)


def _delivered(head: Event) -> str | None:
    """The id of the event by which a delivery would have told of the same purchase."""
    if head.order_id:
        return completed_event(head.order_id)
    return started_event(head.checkout_token) if head.checkout_token else None


def _is_ours(head: Event, tokens: set[str] | None) -> bool:
    """Whether no session but that of an earlier import has it. Such a one may learn of a cancellation since then."""
    return not tokens or tokens == {head.cart_token}


async def _sessions(
    session: AsyncSession, store: StoreRecord, column: str, values: set[str | None]
) -> dict[str | None, set[str]]:
    """The cart tokens of the sessions that have these values."""
    found: dict[str | None, set[str]] = {}
    for some in in_chunks(values):
        query = select(_SESSION.c[column], _SESSION.c.cart_token)
        query = query.where(_SESSION.c.store_id == store.id, _SESSION.c[column].in_(some))
        for value, token in await (await session.connection()).execute(query):
            found.setdefault(value, set()).add(token)
    return found
