"""Two stores in one console: what is signed, keyed or named for one of them neither reads nor writes the other."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.server import shop, stored
from tests.server.conftest import StartServer
from tests.server.shop import Line, Posting, RealStore

SHARED, OWN = "same-token-in-both", "only-in-b"
_OF_STORE = ("session", "line_item", "event", "delivery", "connection", "api_key")


@dataclass(frozen=True)
class Two:
    """A console with store ``a``, who tries, and store ``b``, whose rows must stay as they are."""

    a: RealStore
    b: RealStore
    line: Line
    database: Path

    def rows_of(self, store: RealStore) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of the store, by table."""
        stored.until_applied(self.database)
        return {
            table: stored.rows(self.database, f"SELECT * FROM {table} WHERE store_id = ? ORDER BY id", store.id)
            for table in _OF_STORE
        }


@pytest.fixture
def two(serve: StartServer, tmp_path: Path) -> Iterator[Two]:
    a, b = shop.opened(tmp_path, "a.example", "b.example")
    server = serve()
    line = Line(server)
    for store in (a, b):
        for token in (SHARED, OWN) if store is b else (SHARED,):
            assert line.post(_create(store, token)).status == 200
    stored.until_applied(server.database)
    yield Two(a, b, line, server.database)
    line.close()
    assert stored.unsound(server.database) == []


def test_the_same_token_in_two_stores_is_two_sessions(two: Two) -> None:
    before = two.rows_of(two.b)
    later = shop.moment(timedelta(minutes=1))
    for posting in (
        two.a.webhook("carts/update", shop.cart(SHARED, later, [9])),
        two.a.webhook("orders/create", shop.order(SHARED, 77, later)),
        two.a.events(_event("session.cancelled", SHARED)),
        two.a.signal(SHARED, "extend"),
    ):
        assert two.line.post(posting).status in (200, 204)
    assert two.rows_of(two.b) == before
    statuses = stored.rows(two.database, "SELECT store_id, status FROM session WHERE cart_token = ?", SHARED)
    assert sorted(statuses) == [(two.a.id, "converted"), (two.b.id, "active")]


def test_a_delivery_counts_at_its_own_address_and_for_its_own_shop_only(two: Two) -> None:
    """Both stores sign with one secret here, as two shops of one app do."""
    before = two.rows_of(two.b)
    update = two.a.webhook("carts/update", shop.cart(OWN, shop.moment(), [9]))
    as_b = {"X-Shopify-Shop-Domain": two.b.shop}
    assert two.line.post(replace(update, path=two.b.webhook("", b"").path)).status == 401
    assert two.line.post(replace(update, headers=update.headers | as_b)).status == 401
    for address in (two.b.beacon, two.b.key, two.b.domain, two.b.address[:-1], two.b.address.lower(), "%", "_" * 24):
        forged = replace(update, path=f"/webhooks/shopify/{quote(address)}", headers=update.headers | as_b)
        assert two.line.post(forged).status == 401, address
    assert two.rows_of(two.b) == before


def test_a_replay_of_a_delivery_at_the_other_store_is_not_taken(two: Two) -> None:
    before = two.rows_of(two.a)
    captured = _create(two.b, OWN)
    assert two.line.post(replace(captured, path=two.a.webhook("", b"").path)).status == 401
    assert two.rows_of(two.a) == before


def test_ids_of_the_other_stores_deliveries_and_events_keep_nothing_out(two: Two) -> None:
    """The id that a delivery or an event of one store had is free in the other."""
    known = {"delivery_id": "b54557e4", "triggered_at": shop.moment()}
    for store in (two.b, two.a):
        assert two.line.post(store.webhook("carts/create", shop.cart("twin", shop.moment()), **known)).status == 200
        answer = two.line.post(store.events(_event("cart.updated", "twin", id="the-same-id")))
        assert '"applied"' in answer.text
    stored.until_applied(two.database)
    twins = stored.rows(two.database, "SELECT store_id FROM session WHERE cart_token = 'twin'")
    assert sorted(twins) == [(two.a.id,), (two.b.id,)]


def test_a_beacon_reaches_sessions_of_its_own_store_only(two: Two) -> None:
    before = two.rows_of(two.b)
    for signal in ("seen", "renew", "extend"):
        assert two.line.post(two.a.signal(OWN, signal)).status == 204
        for address in (two.b.address, two.a.address, two.b.key):
            assert two.line.post(replace(two.a.signal(OWN, signal), path=f"/beacon/{address}")).status == 404
    assert two.rows_of(two.b) == before
    assert stored.number(two.database, "SELECT count(*) FROM session WHERE store_id = ?", two.a.id) == 1


def test_a_key_writes_into_its_own_store_whatever_the_event_says(two: Two) -> None:
    before = two.rows_of(two.b)
    named = {"store": two.b.domain, "store_id": two.b.id, "session_id": 1}
    answer = two.line.post(
        two.a.events(
            _event("cart.updated", OWN, lines=[], **named),
            _event("session.cancelled", OWN, id="x", **named),
            _event("checkout.completed", SHARED, order_id="1", checkout_token=OWN, **named),
        )
    )
    assert answer.text.count('"applied"') == 3
    assert two.rows_of(two.b) == before
    mine = stored.rows(two.database, "SELECT DISTINCT cart_token FROM session WHERE store_id = ?", two.a.id)
    assert sorted(mine) == [(OWN,), (SHARED,)]


def test_what_waits_in_one_store_is_not_matched_with_a_checkout_of_the_other(two: Two) -> None:
    before = two.rows_of(two.b)
    at = shop.moment()
    begun = two.b.events(_event("checkout.started", OWN, checkout_token="checkout-b"))
    assert two.line.post(begun).status == 200
    before = two.rows_of(two.b)
    waiting = two.a.webhook("orders/create", shop.order(None, 78, at, checkout_token="checkout-b"))
    assert two.line.post(waiting).status == 200
    gone = two.a.webhook("checkouts/delete", {"token": "checkout-b", "total_price": "1.00"})
    assert two.line.post(gone).status == 200
    assert two.rows_of(two.b) == before
    assert stored.states(two.database)["unmatched"] == 2


def test_reading_one_store_gives_no_row_of_the_other(two: Two) -> None:
    for start in ("/api/sessions?", "/api/sessions/changes?", f"/api/sessions?q={OWN}&", f"/api/sessions?q={OWN[:4]}&"):
        assert OWN not in two.line.get(f"{start}store={two.a.domain}").text
    [(number,)] = stored.rows(two.database, "SELECT id FROM session WHERE cart_token = ?", OWN)
    changes = two.line.get(f"/api/sessions/changes?store={two.a.domain}&ids={number}&row={number}&until={number}")
    assert OWN not in changes.text
    page = two.line.get(f"/sessions/{OWN}?store={two.a.domain}")
    assert page.status == 404
    for store in ("c.example", "%", "a.example,b.example", "b.example%00", f"{two.b.id}", "' OR 1=1 --"):
        assert two.line.get(f"/api/sessions?store={quote(store)}").status == 404, store
    assert OWN in two.line.get(f"/api/sessions?store={two.b.domain}").text


def _create(store: RealStore, token: str) -> Posting:
    return store.webhook("carts/create", shop.cart(token, shop.moment(timedelta(minutes=5)), [1, 2]))


def _event(kind: str, token: str, **known: object) -> dict[str, object]:
    return {"type": kind, "cart_token": token, "occurred_at": shop.text(shop.moment())} | known
