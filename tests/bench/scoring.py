"""What scoring costs: an event without storage beside look-ups and sums, what ingest loses by it, and its memory.

The events are those of the labelled sale, in the order of time, and the ends of the holds that ran out.
"""

import asyncio
import gc
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data import scoring, stores
from data.database import Database
from data.event_format import parse
from data.events import Event, TimelineKind
from data.judgement import Judged
from data.labelled_sale import LabelledSale, labelled_sale
from data.life import Entry, expire, live, place
from data.records import StoreRecord
from data.reports import Reports
from data.risk.happening import Happening, milliseconds, of_event
from data.risk.model import rules
from data.risk.queue import Queue
from data.risk.readings import SIGNALS
from data.risk.visit import Visit
from data.risk.watch import Watch
from data.sale_evaluation import OPENED
from data.timer import Timer

BOUND = 20.0
"""Microseconds for reading and scoring one event."""

LOSS = 0.25
"""The share of its throughput that ingest may lose by scoring."""

BATCH = 100
MEMORY_EVENTS = 1_000_000

_SHOPPERS, _SOLD = 3_000, 1_500
_ROUNDS = 5
_ENTITIES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds an event for its signals and for its score, and for a floor: five look-ups and updates, and as many
    sums as there are signals. Of the processor, so that a busy machine says nearly the same as an idle one; ``waited``
    is both by the clock. The best of some rounds each."""

    events: int
    signals: float
    score: float
    floor: float
    waited: float


@dataclass(frozen=True, slots=True)
class Loss:
    """Events a second that are ingested with scoring and without it."""

    scored: float
    plain: float

    @property
    def share(self) -> float:
        """What is lost by scoring."""
        return 1 - self.scored / self.plain


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes of what is remembered after events that all came from other addresses and devices within a day."""

    events: int
    remembered: int
    watch: int
    queue: int


def happenings(shoppers: int = _SHOPPERS) -> tuple[list[Happening], str]:
    """What a watch is told of a sale, in its order, and the currency."""
    sale = labelled_sale(1, shoppers, opened_at=OPENED)
    found: list[Happening] = []
    for number, events in enumerate(_by_session(sale), 1):
        life, entries = live(sorted(events, key=place), Timer())
        for entry in entries + expire(life):
            if entry.event is not None:
                found.append(of_event(number, entry.event))
            elif entry.kind is TimelineKind.EXPIRED:
                found.append(Happening(number, entry.kind, milliseconds(entry.occurred_at)))
    return sorted(found, key=lambda one: one.at), sale.currency


def cost() -> Cost:
    """Measure, with the collector off as timeit does."""
    told, currency = happenings()
    with _uncollected():
        rounds = [_round(told, currency) for _ in range(_ROUNDS)]
    signals, both, floor, waited = (min(one[place] for one in rounds) / len(told) / 1000 for place in range(4))
    return Cost(len(told), signals, both - signals, floor, waited)


def loss() -> Loss:
    """Ingest the same batches into two databases in turn, in one of them without scoring; each batch at its best."""
    sale = labelled_sale(1, _SOLD, opened_at=OPENED)
    batches = [sale.documents[begin : begin + BATCH] for begin in range(0, len(sale.documents), BATCH)]
    with _uncollected():
        rounds = [asyncio.run(_ingested(sale, batches)) for _ in range(_ROUNDS)]
    # The first batch also reads the country table and compiles patterns.
    scored, plain = (sum(min(one[place][n] for one in rounds) for n in range(1, len(batches))) for place in range(2))
    events = sum(map(len, batches[1:]))
    return Loss(events / scored, events / plain)


