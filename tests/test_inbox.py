"""The inbox takes each delivery once, and what is applied of it is the same in whatever order it came."""

import asyncio
import random
from collections.abc import AsyncIterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import addresses, ingest, intake, quarantine
from data.applier import Applier
from data.inbox import Inbox
from data.status import Status
from tests.factories import a_store, after, event, kinds, opened, tell, the_lines, the_session, the_timeline
from tests.post import NOW, Post, a_post
from tests.shopify import TOKEN, cart, checkout, encoded, item, order


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with a_post(tmp_path) as opened_post:
        yield opened_post


async def test_a_delivery_is_stored_once_by_its_id_and_by_its_body(post: Post) -> None:
    assert await post.receive("carts/update", cart(), delivery_id="1")
    assert not await post.receive("carts/update", cart(1), delivery_id="1")
    assert not await post.receive("orders/create", cart(), delivery_id="2")
    assert await post.receive("carts/update", cart(2), delivery_id="3")
    [topic, other] = (await intake.of_store(post.db, post.store.id)).topics
    assert (topic.topic, topic.received, topic.repeated, topic.last_at) == ("carts/update", 3, 1, NOW)
    assert (other.topic, other.received, other.repeated) == ("orders/create", 1, 1)


async def test_what_waits_is_applied_when_its_session_comes_by_another_way(post: Post) -> None:
    await post.receive("orders/create", order(cart_token=None))
    await post.applier.apply_waiting()
    assert await post.states() == [("unmatched", None)]
    await tell(post.db, post.store, event("checkout.started", token=TOKEN, checkout_token="ch-1"))
    await post.applier.apply_waiting()
    assert await post.states() == [("applied", None)]
    assert (await the_session(post.db, post.store, TOKEN)).status is Status.CONVERTED


async def test_an_order_finds_its_cart_by_any_of_its_checkouts_in_whatever_order_they_come(post: Post) -> None:
    deliveries = [
        ("carts/create", cart()),
        ("checkouts/create", checkout(2, "ch-1")),
        ("checkouts/create", checkout(3, "ch-2")),
        ("orders/create", order(cart_token=None, checkout_token="ch-1")),
    ]
    told = set()
    for number, some in enumerate(permutations(deliveries)):
        store = await a_store(post.db, f"shop-{number}.example")
        for topic, payload in some:
            await post.receive(topic, payload, store=store)
            await post.applier.apply_waiting()
        session = await the_session(post.db, store, TOKEN)
        lines = sorted(kinds(await the_timeline(post.db, store, TOKEN)))
        told.add((session.status, session.checkout_token, session.order_id, session.ended_at, tuple(lines)))
    assert {state for state, _ in await post.states()} == {"applied"}
    assert [status for status, *_ in told] == [Status.CONVERTED]


async def test_a_new_cart_that_two_topics_tell_of_ends_the_same_whichever_comes_first(post: Post) -> None:
    other = await a_store(post.db, "other.example")
    for store, topics in ((post.store, ("carts/create", "carts/update")), (other, ("carts/update", "carts/create"))):
        for topic in topics:
            assert await post.receive(topic, cart(), store=store)
            await post.applier.apply_waiting()
    told = [kinds(await the_timeline(post.db, store, TOKEN)) for store in (post.store, other)]
    assert sorted(told[0]) == sorted(told[1]) == ["cart_updated", "started"]
    assert await post.rows("SELECT cart_updates, item_count FROM session") == [(1, 1)] * 2


async def test_of_many_at_once_each_is_stored_once(post: Post) -> None:
    carts = [cart(token=f"t{number}") for number in range(40)]
    new = await asyncio.gather(*(post.receive("carts/create", one) for one in carts * 3))
    assert sum(new) == 40
    assert await post.applier.apply_waiting() == 40
    assert await post.rows("SELECT count(*) FROM session") == [(40,)]


async def test_the_same_delivery_to_another_store_is_another_one(post: Post) -> None:
    other = await a_store(post.db, "other.example")
    assert await post.receive("carts/create", cart(), delivery_id="1")
    assert await post.receive("carts/create", cart(), delivery_id="1", store=other)
    await post.applier.apply_waiting()
    assert (await the_session(post.db, post.store, TOKEN)).id != (await the_session(post.db, other, TOKEN)).id


