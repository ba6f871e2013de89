"""Understands stored deliveries: the body as JSON, the platform's payload, the documents, the events. No storage."""

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from data import beacon, shopify_payloads
from data.deliveries import Reading, Source
from data.event_format import EventError, parse
from data.events import Event
from data.records import StoreRecord

log = logging.getLogger("cartwatch")

_LONGEST_PROBLEM = 500


@dataclass(frozen=True, slots=True)
class Stored:
    """A delivery as it waits in the inbox."""

    id: int
    store_id: int
    source: Source
    topic: str
    digest: bytes
    triggered_at: datetime | None
    received_at: datetime
    body: bytes | None


@dataclass(frozen=True, slots=True)
class Read:
    """A delivery with what it says; ``problem`` where that is not to be understood.

    ``events`` are empty as long as it waits for its session.
    """

    stored: Stored
    store: StoreRecord
    reading: Reading | None = None
    events: tuple[Event, ...] = ()
    problem: str | None = None


def read(stored: Stored, store: StoreRecord) -> Read:
    """Understand a delivery. Never raises: what cannot be understood has a problem, and is kept."""
    source = shopify_payloads.read if stored.source is Source.SHOPIFY else beacon.read
    try:
        reading = source(
            stored.topic,
            _json(stored.body or b""),
            digest=stored.digest,
            triggered_at=stored.triggered_at,
            received_at=stored.received_at,
        )
    except EventError as problem:
        return Read(stored, store, problem=_words(problem))
    except Exception as problem:  # what comes from outside may find a gap in what we thought of; it must not be lost
        log.error("delivery %d could not be understood", stored.id, exc_info=problem)
        return Read(stored, store, problem=f"could not be understood ({type(problem).__name__}); the log says more")
    understood = Read(stored, store, reading)
    return understood if reading.waits_for else with_events(understood, reading.documents)


def with_events(understood: Read, documents: Iterable[dict[str, Any]]) -> Read:
    """The delivery with its documents read as events."""
    stored, store = understood.stored, understood.store
    try:
        events = tuple(parse(one, currency=store.currency, received_at=stored.received_at) for one in documents)
    except EventError as problem:
        return Read(stored, store, problem=_words(problem))
    return Read(stored, store, understood.reading, events)


def _json(body: bytes) -> object:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        pass
    try:
        # Python's own reader takes numbers of any size and broken text: then only the field that has them is refused.
        return json.loads(body.decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        raise EventError("", "the body is not JSON") from None


def _words(problem: EventError) -> str:
    return str(problem).encode("utf-8", "replace").decode()[:_LONGEST_PROBLEM]
