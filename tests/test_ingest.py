"""Ingest: what a delivery makes of the stored sessions."""

import json

import pytest
from sqlalchemy import text as sql

from data.database import Database
from data.event_format import parse
from data.ingest import Outcome, apply_all
from data.records import StoreRecord
from data.status import Status
from tests.factories import (
    a_store,
    after,
    event,
    kinds,
    line,
    tell,
    the_lines,
    the_revision,
    the_session,
    the_timeline,
)


def statuses(outcomes: list[Outcome]) -> list[str]:
    return [outcome.status for outcome in outcomes]


async def test_a_started_session_is_stored_with_its_cart_and_its_timer(db: Database, store: StoreRecord) -> None:
    cart = [line(1, 2, "100.00"), line(2, 1, "24.75")]
    await tell(db, store, event(lines=cart, ip="::ffff:192.0.2.7", country="cz", user_agent="curl/8"), now=after(0))
    session = await the_session(db, store)
    assert (session.status, session.value, session.item_count, session.product_count) == (Status.ACTIVE, 22475, 3, 2)
    assert (session.started_at, session.expires_at) == (after(0), after(15))
    assert (session.country, session.device, session.max_renewals) == ("CZ", "bot", 20)
    assert [(item.title, item.quantity, item.unit_price) for item in await the_lines(db, store)] == [
        ("Product 1", 2, 10000),
        ("Product 2", 1, 2475),
    ]


async def test_an_unknown_session_is_started_by_whatever_comes(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event("cart.updated", 3, lines=[line()]))
    timeline = await the_timeline(db, store)
    assert kinds(timeline) == ["started", "cart_updated"]
    assert [entry.source for entry in timeline] == ["system", "api"]
    assert (await the_session(db, store)).started_at == after(3)


async def test_an_update_replaces_the_lines_and_tells_what_changed(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(lines=[line(1, 1, "10.00"), line(2, 1, "5.00")]))
    await tell(db, store, event("cart.updated", 1, lines=[line(1, 3, "10.00")]))
    assert [(item.product_id, item.quantity) for item in await the_lines(db, store)] == [("p1", 3)]
    changes = json.loads((await the_timeline(db, store))[-1].changes or "")
    assert changes == {"item_count_before": 2, "item_count": 3, "value_before": 1500, "value": 3000}
    assert (await the_session(db, store)).cart_updates == 1


async def test_an_older_update_never_undoes_a_newer_cart(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("cart.updated", 5, lines=[line(1, 5)]))
    await tell(db, store, event("cart.updated", 2, lines=[line(1, 2)]))
    session = await the_session(db, store)
    assert (session.item_count, session.cart_updates, session.last_activity_at) == (5, 2, after(5))
    assert [entry.occurred_at for entry in await the_timeline(db, store)] == [after(0), after(2), after(5)]
    assert [item.quantity for item in await the_lines(db, store)] == [5]


async def test_renewals_and_extensions_move_the_timer(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("reservation.renewed", 10))
    assert (await the_session(db, store)).expires_at == after(25)
    await tell(db, store, event("reservation.extended", 20, expires_at="2026-03-01T12:40:00Z"))
    session = await the_session(db, store)
    assert (session.renewals, session.manual_extends, session.expires_at) == (1, 1, after(40))
    changes = json.loads((await the_timeline(db, store))[-1].changes or "")
    assert (changes["manual_extends_before"], changes["manual_extends"]) == (0, 1)
    assert changes["expires_at"] - changes["expires_at_before"] == 15 * 60_000


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("checkout.completed", Status.CONVERTED),
        ("session.expired", Status.EXPIRED),
        ("session.cancelled", Status.CANCELLED),
    ],
)
async def test_an_ending_ends(db: Database, store: StoreRecord, kind: str, status: Status) -> None:
    await tell(db, store, event(), event(kind, 4, reason="because"))
    session = await the_session(db, store)
    assert (session.status, session.ended_at, session.end_reason) == (status, after(4), "because")


@pytest.mark.parametrize("first", ["session.expired", "session.cancelled"])
@pytest.mark.parametrize("minutes", [2, 9])
async def test_a_conversion_wins_over_other_endings(
    db: Database, store: StoreRecord, first: str, minutes: float
) -> None:
    await tell(db, store, event(), event(first, 5))
    await tell(db, store, event("checkout.completed", minutes, order_id="1001"))
    session = await the_session(db, store)
    assert (session.status, session.ended_at, session.order_id) == (Status.CONVERTED, after(minutes), "1001")


