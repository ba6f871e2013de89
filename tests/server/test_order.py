"""Deliveries that come shuffled and repeated make of the sessions what the same ones make in their order."""

import asyncio
import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data import stores
from data.database import Database
from data.details import detail
from data.events import TimelineKind
from data.records import SessionDetail
from tests import shopify
from tests.browser.server import Server
from tests.server import shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line, Posting, RealStore
from tests.store_lives import replayed

DISTINCT, REPEATED = 7_000, 3_000
LINES = 16
"""Connections at a time."""


def test_shuffled_and_repeated_deliveries_make_the_same_sessions_as_in_order(
    serve: StartServer, tmp_path: Path
) -> None:
    orderly, shuffled = shop.opened(tmp_path, "orderly.example", "shuffled.example")
    server = serve()
    dice = random.Random(30)
    began = shop.moment()
    carts: list[list[Posting]] = []
    mixed: list[Posting] = []
    while len(mixed) < DISTINCT:
        story = list(_story(dice, len(carts), began))[: DISTINCT - len(mixed)]
        carts.append([_at(orderly, *told) for told in story])
        mixed += [_at(shuffled, *told) for told in story]
    mixed += dice.sample(mixed, REPEATED)
    dice.shuffle(mixed)

    _send(server, [[posting for cart in carts[n::LINES] for posting in cart] for n in range(LINES)])
    _send(server, [mixed[n::LINES] for n in range(LINES)])
    stored.until_applied(server.database)
    server.stop()

    expected, found = asyncio.run(_seen(server.database, orderly, shuffled))
    print(f"\n{len(mixed):,} deliveries, {len(expected):,} sessions: {stored.states(server.database)}")
    assert set(stored.states(server.database)) == {"applied"}
    assert expected.keys() == found.keys()
    differing = [token for token in expected if expected[token] != found[token]]
    assert not differing, f"{len(differing)} differ, such as:\n{expected[differing[0]]}\n{found[differing[0]]}"
    statuses = stored.rows(server.database, "SELECT DISTINCT status FROM session ORDER BY 1")
    assert [status for (status,) in statuses] == ["active", "cancelled", "converted", "expired"]
    assert stored.unsound(server.database) == []
    assert min(asyncio.run(_scores(server.database))) > DISTINCT / 2
    assert "Traceback" not in server.output()


Told = tuple[str, dict[str, Any], datetime]
"""Topic, body, and the moment it was sent."""


def _story(dice: random.Random, number: int, now: datetime) -> Iterator[Told]:
    """What is delivered of one cart, in the order of time. Holds are over long ago, or last until after the test."""
    token, checkout = f"cart-{number}", f"checkout-{number}"
    at = now - (timedelta(minutes=30) if dice.random() < 0.5 else timedelta(days=3))
    sent = at

    def later(seconds: int) -> None:
        nonlocal at, sent
        at += timedelta(seconds=seconds)
        sent = max(at, sent + timedelta(milliseconds=7))

    yield "carts/create", shop.cart(token, at), sent
    if dice.random() < 0.3:
        later(0)
        yield "carts/update", shop.cart(token, at), sent  # the same in the words of the other topic
    for step in range(2, dice.randrange(3, 11)):
        later(dice.choice((0, 0, 1, 40, 5)))  # Shopify tells a cart's time to the second
        quantities = [step, *(dice.randrange(1, 5) for _ in range(dice.randrange(3)))]
        yield "carts/update", shop.cart(token, at, quantities), sent
    fate = dice.random()
    if fate < 0.15:
        later(3)
        yield "carts/update", shop.cart(token, at, []), sent
        later(2)
        yield "carts/update", shop.cart(token, at, [1]), sent
    if fate > 0.4:
        later(5)
        started = shopify.checkout(token=checkout, cart_token=token, created_at=shop.text(at), updated_at=shop.text(at))
        yield "checkouts/create", started, sent
        later(9)
        yield "checkouts/update", started | {"updated_at": shop.text(at), "email": "other@example.com"}, sent
    if 0.4 < fate < 0.5:
        later(1)
        yield "checkouts/delete", {"token": checkout, "cart_token": token, "total_price": "1.00"}, sent
    if fate > 0.6:
        later(4)
        # Some orders name their checkout only.
        paid = shop.order(token if fate < 0.9 else None, 5_000_000 + number, at, checkout_token=checkout)
        yield "orders/create", paid, sent
        later(1)
        yield "orders/paid", paid | {"updated_at": shop.text(at)}, sent
        later(30)
        yield "carts/update", shop.cart(token, at, [1, 1]), sent  # too late for a session that was converted
        if fate > 0.95:
            later(1)
            cancelled = {"cancelled_at": shop.text(at), "cancel_reason": "customer", "updated_at": shop.text(at)}
            yield "orders/cancelled", paid | cancelled, sent


def _at(store: RealStore, topic: str, body: dict[str, Any], sent: datetime) -> Posting:
    return store.webhook(topic, body, triggered_at=sent)


def _send(server: Server, lines: Sequence[Sequence[Posting]]) -> None:
    """Send each line's requests one after the other, the lines beside each other."""

    def send(postings: Sequence[Posting]) -> None:
        line = Line(server)
        for posting in postings:
            answer = line.post(posting)
            assert answer.status == 200, answer
        line.close()

    with ThreadPoolExecutor(len(lines)) as threads:
        list(threads.map(send, lines))


async def _seen(database: Path, *stores: RealStore) -> list[dict[str, dict[str, Any]]]:
    """What the details page is given of each session, by its token, without ids and times of arrival."""
    db = await Database.open(str(database))
    try:
        seen = []
        for store in stores:
            tokens = stored.rows(database, "SELECT cart_token FROM session WHERE store_id = ?", store.id)
            seen.append({token: _content(await detail(db, store.id, token, shop.moment())) for (token,) in tokens})
        return seen
    finally:
        await db.close()


async def _scores(database: Path) -> list[int]:
    """How many scores each store has, all of which are the same when what is stored is told again."""
    db = await Database.open(str(database))
    try:
        return [await replayed(db, store) for store in await stores.every(db)]
    finally:
        await db.close()


_RISK = ("risk_level", "risk_score", "score_hidden", "assessment")


def _content(session: SessionDetail | None) -> dict[str, Any]:
    """All but what is thought of the session: that is by what was known when, so the order of arrival counts for it."""
    assert session is not None
    content = asdict(session)
    for of_this_store in ("id", "store", *_RISK):
        del content[of_this_store]
    content["timeline"] = [one for one in content["timeline"] if one["kind"] is not TimelineKind.RISK_ASSESSED]
    for entry in content["timeline"]:
        for of_this_arrival in ("id", "received_at", "score", "score_before"):
            del entry[of_this_arrival]
    return content
