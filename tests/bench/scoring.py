"""What scoring costs: an event without storage beside look-ups and sums, what ingest loses by it, and its memory.

The events are those of the labelled sale, in the order of time, and the ends of the holds that ran out.
"""

import gc
import time
from collections.abc import Sequence
from dataclasses import dataclass

from data.event_format import parse
from data.events import Event
from data.labelled_sale import LabelledSale, labelled_sale
from data.life import expire, live, place
from data.risk.happening import Happening, milliseconds, of_event
from data.risk.model import rules
from data.risk.readings import SIGNALS, Reading
from data.risk.visit import Visit
from data.risk.watch import Watch
from data.sale_evaluation import OPENED
from data.timer import Timer

BOUND = 20.0
"""Microseconds for reading and scoring one event."""

SHOPPERS = 3_000
_ROUNDS = 5
_ENTITIES = 5


@dataclass(frozen=True, slots=True)
class Cost:
    """Microseconds an event, the best of some rounds: for its signals, for their score, and for a floor: five look-ups
    and updates and as many sums as there are signals."""

    events: int
    signals: float
    score: float
    floor: float


def happenings(shoppers: int = SHOPPERS) -> tuple[list[Happening], str]:
    """What a watch is told of a sale, in its order, and the currency."""
    sale = labelled_sale(1, shoppers, opened_at=OPENED)
    found: list[Happening] = []
    for number, events in enumerate(_by_session(sale), 1):
        life, entries = live(sorted(events, key=place), Timer())
        for entry in entries + expire(life):
            if entry.event is not None:
                found.append(of_event(number, entry.event))
            elif entry.changes:
                found.append(Happening(number, entry.kind, milliseconds(entry.occurred_at)))
    return sorted(found, key=lambda one: one.at), sale.currency


def cost() -> Cost:
    """Measure, with the collector off as timeit does."""
    told, currency = happenings()
    gc.collect()
    gc.disable()
    try:
        rounds = [_round(told, currency) for _ in range(_ROUNDS)]
    finally:
        gc.enable()
    signals, score, floor = (min(one[place] for one in rounds) / len(told) / 1000 for place in range(3))
    return Cost(len(told), signals, score, floor)


def _by_session(sale: LabelledSale) -> list[list[Event]]:
    sessions: dict[str, list[Event]] = {}
    for document in sale.documents:
        event = parse(document, currency=sale.currency, received_at=OPENED.replace(year=OPENED.year + 1))
        sessions.setdefault(event.cart_token, []).append(event)
    return list(sessions.values())


def _round(told: Sequence[Happening], currency: str) -> tuple[int, int, int]:
    """Nanoseconds for all events."""
    watch, visits, model = Watch(currency), dict[int, Visit](), rules()
    readings: list[list[Reading]] = []
    see, get = watch.see, visits.get
    began = time.perf_counter_ns()
    for one in told:
        visits[one.session_id], found = see(one, get(one.session_id))
        readings.append(found)
    seen = time.perf_counter_ns()
    for found in readings:
        model.score(found)
    scored = time.perf_counter_ns()
    return seen - began, scored - seen, _floor(told)


def _floor(told: Sequence[Happening]) -> int:
    entities: list[dict[object, int]] = [{} for _ in range(_ENTITIES)]
    weights = [0.25] * len(SIGNALS)
    began = time.perf_counter_ns()
    for one in told:
        for entity in entities:
            entity[one.ip] = entity.get(one.ip, 0) + 1
        total = 0.0
        for weight in weights:
            total += weight
    return time.perf_counter_ns() - began