@pytest.mark.parametrize(
    "kind",
    ["cart.updated", "reservation.renewed", "reservation.extended", "checkout.started", "session.cancelled"],
)
@pytest.mark.parametrize("ending", ["checkout.completed", "session.expired"])
async def test_what_comes_after_the_end_is_told_and_changes_nothing(
    db: Database, store: StoreRecord, kind: str, ending: str
) -> None:
    await tell(db, store, event(lines=[line()]), event(ending, 5))
    before = (await the_session(db, store)).model_dump()
    await tell(db, store, event(kind, 6, lines=[line(9, 9)], ip="192.0.2.1"))
    assert (await the_session(db, store)).model_dump() == before
    last = (await the_timeline(db, store))[-1]
    assert not last.applied
    assert last.note in {"The session had already been converted.", "The session had already expired."}


async def test_a_second_start_changes_nothing(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(lines=[line()]))
    before = (await the_session(db, store)).model_dump()
    await tell(db, store, event(minutes=2, lines=[]))
    assert (await the_session(db, store)).model_dump() == before
    assert kinds(await the_timeline(db, store)) == ["started", "(started)"]


async def test_a_hold_that_was_over_is_ended_before_the_event_is_judged(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), now=after(0))
    await tell(db, store, event("cart.updated", 20, lines=[line()]), now=after(20))
    session = await the_session(db, store)
    assert (session.status, session.ended_at, session.item_count) == (Status.EXPIRED, after(15), 0)
    timeline = await the_timeline(db, store)
    assert kinds(timeline) == ["started", "expired", "(cart_updated)"]
    assert timeline[1].occurred_at == after(15)


async def test_a_reported_expiry_is_told_once(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("session.expired", 16))
    assert kinds(await the_timeline(db, store)) == ["started", "expired"]
    assert (await the_session(db, store)).ended_at == after(15)


async def test_the_shopper_is_seen_and_nothing_else(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(lines=[line()]), event("checkout.completed", 5))
    seen = event("shopper.seen", 6, ip="2001:db8::1", country="XX", user_agent="Mozilla/5.0 (iPhone)", lines=[])
    await tell(db, store, seen)
    session = await the_session(db, store)
    assert (session.status, session.item_count, session.device, session.country) == (
        Status.CONVERTED,
        1,
        "mobile",
        None,
    )
    assert session.ip is not None


async def test_a_shopper_who_is_seen_after_the_end_costs_nobody_a_whole_life(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("session.expired", 16), event("cart.updated", 20))
    assert kinds(await the_timeline(db, store)) == ["started", "expired", "(cart_updated)"]
    await say_of_all(db, "told before")
    await tell(db, store, event("shopper.seen", 30, ip="203.0.113.7"))
    assert [line.note for line in await the_timeline(db, store)] == ["told before"] * 3 + [None]
    assert (await the_session(db, store)).ip is not None
    await tell(db, store, event("cart.updated", 40))
    assert [line.note for line in await the_timeline(db, store)][:2] == [None, None]


async def test_a_shopper_who_is_seen_late_is_put_in_place(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("session.expired", 20))
    await tell(db, store, event("shopper.seen", 17, ip="203.0.113.7"))
    assert kinds(await the_timeline(db, store)) == ["started", "expired", "shopper_seen", "(expired)"]


