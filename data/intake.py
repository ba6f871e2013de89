"""What a store's connections have received: per topic, in quarantine, waiting for a session."""

from collections.abc import Iterable
from typing import Any

from sqlalchemy import func, select

from data.columns import literally
from data.database import Database
from data.deliveries import DeliveryState
from data.intake_models import DELIVERY, INTAKE
from data.quarantine import IN_QUARANTINE, MOST_SHOWN
from data.records import IntakeRecord, QuarantinedRecord, TopicRecord

# SQLite takes the small index only where the query says the state in so many words, not by a parameter; and only where
# it also names what they wait for. Else it looks at every delivery of the store.
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
        oldest = kept.where(DELIVERY.c.store_id == store_id, IN_QUARANTINE).order_by(DELIVERY.c.id)
        quarantined: Iterable[Any] = await connection.execute(oldest.limit(MOST_SHOWN))
        return IntakeRecord(
            topics=tuple(
                TopicRecord(*row)
                for row in await connection.execute(
                    topics.where(INTAKE.c.store_id == store_id).order_by(INTAKE.c.source, INTAKE.c.topic)
                )
            ),
            quarantined=tuple(QuarantinedRecord(*row) for row in quarantined),
            in_quarantine=(await connection.execute(count.where(IN_QUARANTINE))).scalar_one(),
            unmatched=(await connection.execute(count.where(_UNMATCHED))).scalar_one(),
        )
