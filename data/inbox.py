"""The inbox: a delivery is stored as it came, once, and on the disk before anybody says that it was received.

What it means is found out afterwards, by ``data.applier``: understanding may fail, and may be done again.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.dialects.sqlite import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from data import stores, tallies
from data.database import Database
from data.deliveries import Delivery, DeliveryState, Source
from data.group_commit import GroupCommit
from data.intake_models import DELIVERY
from data.tallies import Tally

_TOGETHER = 200
"""Deliveries in one transaction."""

_KEY = re.compile(rb'(?:\?|\\u003[fF])key=[^"\\\s]{0,500}')
"""What Shopify appends to some cart tokens: a secret of the shopper's, which nobody may store."""


# A delivery that is there already, by its id or by its body, is no error, also within one group.
_ADD = insert(DELIVERY).on_conflict_do_nothing().returning(DELIVERY.c.store_id, DELIVERY.c.source, DELIVERY.c.digest)

Same = tuple[int, Source, bytes]
"""What makes two deliveries one: store, source and digest."""


class Inbox:
    """Takes deliveries; ``on_new`` is called after one was stored that had not come before."""

    def __init__(self, db: Database, on_new: Callable[[], None] = lambda: None) -> None:
        self._group: GroupCommit[Delivery, bool] = GroupCommit(db, _store, most=_TOGETHER)
        self._on_new = on_new

    async def receive(self, delivery: Delivery) -> bool:
        """Store a delivery; whether it is a new one. It is on the disk when this returns. Raises Busy: nothing was."""
        new = await self._group.add(delivery)
        if new:
            self._on_new()
        return new


async def _store(session: AsyncSession, deliveries: Sequence[Delivery]) -> list[bool]:
    connection = await session.connection()
    added: set[Same] = {tuple(row) for row in await connection.execute(_ADD, [_row(one) for one in deliveries])}
    new = []
    for delivery in deliveries:
        same = (delivery.store_id, delivery.source, delivery.digest)
        new.append(same in added)
        added.discard(same)
    await tallies.add(session, _counts(deliveries, new))
    # A new one moves its store's revision when it is applied; a repeated one only here.
    for store_id in {delivery.store_id for delivery, is_new in zip(deliveries, new, strict=True) if not is_new}:
        await stores.touched(session, store_id)
    return new


def _row(delivery: Delivery) -> dict[str, Any]:
    return {
        "store_id": delivery.store_id,
        "source": delivery.source,
        "topic": delivery.topic[:50],
        "delivery_id": delivery.delivery_id,
        "digest": delivery.digest,
        "triggered_at": delivery.triggered_at,
        "received_at": delivery.received_at,
        "state": DeliveryState.WAITING,
        "body": _KEY.sub(b"", delivery.body),
    }


def _counts(deliveries: Sequence[Delivery], new: Iterable[bool]) -> list[Tally]:
    received: Counter[tuple[int, Source, str]] = Counter()
    repeated: Counter[tuple[int, Source, str]] = Counter()
    last: dict[tuple[int, Source, str], datetime] = {}
    for delivery, is_new in zip(deliveries, new, strict=True):
        topic = delivery.store_id, delivery.source, delivery.topic[:50]
        received[topic] += 1
        repeated[topic] += not is_new
        last[topic] = max(delivery.received_at, last.get(topic, delivery.received_at))
    return [Tally(*topic, received[topic], repeated[topic], last_at=last[topic]) for topic in received]
