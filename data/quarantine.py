"""The quarantine: deliveries that were signed and kept, and not understood. They are tried again, or given up."""

from collections.abc import Sequence

from sqlalchemy import delete, select, update

from data import stores
from data.columns import literally
from data.database import Database
from data.deliveries import DeliveryState
from data.intake_models import DELIVERY

MOST_SHOWN = 100
"""Quarantined deliveries that are listed, the oldest ones: what arrives meanwhile moves none of them."""

# SQLite takes the small index only where the query says the state in so many words, not by a parameter.
IN_QUARANTINE = literally(DELIVERY.c.state, DeliveryState.QUARANTINED)
"""The condition on a delivery."""


async def try_again(db: Database, store_id: int, ids: Sequence[int] | None = None) -> int:
    """Put quarantined deliveries (all, or these) back into the inbox; how many. The applier is to be woken then.

    One whose content is not kept any more stays where it is.
    """
    chosen = update(DELIVERY).where(DELIVERY.c.store_id == store_id, IN_QUARANTINE, DELIVERY.c.body.is_not(None))
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
            delete(DELIVERY).where(DELIVERY.c.store_id == store_id, DELIVERY.c.id == delivery_id, IN_QUARANTINE)
        )
        await stores.touched(session, store_id)
        return bool(gone.rowcount)
