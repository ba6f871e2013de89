"""Shopify's headers and signature: what counts as signed, and which delivery is the same one again."""

import base64
import hashlib
import hmac
from datetime import UTC, datetime

import pytest

from data import shopify
from tests.shopify import SECRET, cart, encoded, headers

BODY = encoded(cart())


def test_the_signature_is_what_shopify_documents() -> None:
    expected = base64.b64encode(hmac.new(SECRET.encode(), BODY, hashlib.sha256).digest()).decode()
    assert shopify.signed(BODY, SECRET) == expected
    assert shopify.verify(BODY, expected, [SECRET])


def test_either_of_two_secrets_counts() -> None:
    signature = shopify.signed(BODY, SECRET)
    assert shopify.verify(BODY, signature, ["another secret", SECRET])
    assert not shopify.verify(BODY, signature, ["another secret"])
    assert not shopify.verify(BODY, signature, [])


@pytest.mark.parametrize("signature", ["", "no base64 at all", "AAAA", "ü", shopify.signed(BODY + b" ", SECRET)])
def test_anything_else_is_no_signature(signature: str) -> None:
    assert not shopify.verify(BODY, signature, [SECRET])


@pytest.mark.parametrize("prefix", ["x-shopify-", "shopify-"])
def test_headers_are_read_under_their_old_and_their_new_names(prefix: str) -> None:
    read = shopify.headers(
        {
            f"{prefix}topic": "Carts/Update",
            f"{prefix}shop-domain": "Shop.MyShopify.com",
            f"{prefix}webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
            f"{prefix}triggered-at": "2026-03-29T18:00:27.877041743Z",
            f"{prefix}hmac-sha256": "abc=",
        }
    )
    assert (read.topic, read.shop, read.signature) == ("carts/update", "shop.myshopify.com", "abc=")
    assert read.delivery_id == "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    assert read.triggered_at == datetime(2026, 3, 29, 18, 0, 27, 877041, tzinfo=UTC)


@pytest.mark.parametrize("text", ["", "soon", "2026-03-29T18:00:27", "9999-12-31T23:59:59Z", "2026-13-01T00:00:00Z"])
def test_a_time_that_is_none_is_left_out(text: str) -> None:
    assert shopify.headers({"x-shopify-triggered-at": text}).triggered_at is None


def test_the_same_body_is_the_same_delivery_under_any_topic_and_id() -> None:
    topics = [topic for topic in shopify.TOPICS if topic != "carts/create"]
    digests = {shopify.digest(BODY, topic, number) for topic in topics for number in ("1", "2", None)}
    assert len(digests) == 1


def test_a_new_cart_that_two_topics_tell_of_is_two_deliveries() -> None:
    created = {shopify.digest(BODY, "carts/create", number) for number in ("1", "2", None)}
    assert len(created) == 1
    assert shopify.digest(BODY, "carts/update", "1") not in created


def test_who_asks_again_to_be_forgotten_is_heard_again() -> None:
    first, again = (shopify.digest(b"{}", "customers/redact", number) for number in ("1", "2"))
    assert first != again


def test_a_topic_that_is_not_known_is_counted_as_other() -> None:
    assert shopify.counted_as("carts/update") == "carts/update"
    assert shopify.counted_as("<script>") == shopify.counted_as("") == "other"


def test_the_tests_own_headers_are_those_that_are_read() -> None:
    sent = {name.lower(): value for name, value in headers("carts/create", BODY, delivery_id="7").items()}
    assert shopify.headers(sent).delivery_id == "7"
