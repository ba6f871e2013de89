"""Nothing is kept for longer than the store says: addresses in full, and what the inbox has no more use for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data import addresses, audit, retention, rules, stores
from data.filters import SessionFilter
from data.levels import Decision
from data.queries import block
from data.risk_models import SessionRisk
from data.rule_targets import Target
from tests.factories import after, event, line, tell, the_session
from tests.post import NOW, Post, a_post, everywhere, forms
from tests.shopify import cart, order


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with a_post(tmp_path) as opened_post:
        yield opened_post


async def test_addresses_are_shortened_in_time_and_found_by_their_network(post: Post) -> None:
    await tell(
        post.db,
        post.store,
        event(token="v4", ip="203.0.113.77", lines=[line()], id="1"),
        event(token="v6", ip="2001:db8:aaaa:bbbb::100", id="2"),
        event(token="none"),
        event(token="later", minutes=3 * 24 * 60, ip="203.0.113.78"),
        now=after(4 * 24 * 60),
    )
    days = 30 - 0.5
    assert await retention.tidy(post.db, after(days * 24 * 60)) == 0
    assert await retention.tidy(post.db, after(31 * 24 * 60)) == 3
    assert await retention.tidy(post.db, after(31 * 24 * 60)) == 0
    found = everywhere(post.db)
    for address in ("203.0.113.77", "2001:db8:aaaa:bbbb::100"):
        assert not any(form in found for form in forms("ip", address)), address
    assert b"203.0.113.78" in found
    shown = {}
    for token in ("v4", "v6", "later"):
        packed = (await the_session(post.db, post.store, token)).ip
        assert packed is not None
        shown[token] = addresses.shown(packed)
    assert shown == {"v4": "203.0.113.0/24", "v6": "2001:db8:aaaa::/48", "later": "203.0.113.78"}
    listed = await block(post.db, post.store.id, SessionFilter(q="203.0.113.0/24"), 0, 10, now=NOW)
    assert {row["cart_token"] for row in listed.rows} == {"v4", "later"}


async def test_many_addresses_are_shortened_in_pieces_and_open_pages_hear_of_it_once(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    started = [event(token=f"t{number}", minutes=number / 100, ip=f"203.0.113.{number}") for number in range(1, 7)]
    await tell(post.db, post.store, *started, now=after(1))
    before = (await stores.revisions(post.db))[post.store.id]
    late = after(31 * 24 * 60)
    assert [await retention.tidy(post.db, late) for _ in range(4)] == [2, 2, 2, 0]
    assert (await stores.revisions(post.db))[post.store.id] == before + 1
    assert b"203.0.113.5" not in everywhere(post.db)


async def test_a_late_event_still_finds_its_place_after_addresses_were_shortened(post: Post) -> None:
    await tell(post.db, post.store, event(id="1", ip="203.0.113.77", lines=[line()]), now=after(1))
    await retention.tidy(post.db, after(40 * 24 * 60))
    late = event("checkout.completed", 5, id="2")
    await tell(post.db, post.store, late, now=after(41 * 24 * 60))
    assert (await the_session(post.db, post.store)).status == "converted"


async def test_the_inbox_lets_go_of_what_serves_no_more(post: Post) -> None:
    await post.seen("unknown-cart", ip="203.0.113.77")
    await post.receive("orders/create", order(cart_token=None))
    await post.receive("carts/create", b"{")
    await post.receive("carts/create", cart())
    await post.applier.apply_waiting()
    received = NOW

    async def left(days: float) -> list[tuple[str, bool]]:
        await retention.tidy(post.db, received + timedelta(days=days))
        rows = await post.rows("SELECT state, body IS NOT NULL FROM delivery ORDER BY id")
        return [(state, bool(kept)) for state, kept in rows]

    everything = [("unmatched", True), ("unmatched", True), ("quarantined", True), ("applied", False)]
    assert await left(-0.08) == everything
    assert await left(0.1) == everything[1:]
    assert await left(29) == everything[1:]
    assert await left(31) == [("quarantined", False)]


async def test_whatever_is_tidied_is_looked_up_by_an_index(post: Post) -> None:
    plans = []
    for query in (
        "SELECT id, ip FROM session WHERE store_id = 1 AND id >= 2 AND id < 5 ORDER BY id LIMIT 500",
        "SELECT id FROM delivery WHERE received_at < 5 ORDER BY received_at LIMIT 500",
        "UPDATE delivery SET body = NULL WHERE store_id = 1 AND state = 'unmatched' AND waits_for IS NOT NULL",
        "UPDATE delivery SET body = NULL WHERE store_id = 1 AND state = 'quarantined' AND received_at < 5",
    ):
        plans += [row[3] for row in await post.rows(f"EXPLAIN QUERY PLAN {query}")]
    names = ("ix_session_store_id", "delivery_by_age", "delivery_unmatched", "delivery_in_quarantine")
    for plan, name in zip(plans, names, strict=True):
        assert f"INDEX {name}" in plan


async def test_no_full_address_of_an_old_session_stays_whatever_it_changed_and_whenever_it_comes(post: Post) -> None:
    day, late = 24 * 60, after(40 * 24 * 60)
    gone = ["198.51.100.11", "198.51.100.12", "198.51.100.13", "198.51.100.14", "198.51.100.15"]
    # Changed nothing: a second start of a session that names no address itself.
    await tell(post.db, post.store, event(token="a", id="1"), event(token="a", id="2", ip=gone[0]), now=after(1))
    # Its newest address ends in zero, as if it had been shortened.
    seen = (event("shopper.seen", n, "b", id=f"b{n}", ip=ip) for n, ip in ((1, gone[1]), (2, "198.51.100.0")))
    await tell(post.db, post.store, *seen, now=after(3))
    await retention.tidy(post.db, late)
    # Late: of that time, and of a session from that time; and imported.
    await tell(post.db, post.store, event("shopper.seen", 0.5, "b", id="b3", ip=gone[2]), now=late)
    await tell(post.db, post.store, event("shopper.seen", 39 * day, "b", id="b4", ip=gone[3]), now=late)
    await tell(post.db, post.store, event(token="c", ip=gone[4]), now=late)
    await retention.tidy(post.db, late)
    found = everywhere(post.db)
    for address in gone:
        assert not any(form in found for form in forms("ip", address)), address


async def test_a_rule_keeps_its_address_while_it_is_in_force_and_for_a_while_after(post: Post) -> None:
    said: dict[str, Any] = {"reason": "x", "until": None, "now": after(0)}
    wanted = (
        (Target.IP, "203.0.113.77"),
        (Target.IP, "2001:db8:aaaa:bbbb::100"),
        (Target.NETWORK, "203.0.113.64/28"),
        (Target.NETWORK, "198.51.0.0/16"),
        (Target.DEVICE, "phone"),
    )
    made = [
        await rules.add(post.db, post.store.id, target, value, Decision.RESTRICTED, **said) for target, value in wanted
    ]
    day = 24 * 60
    assert await retention.tidy(post.db, after(400 * day)) == 0
    for one in made:
        await rules.lift(post.db, post.store.id, one.id, reason="enough", now=after(400 * day))
    assert await retention.tidy(post.db, after(429 * day)) == 0
    assert await retention.tidy(post.db, after(431 * day)) == 4
    assert await retention.tidy(post.db, after(431 * day)) == 0
    ended = (await rules.of_store(post.db, post.store.id, ended=True)).rules
    left = ["203.0.113.0/24", "2001:db8:aaaa::/48", "203.0.113.0/24", "198.51.0.0/16", "phone"]
    assert [rule.value for rule in sorted(ended, key=lambda rule: rule.id)] == left
    lines = await audit.of_store(post.db, post.store.id)
    assert {line.value for line in lines} == {None, "198.51.0.0/16", "phone"}
    assert {line.reason for line in lines} == {"x", "enough"}
    found = everywhere(post.db)
    for address in ("203.0.113.77", "2001:db8:aaaa:bbbb::100", "203.0.113.64"):
        assert not any(form in found for form in forms("ip", address)), address


async def test_an_address_stays_in_the_audit_of_a_rule_that_is_still_in_force(post: Post) -> None:
    said: dict[str, Any] = {"reason": "x", "until": None}
    ip = (post.db, post.store.id, Target.IP, "203.0.113.77")
    first = await rules.add(*ip, Decision.RESTRICTED, **said, now=after(0))
    second = await rules.add(*ip, Decision.CLEARED, **said, now=after(1))
    await retention.tidy(post.db, after(40 * 24 * 60))
    values = {(line.rule_id, line.value) for line in await audit.of_store(post.db, post.store.id)}
    assert values == {(first.id, None), (second.id, "203.0.113.77")}


async def test_what_a_score_was_made_of_goes_with_the_full_address(post: Post) -> None:
    await tell(post.db, post.store, event(token="old", ip="203.0.113.77"), now=after(1))
    old = (await the_session(post.db, post.store, "old")).id
    known: dict[str, Any] = {"store_id": post.store.id, "model_version": "m1", "log_odds": 0.5, "score": 60}
    async with post.db.writing() as session:
        memory = '{"ip": "203.0.113.77"}'
        await session.merge(SessionRisk(session_id=old, assessed_at=NOW, readings="[1]", memory=memory, **known))
    await retention.tidy(post.db, after(31 * 24 * 60))
    assert await post.rows("SELECT readings, memory FROM session_risk") == [("[1]", None)]
    assert b"203.0.113.77" not in everywhere(post.db)
