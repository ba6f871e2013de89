"""The hub: one for the process. It watches every store's revision and tells the open pages when one moves.

It reads the database, so it also sees what other processes write. An idle store costs one small query a tick,
however many pages are open, and no message.
"""

from nicegui import Event

from data import stores
from data.database import Busy, Database
from data.records import StoreRecord

TICK = 0.5
"""Seconds between two looks at the revisions."""


class Live:
    """Knows the stores and their revisions; ``moved`` is emitted with (store id, revision), also for a new store."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._revisions: dict[int, int] | None = None
        self._stores: dict[int, StoreRecord] = {}
        self.moved: Event[int, int] = Event()

    async def look(self) -> None:
        """Look once; a database that is busy is looked at again at the next tick."""
        try:
            revisions = await stores.revisions(self._database)
        except Busy:
            return
        if revisions != self._revisions:  # a store was added, or one's settings may have changed
            self._stores = {store.id: store for store in await stores.every(self._database)}
        before, self._revisions = self._revisions, revisions
        for store_id, revision in revisions.items():
            if before is not None and before.get(store_id) != revision:
                self.moved.emit(store_id, revision)

    async def stores(self) -> list[StoreRecord]:
        """All stores, from memory where they are known."""
        if not self._stores:
            await self.look()
        return list(self._stores.values())
