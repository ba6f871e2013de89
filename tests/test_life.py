"""The life of a session: the same events give the same life, in whatever order and how often they come."""

from typing import Any
from uuid import uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data import expiry
from data.database import Database
from data.event_format import parse
from data.events import Event, EventType
from data.life import Life, live, place
from data.records import StoreRecord
from data.status import Status
from data.timer import Timer
from tests.factories import a_store, after, event, line, tell, the_lines, the_session, the_timeline

TIMER = Timer()
NOW = after(600)

KINDS = st.sampled_from([kind.value for kind in EventType])
LINES = st.none() | st.lists(st.integers(1, 3), max_size=2)
SHOPPER = st.fixed_dictionaries(
    {},
    optional={
        "ip": st.sampled_from(["203.0.113.7", "2001:db8::1"]),
        "country": st.sampled_from(["CZ", "DE"]),
        "user_agent": st.sampled_from(["Mozilla/5.0 (iPhone)", "Mozilla/5.0 (Windows NT 10.0)"]),
        "checkout_token": st.sampled_from(["ch-1", "ch-2"]),
        "order_id": st.sampled_from(["1", "2"]),
    },
)


@st.composite
def histories(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Events of one session with the source's own ids; several may share a moment."""
    documents = []
    for number in range(draw(st.integers(1, 8))):
        quantities = draw(LINES)
        document = event(draw(KINDS), draw(st.integers(0, 40)), id=f"e{number}") | draw(SHOPPER)
        if quantities is not None:
            document["lines"] = [line(place, quantity) for place, quantity in enumerate(quantities)]
        documents.append(document)
    return documents


def read(document: dict[str, Any]) -> Event:
    return parse(document, currency="USD", received_at=NOW)


def lived(documents: list[dict[str, Any]]) -> Life:
    return live(sorted(map(read, documents), key=place), TIMER)[0]


@given(histories())
def test_what_is_lived_in_parts_is_what_is_lived_at_once(documents: list[dict[str, Any]]) -> None:
    events = sorted(map(read, documents), key=place)
    life, entries = live(events[:1], TIMER)
    for further in events[1:]:
        life, more = live([further], TIMER, life)
        entries += more
    assert (life, entries) == live(events, TIMER)


@given(histories())
def test_a_conversion_is_never_lost_and_nothing_else_looks_like_one(documents: list[dict[str, Any]]) -> None:
    bought = any(document["type"] == "checkout.completed" for document in documents)
    assert (lived(documents).status is Status.CONVERTED) == bought


@given(histories())
def test_a_life_holds_together(documents: list[dict[str, Any]]) -> None:
    life = lived(documents)
    assert (life.ended_at is None) == (life.status is Status.ACTIVE)
    assert life.ended_at is None or life.ended_at >= life.started_at
    assert life.expires_at is None or life.expires_at >= life.started_at
    assert life.last_activity_at >= life.started_at
    assert life.item_count == sum(item.quantity for item in life.lines or ())
    assert life.renewals <= sum(document["type"] == "reservation.renewed" for document in documents)


def test_events_of_one_millisecond_are_ordered_by_their_meaning_and_their_numbers() -> None:
    documents = [
        event("checkout.completed", id="1"),
        event("cart.updated", id="10"),
        event("cart.updated", id="9"),
        event("session.started", id="99"),
    ]
    assert [read(document).id for document in sorted(documents, key=lambda d: place(read(d)))] == ["99", "9", "10", "1"]


def test_a_life_without_events_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        live([], TIMER)


async def state(db: Database, store: StoreRecord) -> tuple[object, ...]:
    """All that pages show of the session, without what depends on arrival: ids, times of receipt, and its risk.

    A score is what was thought of the session when an event came.
    """
    risk = {"risk_score", "risk_level", "assessed_level"}
    session = (await the_session(db, store)).model_dump(exclude={"id", "store_id"} | risk)
    lines = [(item.product_id, item.quantity, item.unit_price) for item in await the_lines(db, store)]
    told = {
        (entry.kind, entry.occurred_at, entry.source_id, entry.applied, entry.note, entry.changes)
        for entry in await the_timeline(db, store)
    }
    return session, lines, told


async def test_an_objection_names_the_ending_that_stands(db: Database) -> None:
    documents = [event(), event("session.cancelled", 5), event("cart.updated", 9), event("checkout.completed", 7)]
    late, in_order = await a_store(db, "late.example"), await a_store(db, "order.example")
    for document in documents:
        await tell(db, late, document, now=NOW)
    await tell(db, in_order, *documents, now=NOW)
    assert await state(db, late) == await state(db, in_order)
    assert (await the_timeline(db, late))[-1].note == "The session had already been converted."


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
async def test_shuffled_and_repeated_deliveries_end_as_in_order(db: Database, data: st.DataObject) -> None:
    documents = data.draw(histories())
    domain = f"shop-{uuid4()}.example"  # the database is the same for all examples
    in_order, shuffled = await a_store(db, f"a-{domain}"), await a_store(db, f"b-{domain}")
    await tell(db, in_order, *sorted(documents, key=lambda d: place(read(d))), now=NOW)
    deliveries = data.draw(st.permutations(documents + documents[: len(documents) // 2]))
    while deliveries:
        together = data.draw(st.integers(1, 4))
        await tell(db, shuffled, *deliveries[:together], now=NOW)
        deliveries = deliveries[together:]
        if data.draw(st.booleans()):
            await expiry.sweep(db, NOW)
    await expiry.sweep(db, NOW)
    assert await state(db, shuffled) == await state(db, in_order)