async def test_the_shoppers_key_is_never_stored(post: Post) -> None:
    await post.receive("carts/create", cart())
    [(body,)] = await post.rows("SELECT body FROM delivery")
    assert TOKEN.encode() in body
    assert b"f1e2d3c4b5a69788" not in body


async def test_the_shoppers_key_is_never_stored_however_it_is_written(post: Post) -> None:
    await post.receive("carts/create", b'{"token": "a\\u003fkey=f1e2d3c4b5a69788", "line_items": 7}')
    await post.applier.apply_waiting()
    assert await post.rows("SELECT count(*) FROM delivery WHERE instr(body, 'f1e2d3c4b5a69788')") == [(0,)]


async def test_a_topic_that_nobody_needs_takes_nothing_from_one_that_counts(post: Post) -> None:
    assert await post.receive("other", order())
    assert await post.receive("orders/create", order())
    await post.applier.apply_waiting()
    assert (await the_session(post.db, post.store, TOKEN)).status is Status.CONVERTED


async def test_what_was_applied_is_forgotten_but_for_having_come(post: Post) -> None:
    await post.receive("orders/create", order())
    await post.applier.apply_waiting()
    assert await post.states() == [("applied", None)]
    assert await post.rows("SELECT body FROM delivery") == [(None,)]
    assert not await post.receive("orders/create", order())


async def test_a_session_lives_through_its_deliveries(post: Post) -> None:
    for topic, payload in (
        ("carts/create", cart()),
        ("carts/update", cart(1, items=[item(1, 3)])),
        ("checkouts/create", checkout(2)),
        ("checkouts/update", checkout(2, updated_at="2026-03-01T12:04:00Z")),
        ("orders/create", order(5, line_items=[item(1, 3)])),
        ("orders/paid", order(5, line_items=[item(1, 3)], updated_at="2026-03-01T12:06:00Z")),
    ):
        await post.receive(topic, payload)
    await post.applier.apply_waiting()
    session = await the_session(post.db, post.store, TOKEN)
    assert (session.status, session.value, session.order_id) == (Status.CONVERTED, 14_985, "820982911946154508")
    assert session.ip is not None
    assert addresses.unpack(session.ip) == "203.0.113.7"
    told = kinds(await the_timeline(post.db, post.store, TOKEN))
    assert told == ["started", "cart_updated", "checkout_started", "converted"]


async def test_an_order_before_its_cart_is_kept_and_matched_when_its_checkout_comes(post: Post) -> None:
    await post.receive("orders/create", order(cart_token=None))
    await post.applier.apply_waiting()
    assert await post.states() == [("unmatched", None)]
    assert (await intake.of_store(post.db, post.store.id)).unmatched == 1
    await post.receive("carts/create", cart())
    await post.receive("checkouts/create", checkout())
    await post.applier.apply_waiting()
    assert {state for state, _ in await post.states()} == {"applied"}
    assert (await the_session(post.db, post.store, TOKEN)).status is Status.CONVERTED


async def test_an_order_with_a_cart_token_does_not_wait_for_its_cart(post: Post) -> None:
    await post.receive("orders/create", order())
    await post.applier.apply_waiting()
    assert (await the_session(post.db, post.store, TOKEN)).status is Status.CONVERTED
    await post.receive("carts/create", cart(items=[item(2)]))
    await post.applier.apply_waiting()
    assert kinds(await the_timeline(post.db, post.store, TOKEN)) == ["started", "converted"]


async def test_a_late_cart_never_reopens_a_converted_session(post: Post) -> None:
    await post.receive("carts/create", cart())
    await post.receive("orders/create", order(5))
    await post.applier.apply_waiting()
    for minutes in (3, 9):
        await post.receive("carts/update", cart(minutes, items=[]))
        await post.applier.apply_waiting()
    session = await the_session(post.db, post.store, TOKEN)
    assert (session.status, session.item_count) == (Status.CONVERTED, 1)


