"""Counts deliveries that were refused, for their merchant to see. Nothing of what a stranger sent is kept."""

from collections import Counter
from datetime import datetime

from data import stores, tallies
from data.database import Database
from data.deliveries import Source
from data.tallies import Tally


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
        found = [Tally(*topic, refused=n, last_refused_at=last[topic]) for topic, n in noted.items()]
        async with self._db.writing() as session:
            await tallies.add(session, found)
            for store_id in {store_id for store_id, _, _ in noted}:
                await stores.touched(session, store_id)
        self._noted -= noted
