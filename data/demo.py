"""The demo: three shops with some days of history, then a flash sale that goes on for as long as it is stepped.

Shoppers report through the same ingest as any source. The same seed and the same moments give the same sessions.
"""

import heapq
import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data import expiry, queries, restrict, stores
from data.database import Database
from data.demo_catalogue import SHOPS
from data.demo_sale import Sale
from data.demo_script import TIMER, Act, Report, Verdict, Visit
from data.records import StoreRecord
from data.reports import Reports

SOURCE = "demo"

LATEST = timedelta(seconds=60)
"""What is overdue by more than this is left out: after a night's sleep the laptop shows today's sale, not a flood."""

MOST_AT_ONCE = 400
"""What happens in one step at most; the rest waits for the next."""

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Outbox:
    """What has happened and is not stored yet."""

    documents: list[object] = field(default_factory=list)
    verdicts: list[tuple[str, Verdict]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.documents) + len(self.verdicts)


@dataclass(slots=True)
class _Counter:
    """One store with its sale, and what waits to be stored."""

    store: StoreRecord
    sale: Sale
    outbox: _Outbox = field(default_factory=_Outbox)


class Demo:
    """Plays the demo into a database. ``prepare`` once, then ``step`` about twice a second."""

    def __init__(self, db: Database, seed: int = 7) -> None:
        self._db = db
        self._seed = seed
        self._counters: list[_Counter] = []
        # What comes next in each visit, the earliest first; the number keeps the order of equal moments.
        self._agenda: list[tuple[datetime, int, _Counter, Visit, int]] = []
        self._number = 0
        self._reports = Reports(db)

    async def prepare(self, now: datetime) -> None:
        """Make the stores and their history where they are missing, and begin the sale ``now``. Raises Busy."""
        known = {store.domain: store for store in await stores.every(self._db)}
        self._counters, self._agenda = [], []
        for shop in SHOPS:
            store = known.get(shop.domain) or await stores.add(
                self._db,
                shop.domain,
                name=shop.name,
                currency=shop.currency,
                now=now,
                timer_minutes=TIMER // timedelta(minutes=1),
            )
            new = await queries.count_everything(self._db, store.id) == 0
            # A database that is continued gets other shoppers than those who are in it already.
            name = "first" if new else now.isoformat(timespec="milliseconds")
            sale = Sale(shop, self._seed, name, now)
            counter = _Counter(store, sale)
            self._counters.append(counter)
            for visit in sale.history() if new else ():
                self._expect(counter, visit, 0)
        self._play(now, overdue=None, most=None)
        await self._store(now)
        await expiry.sweep(self._db, now)

    async def step(self, now: datetime) -> None:
        """Let happen what happens up to ``now``. Raises Busy; what could not be stored is stored by a later step."""
        if not self._counters:
            await self.prepare(now)
        for counter in self._counters:
            for visit in counter.sale.arrivals(now - LATEST, now):
                self._expect(counter, visit, 0)
        waiting = sum(len(counter.outbox) for counter in self._counters)
        self._play(now, overdue=now - LATEST, most=MOST_AT_ONCE - waiting)
        await self._store(now)

    def _expect(self, counter: _Counter, visit: Visit, place: int) -> None:
        if place < len(visit.acts):
            self._number += 1
            heapq.heappush(self._agenda, (visit.acts[place].at, self._number, counter, visit, place))

    def _play(self, now: datetime, *, overdue: datetime | None, most: int | None) -> None:
        """Move what is due from the agenda to the outboxes, in the order of time."""
        while self._agenda and self._agenda[0][0] <= now and (most is None or most > 0):
            at, _, counter, visit, place = heapq.heappop(self._agenda)
            if overdue is not None and at < overdue:
                continue  # the shopper went away while nobody looked; the sweep ends the hold
            self._act(counter, visit, visit.acts[place])
            self._expect(counter, visit, place + 1)
            most = None if most is None else most - 1

    def _act(self, counter: _Counter, visit: Visit, act: Act) -> None:
        if isinstance(act, Report):
            counter.outbox.documents.append(act.document)
        else:
            counter.outbox.verdicts.append((visit.cart_token, act))

    async def _store(self, now: datetime) -> None:
        for counter in self._counters:
            outbox, store = counter.outbox, counter.store
            if outbox.documents:
                outcomes = await self._reports.receive(store, outbox.documents, source=SOURCE, now=now)
                for outcome in outcomes:
                    if outcome.status == "rejected":
                        _log.error("The demo reported an event that was rejected: %s", outcome.error)
                outbox.documents.clear()
            while outbox.verdicts:
                token, verdict = outbox.verdicts[0]
                await restrict.decide(
                    self._db, store.id, token, verdict.decision, reason=verdict.reason, now=verdict.at
                )
                del outbox.verdicts[0]
