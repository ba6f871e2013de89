"""What a store's connections have received: per topic, in quarantine, waiting; and what becomes of quarantined ones."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import delete, func, select, update

from data import stores
from data.columns import literally
from data.database import Database
from data.deliveries import DeliveryState
from data.intake_models import DELIVERY, INTAKE
from data.records import IntakeRecord, QuarantinedRecord, TopicRecord

MOST_SHOWN = 100
"""Quarantined deliveries that are listed, the oldest ones: what arrives meanwhile moves none of them."""


# SQLite takes the small index only where the query says the state in so many words, not by a parameter.
_IN_QUARANTINE = literally(DELIVERY.c.state, DeliveryState.QUARANTINED)
# And for these only where it also names what they wait for; else it looks at every delivery of the store.
_UNMATCHED = literally(DELIVERY.c.state, DeliveryState.UNMATCHED) & DELIVERY.c.waits_for.is_not(None)


async def of_store(db: Database, store_id: int) -> IntakeRecord:
    """What the store has received."""
    topics = select(*(INTAKE.c[name] for name in TopicRecord.__dataclass_fields__))
    kept = select(
        *(DELIVERY.c[name] for name in ("id", "source", "topic", "received_at", "problem")),
        func.coalesce(func.length(DELIVERY.c.body), 0),
    )
    count = select(func.count()).select_from(DELIVERY).where(DELIVERY.c.store_id == store_id)
    async with db.reading() as connection:
        oldest = kept.where(DELIVERY.c.store_id == store_id, _IN_QUARANTINE).order_by(DELIVERY.c.id)
        quarantined: Iterable[Any] = await connection.execute(oldest.limit(MOST_SHOWN))
        return IntakeRecord(
            topics=tuple(
                TopicRecord(*row)
                for row in await connection.execute(
                    topics.where(INTAKE.c.store_id == store_id).order_by(INTAKE.c.source, INTAKE.c.topic)
                )
            ),
            quarantined=tuple(QuarantinedRecord(*row) for row in quarantined),
            in_quarantine=(await connection.execute(count.where(_IN_QUARANTINE))).scalar_one(),
            unmatched=(await connection.execute(count.where(_UNMATCHED))).scalar_one(),
        )


async def try_again(db: Database, store_id: int, ids: Sequence[int] | None = None) -> int:
    """Put quarantined deliveries (all, or these) back into the inbox; how many. The applier is to be woken then.

    One whose content is not kept any more stays where it is.
    """
    chosen = update(DELIVERY).where(DELIVERY.c.store_id == store_id, _IN_QUARANTINE, DELIVERY.c.body.is_not(None))
    if ids is not None:
        chosen = chosen.where(DELIVERY.c.id.in_(list(ids)[:MOST_SHOWN]))
    async with db.writing() as session:
        done = await (await session.connection()).execute(chosen.values(state=DeliveryState.WAITING, problem=None))
        return int(done.rowcount)


async def state_of(db: Database, store_id: int, delivery_id: int) -> DeliveryState | None:
    """How a delivery stands now; None where there is no such one."""
    query = select(DELIVERY.c.state).where(DELIVERY.c.store_id == store_id, DELIVERY.c.id == delivery_id)
    async with db.reading() as connection:
        return (await connection.execute(query)).scalar_one_or_none()


async def discard(db: Database, store_id: int, delivery_id: int) -> bool:
    """Take one delivery out of quarantine for good; whether it was there."""
    async with db.writing() as session:
        gone = await (await session.connection()).execute(
            delete(DELIVERY).where(DELIVERY.c.store_id == store_id, DELIVERY.c.id == delivery_id, _IN_QUARANTINE)
        )
        await stores.touched(session, store_id)
        return bool(gone.rowcount)
