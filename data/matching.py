"""Which session a delivery without a cart token belongs to; and waking those that waited for a session to come."""

from collections.abc import Iterable

from sqlalchemy import select, update
from sqlmodel.ext.asyncio.session import AsyncSession

from data.columns import in_chunks, literally
from data.deliveries import CART, CHECKOUT, DeliveryState, for_cart, for_checkout, for_order, started_event
from data.events import Event
from data.intake_models import DELIVERY
from data.models import METADATA

CARTS = (CART, "cart;")
"""The range of keys that wait for a cart: those of beacons."""

_LONGEST = 300

_SESSION = METADATA.tables["session"]
_EVENT = METADATA.tables["event"]

# SQLite takes the small index only where the query says the state in so many words, not by a parameter.
_UNMATCHED = literally(DELIVERY.c.state, DeliveryState.UNMATCHED)


async def cart_tokens(session: AsyncSession, store_id: int, keys: Iterable[str]) -> dict[str, str]:
    """The cart token of the session that each key (``cart:TOKEN``, ``checkout:TOKEN``) names, where it is there.

    A session keeps one checkout's token, the newest. One that it had before is found by the event that told of it.
    """
    wanted = set(keys)
    found: dict[str, str] = {}
    for prefix, column in ((CART, _SESSION.c.cart_token), (CHECKOUT, _SESSION.c.checkout_token)):
        for some in in_chunks(key.removeprefix(prefix) for key in wanted if key.startswith(prefix)):
            # Oldest first, so that of two sessions with one checkout the newest is left.
            query = select(column, _SESSION.c.cart_token).where(_SESSION.c.store_id == store_id, column.in_(some))
            rows = await (await session.connection()).execute(query.order_by(_SESSION.c.id))
            found |= {prefix + key: token for key, token in rows}
    return found | await _by_started_checkouts(session, store_id, wanted)


async def _by_started_checkouts(session: AsyncSession, store_id: int, keys: Iterable[str]) -> dict[str, str]:
    ids = {started_event(key.removeprefix(CHECKOUT)): key for key in keys if key.startswith(CHECKOUT)}
    found: dict[str, str] = {}
    for some in in_chunks(ids):
        query = select(_EVENT.c.source_id, _SESSION.c.cart_token).join(_SESSION, _SESSION.c.id == _EVENT.c.session_id)
        query = query.where(_EVENT.c.store_id == store_id, _EVENT.c.source_id.in_(some))
        found |= {ids[event]: token for event, token in await (await session.connection()).execute(query)}
    return found


async def release(session: AsyncSession, store_id: int, events: Iterable[Event]) -> None:
    """Let deliveries that waited for the sessions, checkouts or orders of these events be looked at again."""
    events = list(events)
    keys = {for_cart(event.cart_token) for event in events}
    keys |= {for_checkout(event.checkout_token) for event in events if event.checkout_token}
    keys |= {for_order(event.order_id) for event in events if event.order_id}
    for some in in_chunks(key[:_LONGEST] for key in keys):
        await (await session.connection()).execute(
            update(DELIVERY)
            .where(DELIVERY.c.store_id == store_id, _UNMATCHED, DELIVERY.c.waits_for.in_(some))
            .values(state=DeliveryState.WAITING)
        )


def waits_for(key: str) -> str:
    """A key as it is stored."""
    return key[:_LONGEST]
