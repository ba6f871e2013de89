"""Counts deliveries that were refused, for their merchant to see. Nothing of what a stranger sent is kept."""

from collections import Counter
from datetime import datetime

from sqlalchemy.dialects.sqlite import insert

from data import stores
from data.database import Database
from data.deliveries import Source
from data.intake_models import INTAKE

_TALLY = insert(INTAKE)
_COUNT = _TALLY.on_conflict_do_update(
    index_elements=["store_id", "source", "topic"],
    set_={
        "refused": INTAKE.c.refused + _TALLY.excluded.refused,
        "last_refused_at": _TALLY.excluded.last_refused_at,
    },
)


class Refusals:
    """Kept in memory and written now and then, so that whoever sends many of them causes few writes."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._noted: Counter[tuple[int, Source, str]] = Counter()
        self._last: dict[tuple[int, Source, str], datetime] = {}

    def note(self, store_id: int, source: Source, topic: str, now: datetime) -> None:
        """One more. ``topic`` is one of a fixed set."""
        self._noted[store_id, source, topic] += 1
        self._last[store_id, source, topic] = now

    async def write(self) -> None:
        """Write what was noted since the last time. Raises Busy: then it is written the next time."""
        if not self._noted:
            return
        noted, last = self._noted.copy(), self._last.copy()
        rows = [
            {
                "store_id": store_id,
                "source": source,
                "topic": topic,
                "received": 0,
                "repeated": 0,
                "refused": n,
                "last_refused_at": last[store_id, source, topic],
            }
            for (store_id, source, topic), n in noted.items()
        ]
        async with self._db.writing() as session:
            await (await session.connection()).execute(_COUNT, rows)
            for store_id in {store_id for store_id, _, _ in noted}:
                await stores.touched(session, store_id)
        self._noted -= noted
