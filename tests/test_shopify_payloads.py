"""Shopify's documented bodies become neutral events; what is missing is missing, and what is wrong is named."""

from contextlib import suppress
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data import shopify_payloads
from data.deliveries import PrivacyKind, Reading
from data.event_format import EventError, parse
from data.events import Event, EventType
from tests.factories import after
from tests.shopify import TOKEN, cart, checkout, item, money_set, order

DIGEST = bytes(range(32))
CUSTOMER = {"customer": {"id": 191167, "email": "shopper@example.com", "phone": None}}


def read(topic: str, payload: object, triggered_at: datetime | None = None) -> Reading:
    return shopify_payloads.read(topic, payload, digest=DIGEST, triggered_at=triggered_at, received_at=after(60))


def events(topic: str, payload: object, currency: str = "USD", triggered_at: datetime | None = None) -> list[Event]:
    documents = read(topic, payload, triggered_at).documents
    return [parse(document, currency=currency, received_at=after(60)) for document in documents]


def test_a_new_cart_starts_a_session_with_what_it_holds() -> None:
    [event] = events("carts/create", cart(items=[item(1, 2, "19.90"), item(2, 1, "5.00")]))
    assert (event.type, event.cart_token, event.occurred_at) == (EventType.STARTED, TOKEN, after(0))
    assert event.lines is not None
    assert [(line.quantity, line.unit_price) for line in event.lines] == [(2, 1990), (1, 500)]
    assert event.lines[0].variant_id == "18014398509481986"  # past what a browser can count, so a text
    assert (event.ip, event.user_agent, event.country) == (None, None, None)


def test_a_changed_cart_is_an_update_at_its_own_time() -> None:
    [event] = events("carts/update", cart(3))
    assert (event.type, event.occurred_at) == (EventType.CART_UPDATED, after(3))


@pytest.mark.parametrize("topic", ["carts/create", "carts/update"])
@pytest.mark.parametrize("payload", [checkout(), order(), order(cart_token=None)])
def test_a_checkout_or_an_order_is_no_cart_whatever_the_topic_says(topic: str, payload: Any) -> None:
    with pytest.raises(EventError, match="is not what a cart has"):
        read(topic, payload | {"token": TOKEN})


def test_the_secret_behind_a_token_is_not_read() -> None:
    [event] = events("carts/update", cart())
    assert "f1e2d3c4b5a69788" not in event.raw
    assert event.cart_token == TOKEN


@pytest.mark.parametrize("token", ["c1-" + "ab" * 20, "ab" * 16, "hWN1LXdlc3QtMjowMUhGWjVNRzI", "i" * 24])
def test_tokens_of_every_known_shape_are_kept(token: str) -> None:
    assert events("carts/update", cart(token=token))[0].cart_token == token


@pytest.mark.parametrize(
    ("currency", "price", "minor"),
    [("USD", "52000.0", 5_200_000), ("USD", "52000.00", 5_200_000), ("JPY", "23600", 23_600), ("KWD", "1.250", 1_250)],
)
def test_prices_are_read_with_their_currencys_decimals(currency: str, price: str, minor: int) -> None:
    [event] = events("carts/update", cart(items=[item(price=price, currency=currency)]))
    assert event.lines is not None
    assert (event.currency, event.lines[0].unit_price) == (currency, minor)


def test_the_shops_money_counts_not_the_shoppers() -> None:
    [event] = events("carts/update", cart(items=[item(price="49.95")]), currency="EUR")
    assert event.currency == "USD"


def test_a_share_of_a_discount_is_rounded_to_the_smallest_coin() -> None:
    line = item(discounted_price_set=money_set("3.335"), discounted_price="3.335")
    [event] = events("carts/update", cart(items=[line]))
    assert event.lines is not None
    assert event.lines[0].unit_price == 334


def test_an_empty_cart_has_no_lines_and_no_currency_of_its_own() -> None:
    [event] = events("carts/update", cart(items=[]), currency="SEK")
    assert (event.lines, event.currency) == ((), "SEK")


