"""Deliveries of documents in the public format: each is stored as a whole or not at all, and answered event by event.

Those that come while a transaction is written share the next one.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel.ext.asyncio.session import AsyncSession

from data import ingest, past
from data.database import Database
from data.event_format import EventError, parse
from data.events import Event
from data.group_commit import GroupCommit
from data.ingest import Outcome
from data.records import StoreRecord

_TOGETHER = 1_000
"""Events in one transaction, where they come in more than one delivery."""

_BREATH = 100  # documents read before other tasks of the process get their turn


@dataclass(frozen=True, slots=True)
class _Report:
    """The readable events of one delivery."""

    store: StoreRecord
    source: str
    now: datetime
    events: tuple[Event, ...]


class Reports:
    """Takes deliveries for any store."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._group: GroupCommit[_Report, list[Outcome]] = GroupCommit(
            db, _apply, most=_TOGETHER, weight=lambda report: len(report.events)
        )

    async def receive(
        self, store: StoreRecord, documents: Sequence[object], *, source: str, now: datetime
    ) -> list[Outcome]:
        """Apply a delivery; an outcome for each document, in their order. One that cannot be read is rejected alone.

        Raises Busy: then nothing of it was stored.
        """
        outcomes: list[Outcome] = []
        read: list[tuple[int, Event]] = []
        for number, document in enumerate(documents):
            try:
                read.append((number, parse(document, currency=store.currency, received_at=now)))
                outcomes.append(Outcome("applied"))
            except EventError as problem:
                outcomes.append(Outcome("rejected", str(problem)))
            if number % _BREATH == _BREATH - 1:
                await asyncio.sleep(0)
        if read:
            await past.prepare(self._db, [store])
            applied = await self._group.add(_Report(store, source, now, tuple(event for _, event in read)))
            for (number, _), outcome in zip(read, applied, strict=True):
                outcomes[number] = outcome
        return outcomes


async def _apply(session: AsyncSession, reports: Sequence[_Report]) -> list[list[Outcome]]:
    groups: dict[tuple[int, str], list[int]] = defaultdict(list)
    for number, report in enumerate(reports):
        groups[report.store.id, report.source].append(number)
    outcomes: dict[int, list[Outcome]] = {}
    for numbers in groups.values():
        last = reports[numbers[-1]]
        events = [event for number in numbers for event in reports[number].events]
        applied = iter(await ingest.apply_all(session, last.store, events, source=last.source, now=last.now))
        for number in numbers:
            outcomes[number] = [next(applied) for _ in reports[number].events]
    return [outcomes[number] for number in range(len(reports))]
