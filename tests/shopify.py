"""Deliveries as Shopify makes them: bodies of the documented shapes, and the headers that go with them."""

import json
from datetime import datetime
from typing import Any

from data import shopify
from tests.factories import after, text

SHOP = "shop.myshopify.com"
SECRET = "0123456789abcdef0123456789abcdef"
TOKEN = "Z2NwLXVzLWVhc3QxOjAxSEdYWkQ4"


def money_set(amount: str, currency: str = "USD") -> dict[str, Any]:
    """An amount in the shop's and in the shopper's currency."""
    both = {"amount": amount, "currency_code": currency}
    return {"shop_money": both, "presentment_money": {"amount": "1.00", "currency_code": "EUR"}}


def item(number: int = 1, quantity: object = 1, price: str = "49.95", currency: str = "USD", **known: Any) -> Any:
    """One line of a cart or an order."""
    return {
        "id": 44_000_000_000_000_000 + number,
        "product_id": 9_007_199_254_740_993 + number,
        "variant_id": 18_014_398_509_481_985 + number,
        "title": f"Product {number}",
        "variant_title": None,
        "sku": f"SKU-{number}",
        "quantity": quantity,
        "price": price,
        "discounted_price": price,
        "price_set": money_set(price, currency),
        "discounted_price_set": money_set(price, currency),
        "properties": None,
    } | known


def cart(minutes: float = 0, token: str = TOKEN, items: object = None, **known: Any) -> dict[str, Any]:
    """The body of ``carts/create`` and ``carts/update``."""
    return {
        "id": token,
        "token": f"{token}?key=f1e2d3c4b5a69788",
        "line_items": [item()] if items is None else items,
        "note": None,
        "updated_at": text(after(minutes)),
        "created_at": text(after(0)),
    } | known


def checkout(minutes: float = 2, token: str = "ch-1", cart_token: str | None = TOKEN, **known: Any) -> dict[str, Any]:
    """The body of ``checkouts/create`` and ``checkouts/update``."""
    return {
        "id": 981_820_079_255_243_537,
        "token": token,
        "cart_token": cart_token,
        "email": "shopper@example.com",
        "created_at": text(after(minutes)),
        "updated_at": text(after(minutes)),
        "currency": "USD",
        "presentment_currency": "EUR",
        "total_price": "49.95",
        "customer": {"id": 7, "email": "shopper@example.com"},
        "shipping_address": {"first_name": "Ada", "address1": "Main Street 1", "country_code": "US"},
    } | known


def order(
    minutes: float = 5, number: int = 820_982_911_946_154_508, cart_token: str | None = TOKEN, **known: Any
) -> dict[str, Any]:
    """The body of ``orders/create``, ``orders/paid`` and ``orders/cancelled``."""
    return {
        "id": number,
        "cart_token": cart_token,
        "checkout_token": "ch-1",
        "browser_ip": "203.0.113.7",
        "client_details": {"browser_ip": "203.0.113.7", "user_agent": "Mozilla/5.0", "accept_language": "cs-CZ"},
        "created_at": text(after(minutes)),
        "updated_at": text(after(minutes)),
        "cancelled_at": None,
        "cancel_reason": None,
        "currency": "USD",
        "presentment_currency": "EUR",
        "email": "shopper@example.com",
        "line_items": [item()],
        "total_price": "49.95",
    } | known


def encoded(payload: object) -> bytes:
    """A body as it is sent."""
    return json.dumps(payload, ensure_ascii=False).encode()


def headers(
    topic: str,
    body: bytes,
    *,
    shop: str = SHOP,
    secret: str = SECRET,
    delivery_id: str | None = None,
    triggered_at: datetime | None = None,
) -> dict[str, str]:
    """What Shopify sends beside a body; without an id of its own, the body's hash stands for one."""
    sent = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Shop-Domain": shop,
        "X-Shopify-Hmac-Sha256": shopify.signed(body, secret),
        "X-Shopify-Webhook-Id": delivery_id or shopify.digest(body, topic, "").hex(),
    }
    return sent | ({"X-Shopify-Triggered-At": text(triggered_at)} if triggered_at else {})