def test_a_cart_that_says_nothing_of_its_lines_changes_none() -> None:
    [event] = events("carts/update", cart() | {"line_items": None})
    assert event.lines is None


def test_titles_of_any_script_pass() -> None:
    titles = ["Кружка", "מחברת \u202e", "🧵 ネコ", "a\u200bb", "<b>"]
    [event] = events("carts/update", cart(items=[item(n, title=title) for n, title in enumerate(titles)]))
    assert event.lines is not None
    assert [line.title for line in event.lines] == [title.strip() for title in titles]


def test_changes_within_a_second_are_ordered_by_when_they_were_sent() -> None:
    first, second = (events("carts/update", cart(1), triggered_at=after(1 + n / 100))[0] for n in (0, 1))
    assert first.occurred_at == second.occurred_at
    assert (len(first.id), first.id) < (len(second.id), second.id)


def test_a_clock_that_is_a_day_ahead_does_not_reach_into_the_future() -> None:
    [event] = events("carts/update", cart(24 * 60))
    assert event.occurred_at == after(60)


def test_without_any_time_a_delivery_happened_when_it_was_sent_else_when_it_came() -> None:
    timeless = cart() | {"updated_at": None, "created_at": None}
    assert events("carts/update", timeless, triggered_at=after(7))[0].occurred_at == after(7)
    assert events("carts/update", timeless)[0].occurred_at == after(60)


def test_whatever_comes_of_a_checkout_is_one_event() -> None:
    started, changed = (
        events(topic, checkout(updated_at="2026-03-01T12:30:00Z" if topic == "checkouts/update" else None))
        for topic in ("checkouts/create", "checkouts/update")
    )
    assert started == changed
    assert (started[0].type, started[0].checkout_token) == (EventType.CHECKOUT_STARTED, "ch-1")


def test_of_a_checkout_no_name_and_no_address_is_kept() -> None:
    for document in read("checkouts/create", checkout()).documents + read("orders/create", order()).documents:
        assert "shopper@example.com" not in str(document)
        assert "Main Street" not in str(document)


def test_a_checkout_without_a_cart_is_ignored() -> None:
    assert read("checkouts/create", checkout(cart_token=None)).ignored == "This checkout did not come from a cart."


def test_a_deleted_checkout_cancels_when_it_was_sent() -> None:
    deleted = {"token": "ch-1", "cart_token": TOKEN, "total_price": "1.00"}
    [event] = events("checkouts/delete", deleted, triggered_at=after(9))
    assert (event.type, event.occurred_at, event.reason) == (EventType.CANCELLED, after(9), "checkout deleted")


def test_an_order_converts_and_shows_its_shopper() -> None:
    [event] = events("orders/create", order())
    assert (event.type, event.order_id, event.checkout_token) == (EventType.CONVERTED, "820982911946154508", "ch-1")
    assert (event.ip, event.user_agent, event.accept_language) == ("203.0.113.7", "Mozilla/5.0", "cs-CZ")
    assert events("orders/paid", order()) == [event]


def test_a_cancelled_order_was_bought_all_the_same() -> None:
    cancelled = order(cancelled_at="2026-03-01T12:30:00Z", cancel_reason="fraud")
    kinds = [(event.type, event.reason) for event in events("orders/cancelled", cancelled)]
    assert kinds == [(EventType.CONVERTED, None), (EventType.CANCELLED, "order cancelled: fraud")]


def test_an_order_without_a_cart_token_waits_for_its_checkout() -> None:
    assert read("orders/create", order(cart_token=None)).waits_for == "checkout:ch-1"


def test_an_order_from_the_counter_is_ignored() -> None:
    found = read("orders/create", order(cart_token=None, checkout_token=None))
    assert found.ignored == "This order did not come from a cart."


@pytest.mark.parametrize("ip", ["unknown", "010.1.1.1", "fe80::1%eth0", 7, None, {"a": 1}])
def test_an_order_is_not_lost_for_an_address_that_is_none(ip: object) -> None:
    [event] = events("orders/create", order(browser_ip=ip, client_details={"browser_ip": ip, "user_agent": ["x"]}))
    assert (event.ip, event.user_agent) == (None, None)