def memory(events: int = MEMORY_EVENTS) -> Memory:
    """Measure what a watch takes whose events have all another IP, network and device, within a day; and the queue."""
    begin = milliseconds(OPENED)
    tracemalloc.start()
    try:
        watch = Watch("USD")
        for number in range(events):
            at = begin + number * 86_400_000 // events
            ip = bytes(10) + b"\xff\xff" + (number * 256 % 2**32).to_bytes(4, "big")
            watch.see(Happening(number, TimelineKind.STARTED, at, ip, "curl/8", f"d{number}"), None)
        watched, _ = tracemalloc.get_traced_memory()
        queue = Queue()
        for number in range(events):
            queue.place(number, begin + number * 86_400_000 // events, number % 9 - 4.0, begin, queued=True)
        both, _ = tracemalloc.get_traced_memory()
        return Memory(events, watch.remembered, watched, both - watched)
    finally:
        tracemalloc.stop()


@contextmanager
def _uncollected() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _by_session(sale: LabelledSale) -> list[list[Event]]:
    sessions: dict[str, list[Event]] = {}
    for document in sale.documents:
        event = parse(document, currency=sale.currency, received_at=OPENED.replace(year=OPENED.year + 1))
        sessions.setdefault(event.cart_token, []).append(event)
    return list(sessions.values())


def _round(told: Sequence[Happening], currency: str) -> tuple[int, int, int, int]:
    """Nanoseconds for all events: their signals, these and the scores, the floor, and by the clock."""
    signals, _ = _seen(told, currency, lambda _: None)
    both, waited = _seen(told, currency, rules().score)
    return signals, both, _floor(told), waited


def _seen(told: Sequence[Happening], currency: str, then: Callable[[list[Any]], object]) -> tuple[int, int]:
    see, visits = Watch(currency).see, dict[int, Visit]()
    get = visits.get
    clock, began = time.perf_counter_ns(), time.thread_time_ns()
    for one in told:
        visits[one.session_id], readings = see(one, get(one.session_id))
        then(readings)
    return time.thread_time_ns() - began, time.perf_counter_ns() - clock


def _floor(told: Sequence[Happening]) -> int:
    entities: list[dict[object, int]] = [{} for _ in range(_ENTITIES)]
    weights = [0.25] * len(SIGNALS)
    began = time.thread_time_ns()
    for one in told:
        for entity in entities:
            entity[one.ip] = entity.get(one.ip, 0) + 1
        total = 0.0
        for weight in weights:
            total += weight
    return time.thread_time_ns() - began


async def _ingested(sale: LabelledSale, batches: Sequence[list[dict[str, object]]]) -> tuple[list[float], list[float]]:
    """Seconds for each batch, with scoring and without."""
    taken: tuple[list[float], list[float]] = [], []
    with TemporaryDirectory() as folder:
        async with _store(Path(folder) / "scored.db", sale) as scored, _store(Path(folder) / "plain.db", sale) as plain:
            for batch in batches:
                now = datetime.fromisoformat(str(batch[-1]["occurred_at"])) + timedelta(seconds=1)
                taken[0].append(await _received(scored, batch, now))
                with _unscored():
                    taken[1].append(await _received(plain, batch, now))
    return taken


@asynccontextmanager
async def _store(path: Path, sale: LabelledSale) -> AsyncIterator[tuple[Reports, StoreRecord]]:
    db = await Database.open(str(path))
    try:
        yield Reports(db), await stores.add(db, sale.domain, name=sale.domain, currency=sale.currency, now=OPENED)
    finally:
        await db.close()


async def _received(into: tuple[Reports, StoreRecord], batch: Sequence[object], now: datetime) -> float:
    reports, store = into
    began = time.perf_counter()
    outcomes = await reports.receive(store, batch, source="api", now=now)
    taken = time.perf_counter() - began
    assert {one.status for one in outcomes} == {"applied"}
    return taken


@contextmanager
def _unscored() -> Iterator[None]:
    """Without scoring, within this process alone."""

    async def judge(
        _session: object, _store: object, told: Sequence[tuple[int, Entry]], new: Mapping[int, str]
    ) -> tuple[dict[int, Judged], list[tuple[int, Entry]]]:
        return {number: Judged(token) for number, token in new.items()}, list(told)

    async def keep(*_: object, **__: object) -> None:
        pass

    def forget(*_: object) -> None:
        pass

    usual = scoring.judge, scoring.keep, scoring.forget
    scoring.judge, scoring.keep, scoring.forget = judge, keep, forget  # type: ignore[assignment]  # what ingest calls
    try:
        yield
    finally:
        scoring.judge, scoring.keep, scoring.forget = usual
