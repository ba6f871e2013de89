"""A value that was erased is nowhere: in no table, inbox, timeline, search index or log, and not in the file."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text as sql

from data import audit, beacon, connections, erasure, privacy, restrict, rules, stores
from data.beacon import Report, Signal
from data.deliveries import PrivacyKind
from data.filters import SessionFilter
from data.lapsing import lapse
from data.levels import Decision, RiskLevel
from data.models import RiskAssessment
from data.queries import block
from data.risk_models import LabelSource, RiskLabel, SessionRisk
from data.rule_targets import RuleAction, Target
from data.rule_values import RuleProblem
from tests.factories import a_store, after, event, tell, the_session
from tests.post import NOW, Post, a_post, everywhere, forms
from tests.shopify import SECRET, SHOP, TOKEN, cart, checkout, encoded, order

ORDER = 820_982_911_946_154_508
SHOPPER = {
    "token": TOKEN,
    "ip": "203.0.113.77",
    "agent": "Mozilla/5.0 (Erasable; rv:1)",
    "language": "cy-GB-erasable",
    "device": "device-to-erase",
    "checkout": "checkout-to-erase",
    "order": str(ORDER),
    "email": "shopper@example.com",
    "phone": "+15550100200",
    "reason": "typed-by-the-merchant",
}
NEIGHBOUR = "kept-cart"


@pytest.fixture
async def post(tmp_path: Path) -> AsyncIterator[Post]:
    async with a_post(tmp_path) as opened_post:
        yield opened_post


async def a_shopper(post: Post) -> None:
    """A session that knows everything a session can know, and one beside it that stays."""
    client = {"browser_ip": SHOPPER["ip"], "user_agent": SHOPPER["agent"], "accept_language": SHOPPER["language"]}
    await post.receive("carts/create", cart(token=NEIGHBOUR))
    await post.receive("carts/create", cart())
    await post.receive("checkouts/create", checkout(token=SHOPPER["checkout"]))
    known: dict[str, Any] = {
        "checkout_token": SHOPPER["checkout"],
        "client_details": client,
        "browser_ip": SHOPPER["ip"],
    }
    await post.receive("orders/create", order(number=ORDER, **known))
    await post.receive("orders/cancelled", order(number=ORDER, cancelled_at="2026-03-01T12:30:00Z", **known))
    await post.applier.apply_waiting()
    await tell(post.db, post.store, event("shopper.seen", 8, TOKEN, device_id=SHOPPER["device"]), now=NOW)
    async with post.db.writing() as session:
        await (await session.connection()).execute(
            sql("INSERT INTO notice_address (store_id, url, secret, created_at) VALUES (:of, 'https://x', 's', 0)"),
            {"of": post.store.id},
        )
    await restrict.decide(post.db, post.store.id, TOKEN, Decision.RESTRICTED, reason=SHOPPER["reason"], now=after(30))
    for target, value in ((Target.IP, SHOPPER["ip"]), (Target.DEVICE, SHOPPER["device"])):
        said: dict[str, Any] = {"reason": SHOPPER["reason"], "until": None, "now": after(31)}
        made = await rules.add(post.db, post.store.id, target, value, Decision.CLEARED, **said)
        await rules.lift(post.db, post.store.id, made.id, reason=SHOPPER["reason"], now=after(32))
        await rules.add(post.db, post.store.id, target, value, Decision.RESTRICTED, **said | {"now": after(33)})
    number = (await the_session(post.db, post.store, TOKEN)).id
    async with post.db.writing() as session:
        for row in (
            SessionRisk(
                session_id=number,
                store_id=post.store.id,
                assessed_at=NOW,
                model_version="m1",
                log_odds=0.5,
                score=60,
                readings="[1]",
                memory=json.dumps({"ip": SHOPPER["ip"], "device": SHOPPER["device"]}),
            ),
            RiskLabel(store_id=post.store.id, session_id=number, source=LabelSource.FILE, bad=True, labelled_at=NOW),
            RiskAssessment(
                store_id=post.store.id,
                session_id=number,
                assessed_at=after(9),
                score=60,
                level=RiskLevel.REVIEW,
                model_version="m1",
                reasons=json.dumps([{"signal": "ip", "sentence": f"Many from {SHOPPER['ip']}", "contribution": 1.0}]),
                unknown='["x"]',
            ),
        ):
            await session.merge(row)
    # In quarantine and unmatched: bodies that are kept as they came.
    await post.receive("carts/update", {"token": 7.5, "note": f"call {SHOPPER['phone']}"})
    await post.receive("orders/paid", order(number=ORDER, cart_token=None, checkout_token="never-seen"))
    await post.seen("unknown-cart", ip=SHOPPER["ip"])
    await post.applier.apply_waiting()


async def redact(post: Post, topic: str = "customers/redact", **known: Any) -> None:
    customer = {"id": 191167, "email": SHOPPER["email"], "phone": SHOPPER["phone"]}
    body: dict[str, Any] = {"shop_domain": SHOP}
    if topic != "shop/redact":
        body |= {"customer": customer, "orders_to_redact": [ORDER]} | known
    await post.receive(topic, body, delivery_id=secrets.token_hex(4))
    await post.applier.apply_waiting()


async def test_what_is_to_be_erased_was_there(post: Post) -> None:
    await a_shopper(post)
    found = everywhere(post.db)
    for name, value in SHOPPER.items():
        if name != "email":  # an address is never taken out of a delivery
            assert any(form in found for form in forms(name, value)), name


async def test_an_erased_customer_is_nowhere(post: Post) -> None:
    await a_shopper(post)
    await post.db.fold()
    await redact(post)
    assert await privacy.work(post.db, NOW) == 1
    found = everywhere(post.db)
    for name, value in SHOPPER.items():
        if name == "ip":
            continue
        assert not any(form in found for form in forms(name, value)), name
    kept = ("session", "event", "delivery", "privacy_request", "risk_assessment")
    for table in (*kept, "session_risk", "risk_label", "rule", "audit", "notice"):
        rows = str(await post.rows(f"SELECT * FROM {table}"))
        for name, value in SHOPPER.items():
            if name != "ip" or table != "delivery":  # the unmatched beacon is of another cart, and goes in its time
                assert value not in rows, (table, name)
    assert await post.rows('SELECT * FROM session_search WHERE session_search MATCH \'"z2n" AND "2nw"\'') == []
    assert await post.rows("SELECT count(*) FROM session") == [(2,)]
    [request] = await privacy.of_store(post.db, post.store.id)
    assert (request.kind, request.sessions, request.done_at) == (PrivacyKind.CUSTOMER_REDACT, 1, NOW)


async def test_what_a_session_was_worth_and_how_it_ended_stays(post: Post) -> None:
    await a_shopper(post)
    await redact(post)
    await privacy.work(post.db, NOW)
    [(token, status, value)] = await post.rows(
        f"SELECT cart_token, status, value FROM session WHERE cart_token <> '{NEIGHBOUR}'"
    )
    assert (token.startswith(erasure.ERASED), status, value) == (True, "converted", 4995)
    listed = await block(post.db, post.store.id, SessionFilter(q=erasure.ERASED), 0, 10, now=NOW)
    assert [row["cart_token"] for row in listed.rows] == [token]
    neighbour = await the_session(post.db, post.store, NEIGHBOUR)
    assert neighbour.value == 4995


async def test_rules_that_name_an_erased_shopper_end_and_others_stay(post: Post) -> None:
    await a_shopper(post)
    # Of the same office, and seen under an address that the shopper had before.
    await tell(post.db, post.store, event(token="colleague", ip=SHOPPER["ip"], minutes=40), now=after(40))
    said: dict[str, Any] = {"reason": "x", "until": None, "now": after(41)}
    wide = await rules.add(post.db, post.store.id, Target.NETWORK, "203.0.113.0/24", Decision.CLEARED, **said)
    other = await rules.add(post.db, post.store.id, Target.IP, "198.51.100.7", Decision.CLEARED, **said)
    assert (await the_session(post.db, post.store, "colleague")).decision is Decision.RESTRICTED
    await redact(post)
    await privacy.work(post.db, NOW)
    await lapse(post.db, NOW)
    assert (await rules.of_store(post.db, post.store.id)).rules == (other, wide)
    colleague = await the_session(post.db, post.store, "colleague")
    assert (colleague.decision, colleague.rule_id) == (Decision.CLEARED, wide.id)
    assert await post.rows(f"SELECT cart_token FROM session WHERE rule_id NOT IN ({wide.id}, {other.id})") == []
    [erased] = [line for line in await audit.of_store(post.db, post.store.id) if line.target is Target.SESSION][:1]
    assert (erased.action, erased.actor, erased.value) == (RuleAction.ERASED, "system", None)
    for [number] in await post.rows("SELECT id FROM rule WHERE ending = 'erased'"):
        with pytest.raises(RuleProblem):
            await rules.undo(post.db, post.store.id, number, now=NOW)


async def test_a_rule_about_an_address_that_the_shopper_had_before_is_erased_too(post: Post) -> None:
    await post.receive("carts/create", cart())
    await post.receive("orders/create", order(number=ORDER))
    await post.applier.apply_waiting()
    for minutes, ip in ((30, "198.51.100.23"), (31, "198.51.100.24")):
        await tell(post.db, post.store, event("shopper.seen", minutes, TOKEN, ip=ip), now=NOW)
    said: dict[str, Any] = {"reason": "x", "until": None, "now": NOW}
    await rules.add(post.db, post.store.id, Target.IP, "198.51.100.23", Decision.RESTRICTED, **said)
    await redact(post)
    await privacy.work(post.db, NOW)
    assert not any(form in everywhere(post.db) for form in forms("ip", "198.51.100.23"))


async def test_an_erased_session_is_not_made_again_by_what_is_delivered_again(post: Post) -> None:
    await a_shopper(post)
    await redact(post)
    await privacy.work(post.db, NOW)
    await post.receive("carts/create", cart())
    await post.applier.apply_waiting()
    assert await post.rows("SELECT count(*) FROM session") == [(2,)]


async def test_a_request_of_another_store_reaches_nothing(post: Post) -> None:
    await a_shopper(post)
    other = await a_store(post.db, "other.example")
    body = encoded({"customer": {"email": SHOPPER["email"]}, "orders_to_redact": [ORDER]})
    await post.receive("customers/redact", body, store=other)
    await post.applier.apply_waiting()
    await privacy.work(post.db, NOW)
    assert (await the_session(post.db, post.store, TOKEN)).order_id == str(ORDER)
    assert [one.sessions for one in await privacy.of_store(post.db, other.id)] == [0]
    assert await privacy.of_store(post.db, post.store.id) == ()


async def test_a_customer_may_be_erased_again(post: Post) -> None:
    await a_shopper(post)
    for _ in range(2):
        await redact(post)
    assert await privacy.work(post.db, NOW) == 2
    assert [one.sessions for one in await privacy.of_store(post.db, post.store.id)] == [0, 1]


async def test_a_data_request_is_counted_reported_and_handed_over(post: Post) -> None:
    await a_shopper(post)
    await redact(post, "customers/data_request", orders_requested=[ORDER, 5])
    assert await privacy.work(post.db, NOW) == 0
    [request] = await privacy.of_store(post.db, post.store.id)
    assert (request.sessions, request.done_at) == (1, None)
    report = await privacy.report(post.db, post.store.id, request.id)
    assert report is not None
    [told] = report["sessions"]
    assert (told["ip"], told["user_agent"], told["order_id"]) == (SHOPPER["ip"], SHOPPER["agent"], str(ORDER))
    json.dumps(report)
    other = await a_store(post.db, "other.example")
    assert await privacy.report(post.db, other.id, request.id) is None
    assert not await privacy.done(post.db, other.id, request.id, NOW)
    assert await privacy.done(post.db, post.store.id, request.id, NOW)
    assert not await privacy.done(post.db, post.store.id, request.id, NOW)
    assert await privacy.report(post.db, post.store.id, request.id) is None


async def test_an_erased_shop_keeps_its_name_and_nothing_else(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasure, "BATCH", 2)
    await a_shopper(post)
    for number in range(5):
        await post.receive("carts/create", cart(token=f"more-{number}"))
    await post.applier.apply_waiting()
    await connections.connect_shopify(post.db, post.store, shop=SHOP, secret=SECRET, now=NOW)
    await stores.add_key(post.db, post.store.id, NOW)
    other = await a_store(post.db, "other.example")
    await post.receive("carts/create", cart(), store=other)
    await redact(post, "shop/redact")
    assert await privacy.work(post.db, NOW) == 1
    kept = ("session", "event", "line_item", "risk_assessment", "delivery", "intake", "connection", "api_key")
    for table in (*kept, "session_risk", "risk_label", "risk_model", "rule", "notice", "notice_address"):
        rows = await post.rows(f"SELECT count(*) FROM {table} WHERE store_id = {post.store.id}")
        assert rows == [(0,)], table
    assert len(await stores.every(post.db)) == 2
    assert await post.rows("SELECT count(*) FROM session") == [(1,)]
    assert await post.rows(f"SELECT count(*) FROM session_tally WHERE store_id = {post.store.id} AND n > 0") == [(0,)]
    assert SECRET.encode() not in everywhere(post.db)
    assert b"more-3" not in everywhere(post.db)
    lines = await audit.of_store(post.db, post.store.id)
    assert {(line.value, line.reason, line.before, line.after) for line in lines} == {(None, None, None, None)}
    assert SHOPPER["reason"].encode() not in everywhere(post.db)
    assert SHOPPER["device"].encode() not in everywhere(post.db)


def test_a_stored_signal_holds_only_what_the_connection_showed() -> None:
    stored = beacon.body(
        Report(Signal.SEEN, "t"), {"ip": "203.0.113.77", "user_agent": None, "accept_language": "", "email": "x"}
    )
    assert json.loads(stored) == {"cart_token": "t", "ip": "203.0.113.77"}


@pytest.mark.parametrize("topic", ["shop/redact", "customers/redact", "customers/data_request"])
async def test_no_other_body_passes_for_a_privacy_request(post: Post, topic: str) -> None:
    # The topic is not signed: whoever has seen one signed body may send it under another.
    await a_shopper(post)
    customer = {"id": 1, "email": "a@example.com"}
    bodies = [cart(9), checkout(9), order(9, 5), {}, {"shop_id": 1}, {"customer": customer}]
    bodies += [{"shop_domain": SHOP, "customer": customer, "orders_to_redact": []}] * (topic == "shop/redact")
    bodies += [{"customer": customer, "orders_requested": []}] * (topic == "customers/redact")
    bodies += [{"customer": customer, "orders_to_redact": []}] * (topic == "customers/data_request")
    for body in bodies:
        await post.receive(topic, body, delivery_id=secrets.token_hex(4))
    await post.applier.apply_waiting()
    assert await privacy.of_store(post.db, post.store.id) == ()
    assert await privacy.work(post.db, NOW) == 0
    assert await post.rows("SELECT count(*) FROM session") == [(2,)]


async def test_what_waits_when_a_shop_is_erased_goes_too(post: Post) -> None:
    await post.receive("shop/redact", {"shop_id": 1, "shop_domain": SHOP}, delivery_id="1")
    await post.applier.apply_waiting()
    for number in range(300):
        await post.receive("carts/create", cart(token=f"waits-{number}"))
    await asyncio.gather(privacy.work(post.db, NOW), post.applier.apply_waiting())
    assert await post.rows("SELECT count(*) FROM session") == [(0,)]
    assert await post.rows("SELECT count(*) FROM delivery") == [(0,)]


async def test_a_request_that_waits_is_not_erased_by_another_one(post: Post) -> None:
    await a_shopper(post)
    await post.receive("carts/create", cart(token="second"))
    await post.receive("orders/create", order(7, 777, "second"))
    await post.applier.apply_waiting()
    await redact(post)
    customer = {"id": 191167, "email": SHOPPER["email"], "phone": SHOPPER["phone"]}
    await post.receive("customers/redact", {"customer": customer, "orders_to_redact": [777]}, delivery_id="9")
    await privacy.work(post.db, NOW)
    await post.applier.apply_waiting()
    await privacy.work(post.db, NOW)
    assert [one.sessions for one in await privacy.of_store(post.db, post.store.id)] == [1, 1]
    assert await post.rows("SELECT count(*) FROM session WHERE order_id IS NOT NULL") == [(0,)]


async def test_a_cart_that_became_two_orders_is_found_by_either(post: Post) -> None:
    await post.receive("carts/create", cart())
    await post.receive("orders/create", order(5, 1))
    await post.receive("orders/create", order(6, 2))
    await post.applier.apply_waiting()
    await redact(post, orders_to_redact=[1])
    await privacy.work(post.db, NOW)
    assert [one.sessions for one in await privacy.of_store(post.db, post.store.id)] == [1]
    assert b"203.0.113.7" not in everywhere(post.db)


async def test_an_erased_customer_is_in_no_open_request_either(post: Post) -> None:
    await a_shopper(post)
    await redact(post, "customers/data_request", orders_requested=[5])
    await post.receive("customers/data_request", {"customer": {"id": 8}, "orders_requested": [6]}, delivery_id="o")
    await post.applier.apply_waiting()
    await redact(post)
    await privacy.work(post.db, NOW)
    open_ = [one.kind for one in await privacy.of_store(post.db, post.store.id) if one.done_at is None]
    assert open_ == [PrivacyKind.DATA_REQUEST]
    assert SHOPPER["email"].encode() not in everywhere(post.db)


@pytest.mark.parametrize(
    "body",
    [
        b'{"token": 7.5, "note": "Shopper@Example.com"}',
        b'{"token": 7.5, "note": "sh\\u006fpper@example.com"}',
        b'{"token": 7.5, "order": 820982911946154508}',
        b'{"token": 7.5, "note": "order:820982911946154508, please"}',
        b'{"token": 7.5, shopper@example.com',
    ],
)
async def test_a_customer_is_found_in_quarantine_however_it_is_written(post: Post, body: bytes) -> None:
    await post.receive("carts/update", body)
    await post.receive("carts/update", b'{"token": 7.5, "order": 8209829119461545081, "note": "a.shopper@example.com"}')
    await post.applier.apply_waiting()
    await redact(post)
    await privacy.work(post.db, NOW)
    assert await post.rows("SELECT count(*) FROM delivery WHERE state = 'quarantined'") == [(1,)]


async def test_a_name_that_could_be_anything_finds_nobody(post: Post) -> None:
    await post.receive("carts/update", b'{"token": 7.5, "quantity": 1}')
    await post.applier.apply_waiting()
    await post.receive("customers/redact", {"customer": {"id": 1}, "orders_to_redact": [7]}, delivery_id="1")
    await post.applier.apply_waiting()
    await privacy.work(post.db, NOW)
    assert await post.rows("SELECT count(*) FROM delivery WHERE state = 'quarantined'") == [(1,)]


async def test_while_a_reader_is_in_the_way_only_the_last_step_is_done_again(post: Post) -> None:
    await a_shopper(post)
    await redact(post)
    async with post.db.reading() as reader:
        await reader.execute(sql("SELECT count(*) FROM session"))
        assert await privacy.work(post.db, NOW) == 0
    [request] = await privacy.of_store(post.db, post.store.id)
    assert (request.sessions, request.done_at) == (1, None)
    assert await post.rows("SELECT subject FROM privacy_request") == [(None,)]
    assert await privacy.work(post.db, NOW) == 1
    assert SHOPPER["agent"].encode() not in everywhere(post.db)


async def test_another_shop_of_the_same_app_cannot_have_this_one_erased(post: Post) -> None:
    await a_shopper(post)
    await connections.connect_shopify(post.db, post.store, shop=SHOP, secret=SECRET, now=NOW)
    await post.receive("shop/redact", {"shop_id": 2, "shop_domain": "other.myshopify.com"}, delivery_id="1")
    await post.applier.apply_waiting()
    assert await privacy.work(post.db, NOW) == 1
    assert await post.rows("SELECT count(*) FROM session") == [(2,)]
    assert [one.sessions for one in await privacy.of_store(post.db, post.store.id)] == [0]