async def test_a_timeline_without_end_is_not_lived_again(
    db: Database, store: StoreRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.ingest.MOST_LIVED_AGAIN", 4)
    await tell(db, store, event(), event("session.expired", 16), event("cart.updated", 20))
    await say_of_all(db, "told before")
    await tell(db, store, event("reservation.renewed", 30))
    assert [line.note for line in await the_timeline(db, store)][:2] == [None, None]
    await tell(db, store, event("reservation.renewed", 31))
    await say_of_all(db, "told before")
    await tell(db, store, event("cart.updated", 10, lines=[line()]), event("checkout.completed", 35))
    told = [(line.kind.value, line.note) for line in await the_timeline(db, store)]
    assert [kind for kind, note in told if note == "told before"] == [
        *("started", "expired", "cart_updated", "renewed", "renewed")
    ]
    session = await the_session(db, store)
    assert (session.status, session.ended_at) == (Status.CONVERTED, after(35))


async def say_of_all(db: Database, note: str) -> None:
    """Write a note to every line that is told, to see which of them are told anew."""
    async with db.writing() as session:
        await (await session.connection()).execute(sql("UPDATE event SET note = :note"), {"note": note})


async def test_duplicates_and_bad_events_leave_the_others_alone(db: Database, store: StoreRecord) -> None:
    documents = [event(id="a"), event("cart.updated", 1, id="b", lines=[line(quantity=-1)]), event(id="a"), 7]
    outcomes = await tell(db, store, *documents, event("cart.updated", 1, id="c", lines=[line()]))
    assert statuses(outcomes) == ["applied", "rejected", "duplicate", "rejected", "applied"]
    assert outcomes[1].error == "lines[0].quantity: must be between 0 and 1000000000"
    again = await tell(db, store, *documents)
    assert statuses(again) == ["duplicate", "rejected", "duplicate", "rejected"]


async def test_the_revision_moves_once_for_news_and_never_for_repetitions(db: Database, store: StoreRecord) -> None:
    documents = [event(token=f"cart-{number}") for number in range(20)]
    await tell(db, store, *documents)
    assert await the_revision(db, store) == 1
    await tell(db, store, *documents)
    assert await the_revision(db, store) == 1


async def test_the_same_token_and_id_in_two_stores_are_two_sessions(db: Database, store: StoreRecord) -> None:
    other = await a_store(db, "other.example", "JPY")
    await tell(db, store, event(id="1", lines=[line(unit_price="10.50")]))
    assert statuses(await tell(db, other, event(id="1", lines=[line(unit_price="23600")]))) == ["applied"]
    assert (await the_session(db, store)).value == 1050
    assert ((await the_session(db, other)).value, (await the_session(db, other)).currency) == (23600, "JPY")


async def test_sessions_of_one_millisecond_and_one_delivery_have_ids_of_their_own(
    db: Database, store: StoreRecord
) -> None:
    await tell(db, store, event(token="before"))
    await tell(db, store, *[event(token=f"cart-{number}") for number in range(50)])
    ids = {(await the_session(db, store, f"cart-{number}")).id for number in range(50)}
    assert len(ids) == 50
    assert min(ids) == (await the_session(db, store, "before")).id + 1


async def test_a_beginning_that_comes_late_becomes_the_beginning(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event("cart.updated", 5, lines=[line(1, 2)]))
    await tell(db, store, event("session.started", 0, lines=[line(1, 1)]))
    session = await the_session(db, store)
    assert (session.started_at, session.expires_at, session.item_count) == (after(0), after(15), 2)
    assert kinds(await the_timeline(db, store)) == ["started", "cart_updated"]


async def test_a_late_event_never_makes_an_ended_session_active_again(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), now=after(0))
    await tell(db, store, event("cart.updated", 16), now=after(16))
    before = (await the_session(db, store)).model_dump()
    await tell(db, store, event("reservation.renewed", 14), now=after(17))
    assert (await the_session(db, store)).model_dump() == before
    late = [entry for entry in await the_timeline(db, store) if entry.kind == "renewed"]
    assert [(entry.applied, entry.note) for entry in late] == [(False, "This arrived after the session had ended.")]


async def test_a_late_cancellation_corrects_an_expiry_that_was_only_concluded(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(), event("cart.updated", 20))
    assert (await the_session(db, store)).status is Status.EXPIRED
    await tell(db, store, event("session.cancelled", 12))
    session = await the_session(db, store)
    assert (session.status, session.ended_at) == (Status.CANCELLED, after(12))
    timeline = await the_timeline(db, store)
    assert kinds(timeline) == ["started", "cancelled", "(cart_updated)"]
    assert timeline[-1].note == "The session had already been cancelled."


async def test_a_session_that_is_not_told_by_its_events_keeps_what_is_known(db: Database, store: StoreRecord) -> None:
    await tell(db, store, event(id="first"), event("cart.updated", 5, lines=[line(1, 2)]))
    session_now = await the_session(db, store)
    async with db.writing() as session:
        cart = await session.merge(session_now)
        cart.renewals = 7  # as imported with the session
    await tell(db, store, event("reservation.renewed", 3))
    kept = await the_session(db, store)
    assert (kept.renewals, kept.item_count, kept.last_activity_at) == (8, 2, after(5))


async def test_what_fails_stores_nothing(db: Database, store: StoreRecord) -> None:
    parsed = parse(event(), currency="USD", received_at=after(0))
    with pytest.raises(RuntimeError):  # noqa: PT012  # the error comes after the apply, in the same transaction
        async with db.writing() as session:
            await apply_all(session, store, [parsed], source="api", now=after(0))
            raise RuntimeError("stop")
    assert await the_revision(db, store) == 0
    assert statuses(await tell(db, store, event())) == ["applied"]