def test_an_order_may_lack_almost_everything() -> None:
    [event] = events("orders/create", {"id": 5, "cart_token": TOKEN})
    assert (event.type, event.order_id, event.lines) == (EventType.CONVERTED, "5", None)


def test_the_word_null_of_an_export_is_nothing() -> None:
    [event] = events("orders/create", order(checkout_token="NULL", cancelled_at="NULL", currency="NULL"))
    assert event.checkout_token is None


@pytest.mark.parametrize(
    ("topic", "payload", "path"),
    [
        ("carts/update", [], ""),
        ("carts/update", cart() | {"token": None, "id": None}, "cart_token"),
        ("carts/update", cart(items={"a": 1}), "line_items"),
        ("carts/update", cart(items=["x"]), "line_items[0]"),
        ("carts/update", cart(items=[item(quantity=-1)]), "lines[0].quantity"),
        ("carts/update", cart(items=[item(quantity=2**70)]), "lines[0].quantity"),
        ("carts/update", cart(items=[item(price="-1.00")]), "lines[0].unit_price"),
        ("carts/update", cart(items=[item(price="NaN")]), "lines[0].unit_price"),
        ("carts/update", cart(items=[item(price="1e999999")]), "lines[0].unit_price"),
        ("carts/update", cart(items=[item(price="9" * 4_000)]), "lines[0].unit_price"),
        ("carts/update", cart(items=[item(currency="ZZZ")]), "currency"),
        ("carts/update", cart(items=[item(1), item(2, currency="EUR")]), "line_items[1]"),
        ("carts/update", cart(items=[item(n) for n in range(1_001)]), "lines"),
        ("carts/update", cart(updated_at="yesterday"), "occurred_at"),
        ("checkouts/create", checkout() | {"token": None}, "token"),
        ("checkouts/create", order(), "checkout_token"),
        ("checkouts/delete", order(), "checkout_token"),
        ("checkouts/delete", checkout(), "created_at"),
        ("orders/create", checkout(), "checkout_token"),
        ("carts/update", checkout(), "cart_token"),
        ("carts/update", order(), "cart_token"),
        ("orders/create", order() | {"id": None}, "id"),
    ],
)
def test_what_cannot_be_read_names_the_field(topic: str, payload: Any, path: str) -> None:
    with pytest.raises(EventError) as problem:
        events(topic, payload)
    assert problem.value.path == path


@pytest.mark.parametrize(
    ("topic", "payload", "kind", "orders"),
    [
        ("customers/data_request", CUSTOMER | {"orders_requested": [299938]}, "data_request", ("299938",)),
        ("customers/redact", CUSTOMER | {"orders_to_redact": [2**60]}, "customer_redact", (str(2**60),)),
        ("customers/redact", CUSTOMER | {"orders_to_redact": []}, "customer_redact", ()),
        ("shop/redact", {"shop_id": 954889, "shop_domain": "shop.myshopify.com"}, "shop_redact", ()),
    ],
)
def test_privacy_requests_name_their_orders(topic: str, payload: Any, kind: str, orders: tuple[str, ...]) -> None:
    found = read(topic, payload)
    assert (found.privacy, found.orders, found.documents) == (PrivacyKind(kind), orders, ())


def test_a_privacy_request_names_its_customer() -> None:
    found = read("customers/redact", CUSTOMER | {"orders_to_redact": []})
    assert found.names == ("191167", "shopper@example.com")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from([*cart(), *checkout(), *order()])
TOPICS = st.sampled_from(["carts/create", "carts/update", "checkouts/create", "checkouts/delete", "orders/cancelled"])


@given(TOPICS, st.dictionaries(FIELDS, JSON, max_size=6), st.dictionaries(st.sampled_from([*item()]), JSON, max_size=4))
def test_nothing_in_any_field_does_more_than_name_itself(topic: str, wrong: Any, line: Any) -> None:
    whole = order() | checkout() | cart() | {"cancelled_at": None}
    for payload in (whole | wrong, whole | {"line_items": [item() | line]}):
        with suppress(EventError):
            assert all(event.cart_token for event in events(topic, payload))
