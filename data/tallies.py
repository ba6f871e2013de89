"""What has been counted of each topic of a store: added to what stands there, whichever part of it is counted."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy import func
from sqlalchemy.dialects.sqlite import insert
from sqlmodel.ext.asyncio.session import AsyncSession

from data.deliveries import Source
from data.intake_models import INTAKE

_NEW = insert(INTAKE)
_ADD = _NEW.on_conflict_do_update(
    index_elements=["store_id", "source", "topic"],
    set_={name: INTAKE.c[name] + _NEW.excluded[name] for name in ("received", "repeated", "refused")}
    | {name: func.coalesce(_NEW.excluded[name], INTAKE.c[name]) for name in ("last_at", "last_refused_at")},
)


@dataclass(frozen=True, slots=True)
class Tally:
    """How many more have come of one topic; a moment is that of the latest, None where none of its kind came."""

    store_id: int
    source: Source
    topic: str
    received: int = 0
    repeated: int = 0
    refused: int = 0
    last_at: datetime | None = None
    last_refused_at: datetime | None = None


async def add(session: AsyncSession, tallies: Sequence[Tally]) -> None:
    """Add them, in the caller's write transaction."""
    if tallies:
        await (await session.connection()).execute(_ADD, [asdict(tally) for tally in tallies])