async def test_what_is_not_understood_is_kept_and_can_be_tried_again(post: Post) -> None:
    await post.receive("carts/create", cart(items=[item(quantity=-1)]))
    await post.receive("carts/create", b"\xff{")
    await post.receive("carts/create", cart(token="good"))
    await post.applier.apply_waiting()
    assert await post.states() == [
        ("quarantined", "lines[0].quantity: must be between 0 and 1000000000"),
        ("quarantined", "the body is not JSON"),
        ("applied", None),
    ]
    found = await intake.of_store(post.db, post.store.id)
    assert [one.problem for one in found.quarantined] == [
        "lines[0].quantity: must be between 0 and 1000000000",
        "the body is not JSON",
    ]
    assert (found.in_quarantine, found.quarantined[1].size) == (2, 2)
    assert await quarantine.try_again(post.db, post.store.id) == 2
    await post.applier.apply_waiting()
    assert (await intake.of_store(post.db, post.store.id)).in_quarantine == 2
    assert await quarantine.discard(post.db, post.store.id, found.quarantined[0].id)
    assert not await quarantine.discard(post.db, post.store.id, found.quarantined[0].id)
    assert (await intake.of_store(post.db, post.store.id)).in_quarantine == 1


async def test_after_an_upgrade_what_was_not_understood_is_applied(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as older:
        older.setattr("data.event_format.MOST_LINES", 1)
        await post.receive("carts/create", cart(items=[item(1), item(2)]))
        await post.applier.apply_waiting()
        assert await post.states() == [("quarantined", "lines: must have at most 1 entries")]
    assert await quarantine.try_again(post.db, post.store.id) == 1
    await post.applier.apply_waiting()
    assert await post.states() == [("applied", None)]
    assert len(await the_lines(post.db, post.store, TOKEN)) == 2


async def test_the_number_of_a_discarded_delivery_is_never_given_to_another(post: Post) -> None:
    numbers = []
    for body in (b"{", b"["):
        await post.receive("carts/create", body)
        await post.applier.apply_waiting()
        [kept] = (await intake.of_store(post.db, post.store.id)).quarantined
        numbers.append(kept.id)
        await quarantine.discard(post.db, post.store.id, kept.id)
    assert numbers[0] != numbers[1]


async def test_another_store_can_neither_try_again_nor_discard(post: Post) -> None:
    other = await a_store(post.db, "other.example")
    await post.receive("carts/create", b"{")
    await post.applier.apply_waiting()
    [kept] = (await intake.of_store(post.db, post.store.id)).quarantined
    assert await quarantine.try_again(post.db, other.id, [kept.id]) == 0
    assert not await quarantine.discard(post.db, other.id, kept.id)
    assert (await intake.of_store(post.db, other.id)).quarantined == ()


async def test_a_delivery_that_breaks_the_database_costs_only_itself(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual = ingest.apply_all

    async def fail_for_one(session: Any, store: Any, events: Any, **known: Any) -> Any:
        if any(event.cart_token == "bad" for event in events):
            await (await session.connection()).execute(sql("INSERT INTO store (id) VALUES (NULL)"))
        return await usual(session, store, events, **known)

    monkeypatch.setattr(ingest, "apply_all", fail_for_one)
    for token in ("one", "bad", "two"):
        await post.receive("carts/create", cart(token=token))
    await post.applier.apply_waiting()
    words = "could not be applied (IntegrityError); the log says more"
    assert await post.states() == [("applied", None), ("quarantined", words), ("applied", None)]


async def test_two_processes_that_apply_at_once_apply_each_delivery_once(post: Post) -> None:
    beside = Applier(post.db, lambda: NOW)
    for number in range(250):
        await post.receive("carts/create", cart(token=f"t{number}"))
        await post.receive("customers/redact", {"customer": {}, "orders_to_redact": [number]})
    await asyncio.gather(post.applier.apply_waiting(), beside.apply_waiting())
    assert await post.rows("SELECT count(*) FROM session") == [(250,)]
    assert await post.rows("SELECT count(*) FROM privacy_request") == [(250,)]
    assert await post.rows("SELECT count(*) FROM event WHERE applied = 0") == [(0,)]


async def test_an_unknown_topic_and_an_order_from_the_counter_are_ignored(post: Post) -> None:
    await post.receive("other", {"a": 1})
    await post.receive("orders/create", order(cart_token=None, checkout_token=None))
    await post.applier.apply_waiting()
    assert [state for state, _ in await post.states()] == ["ignored", "ignored"]


async def test_a_beacon_waits_for_its_session_and_begins_none(post: Post) -> None:
    await post.seen(TOKEN, ip="198.51.100.4", user_agent="Mozilla/5.0 (iPhone)", accept_language="cs")
    await post.seen("another", ip="198.51.100.5")
    await post.applier.apply_waiting()
    assert await post.rows("SELECT count(*) FROM session") == [(0,)]
    await post.receive("carts/create", cart())
    await post.applier.apply_waiting()
    session = await the_session(post.db, post.store, TOKEN)
    assert session.ip is not None
    assert (addresses.unpack(session.ip), session.accept_language) == ("198.51.100.4", "cs")
    assert sorted(state for state, _ in await post.states()) == ["applied", "applied", "unmatched"]


async def test_a_beacon_renews_at_most_once_a_minute_and_extends(post: Post) -> None:
    await post.receive("carts/create", cart())
    for minutes in (2.1, 2.3, 2.9, 3.1):
        await post.seen(TOKEN, "renew", minutes)
    await post.seen(TOKEN, "extend", 4)
    await post.applier.apply_waiting()
    session = await the_session(post.db, post.store, TOKEN)
    assert (session.renewals, session.manual_extends) == (2, 1)
    assert session.expires_at == after(3.1 + 15 + 15)


async def test_in_whatever_order_and_how_often_deliveries_come_the_end_is_the_same(tmp_path: Path) -> None:
    dice = random.Random(5)
    deliveries: list[tuple[str, bytes]] = []
    for number in range(25):
        token, bought = f"cart-{number}", number % 3 == 0
        deliveries.append(("carts/create", encoded(cart(0, token))))
        for minutes in range(1, 2 + number % 5):
            lines = [item(minutes, dice.randrange(1, 4))] if number % 4 else []
            deliveries.append(("carts/update", encoded(cart(minutes, token, lines))))
        cart_token = token if number % 2 else None
        deliveries.append(("checkouts/create", encoded(checkout(6, f"ch-{number}", token))))
        if bought:
            bodies = [encoded(order(9, number + 1, cart_token, checkout_token=f"ch-{number}"))]
            bodies.append(encoded(order(9, number + 1, cart_token, checkout_token=f"ch-{number}", paid=True)))
            deliveries += zip(("orders/create", "orders/paid"), bodies, strict=True)

    async def lived(name: str, sent: list[tuple[str, bytes]]) -> Any:
        (tmp_path / name).mkdir()
        async with opened(tmp_path / name) as db:
            post = Post(db, await a_store(db), Inbox(db), Applier(db, lambda: NOW))
            for number, (topic, body) in enumerate(sent):
                await post.receive(topic, body)
                if number % 7 == 0:
                    await post.applier.apply_waiting()
            await post.applier.apply_waiting()
            assert {state for state, _ in await post.states()} == {"applied"}
            columns = (
                "cart_token, status, started_at, expires_at, ended_at, last_activity_at, end_reason, currency, value, "
                "item_count, product_count, cart_updates, renewals, ip, user_agent, checkout_token, order_id"
            )
            return [
                await post.rows(f"SELECT {columns} FROM session ORDER BY cart_token"),
                await post.rows(
                    "SELECT cart_token, position, line_item.title, quantity, unit_price "
                    "FROM line_item JOIN session ON session.id = session_id ORDER BY 1, 2"
                ),
                await post.rows(
                    "SELECT cart_token, kind, occurred_at, applied, changes, note, source_id, raw FROM event "
                    "JOIN session ON session.id = session_id WHERE kind <> 'risk_assessed' "  # told as it was known
                    "ORDER BY 1, occurred_at, kind, source_id"
                ),
            ]

    in_order = await lived("in-order", deliveries)
    for number in range(3):
        shuffled = deliveries + dice.sample(deliveries, len(deliveries) // 3)
        dice.shuffle(shuffled)
        assert await lived(f"shuffled-{number}", shuffled) == in_order
