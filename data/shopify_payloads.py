"""What the bodies of Shopify's deliveries say, as documents of the public event format. Pure.

Which of the three times of a delivery counts? That of its body: it is the only one that is signed. Carts say it to the
second, so changes within one second are put in the order of the ``Triggered-At`` header, by their events' ids.

Whatever arrives of one checkout or one order gives a document with the same id, so it does not matter which of it
arrives first, twice, or never, as long as it says the same of the cart.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from data import money
from data.addresses import pack
from data.deliveries import PrivacyKind, Reading, completed_event, for_checkout, for_order, started_event
from data.disputes import of_dispute, of_risk
from data.event_format import AHEAD, EventError
from data.shopify import DISPUTE_TOPICS, ORDER_RISK

Payload = Mapping[str, Any]
Document = dict[str, Any]

_PRIVACY = {
    "customers/data_request": (PrivacyKind.DATA_REQUEST, "orders_requested"),
    "customers/redact": (PrivacyKind.CUSTOMER_REDACT, "orders_to_redact"),
    "shop/redact": (PrivacyKind.SHOP_REDACT, ""),
}
_SHOP_FIELDS = {"shop_id", "shop_domain"}
_MOST_ORDERS = 10_000
_LONGEST_NUMBER = 50  # characters: longer ones are not read as a number at all


def read(
    topic: str, payload: object, *, digest: bytes, triggered_at: datetime | None, received_at: datetime
) -> Reading:
    """Understand one body. Raises EventError for one that is not of its topic's shape.

    Fields that may be missing or null are; the documents' own fields are checked by data.event_format.
    """
    if not isinstance(payload, Mapping):
        raise EventError("", "must be a JSON object")
    if topic in _PRIVACY:
        return _privacy(topic, payload)
    moment = _Clock(triggered_at, received_at)
    if topic in ("carts/create", "carts/update"):
        return Reading((_cart(topic, payload, digest, moment),))
    if topic in ("checkouts/create", "checkouts/update"):
        return _checkout(payload, moment)
    if topic == "checkouts/delete":
        return _deleted(payload, digest, moment)
    if topic in ("orders/create", "orders/paid", "orders/cancelled"):
        return _order(payload, moment)
    if topic in DISPUTE_TOPICS:
        verdict = of_dispute(_text(payload.get("order_id")), _text(payload.get("reason")), _text(payload.get("status")))
        return Reading(verdict=verdict, waits_for=for_order(verdict.order_id))
    if topic == ORDER_RISK:
        verdict = of_risk(_order_of(payload), _text(payload.get("risk_level")))
        return Reading(verdict=verdict, waits_for=for_order(verdict.order_id))
    return Reading(ignored="Cartwatch has no use for this topic.")


def _order_of(payload: Payload) -> str | None:
    """The number of an order, from its own field or the end of its global id (``gid://shopify/Order/1``)."""
    found = _text(payload.get("order_id")) or _text(payload.get("admin_graphql_api_order_id"))
    return found.rsplit("/", 1)[-1].partition("?")[0] if found else None


def _privacy(topic: str, payload: Payload) -> Reading:
    """The topic is not signed, and erasing cannot be undone: only a body that can be nothing else is taken."""
    kind, orders = _PRIVACY[topic]
    if kind is PrivacyKind.SHOP_REDACT:
        shop = _text(payload.get("shop_domain"))
        if shop is None or not payload.keys() <= _SHOP_FIELDS:
            raise EventError("shop_domain", "must be all that is said, beside shop_id")
        return Reading(privacy=kind, names=(shop.lower(),))
    if not isinstance(payload.get("customer"), Mapping):
        raise EventError("customer", "must be an object")
    if not isinstance(payload.get(orders), list):
        raise EventError(orders, "must be a list")
    return Reading(privacy=kind, orders=_ids(payload[orders]), names=_names(payload["customer"]))


def _refuse(wrong: bool, path: str, words: str) -> None:
    """A body of one kind under the topic of another: the topic is not signed, the body is."""
    if wrong:
        raise EventError(path, words)


class _Clock:
    """Which time counts: what the body says, else when it was sent, else when it came; never in the future."""

    def __init__(self, triggered_at: datetime | None, received_at: datetime) -> None:
        self.triggered_at = triggered_at
        self._received_at = received_at

    def of(self, *said: object) -> str:
        for text in said:
            if _known(text):
                try:
                    moment = datetime.fromisoformat(str(text))
                    late = moment.tzinfo is not None and moment > self._received_at + AHEAD
                except (ValueError, OverflowError):
                    return str(text)[:100]  # data.event_format says what is wrong with it
                return self._received_at.isoformat() if late else str(text)
        sent = self.triggered_at
        return (sent if sent and sent <= self._received_at + AHEAD else self._received_at).isoformat()


def _cart(topic: str, cart: Payload, digest: bytes, clock: _Clock) -> Document:
    _refuse("cart_token" in cart, "cart_token", "is not what a cart has")
    sent = int(clock.triggered_at.timestamp() * 1000) if clock.triggered_at else 0
    document: Document = {
        "type": "session.started" if topic == "carts/create" else "cart.updated",
        "id": f"shopify:{topic}:{sent:015d}:{digest.hex()[:32]}",
        "cart_token": _text(cart.get("token")) or _text(cart.get("id")),
        "occurred_at": clock.of(cart.get("updated_at"), cart.get("created_at")),
    }
    return document | _lines(cart.get("line_items"), None)


def _is_order(payload: Payload) -> bool:
    return "checkout_token" in payload or "order_number" in payload


def _checkout(checkout: Payload, clock: _Clock) -> Reading:
    _refuse(_is_order(checkout), "checkout_token", "is not what a checkout has")
    token, cart_token = _text(checkout.get("token")), _text(checkout.get("cart_token"))
    if not token:
        raise EventError("token", "is required")
    if not cart_token:
        return Reading(ignored="This checkout did not come from a cart.")
    return Reading(
        (
            {
                "type": "checkout.started",
                "id": started_event(token),
                "cart_token": cart_token,
                "checkout_token": token,
                "occurred_at": clock.of(checkout.get("created_at"), checkout.get("updated_at")),
            },
        )
    )


def _deleted(checkout: Payload, digest: bytes, clock: _Clock) -> Reading:
    _refuse(_is_order(checkout), "checkout_token", "is not what a checkout has")
    _refuse(_known(checkout.get("created_at")), "created_at", "is not what a deleted checkout has")
    token, cart_token = _text(checkout.get("token")), _text(checkout.get("cart_token"))
    if not cart_token and not token:
        return Reading(ignored="This checkout did not come from a cart.")
    document = {
        "type": "session.cancelled",
        "id": f"shopify:checkout:{token or digest.hex()[:32]}:deleted"[:255],
        "cart_token": cart_token,
        "occurred_at": clock.of(),  # the body has no time
        "reason": "checkout deleted",
    }
    return Reading((document,), waits_for=None if cart_token else for_checkout(token or ""))


def _order(order: Payload, clock: _Clock) -> Reading:
    _refuse("token" in order and not _is_order(order), "checkout_token", "is what an order has")
    number = _text(order.get("id"))
    cart_token, checkout_token = _text(order.get("cart_token")), _text(order.get("checkout_token"))
    if not number:
        raise EventError("id", "is required")
    if not cart_token and not checkout_token:
        return Reading(ignored="This order did not come from a cart.")
    named: Document = {"cart_token": cart_token, "order_id": number}
    bought = named | {
        "type": "checkout.completed",
        "id": completed_event(number),
        "occurred_at": clock.of(order.get("created_at"), order.get("processed_at")),
        "checkout_token": checkout_token,
    }
    documents = [bought | _shopper(order) | _lines(order.get("line_items"), _text(order.get("currency")))]
    if _known(order.get("cancelled_at")):
        why = _text(order.get("cancel_reason"))
        cancelled: Document = {
            "type": "session.cancelled",
            "id": f"shopify:order:{number}:cancelled",
            "occurred_at": clock.of(order["cancelled_at"]),
            "reason": f"order cancelled: {why}" if why else "order cancelled",
        }
        documents.append(named | cancelled)
    return Reading(tuple(documents), waits_for=None if cart_token else for_checkout(checkout_token or ""))


def _shopper(order: Payload) -> Document:
    """What an order knows of its shopper. What is not readable is left out: an order is too good to be lost for it."""
    client = order.get("client_details")
    client = client if isinstance(client, Mapping) else {}
    ip = _text(client.get("browser_ip")) or _text(order.get("browser_ip"))
    found = {
        "ip": ip if ip and pack(ip) else None,
        "user_agent": _text(client.get("user_agent")),
        "accept_language": _text(client.get("accept_language")),
    }
    return {name: value for name, value in found.items() if value}


def _lines(items: object, currency: str | None) -> Document:
    """``lines`` and ``currency``; neither where nothing is said of the lines. An empty cart has no currency."""
    if not _known(items):
        return {}
    if not isinstance(items, list):
        raise EventError("line_items", "must be a list")
    lines: list[Document] = []
    for number, item in enumerate(items):
        if not isinstance(item, Mapping):
            raise EventError(f"line_items[{number}]", "must be an object")
        price, paid_in = _price(item)
        currency = currency or paid_in
        if paid_in and currency and paid_in != currency:
            raise EventError(f"line_items[{number}]", f"is in {paid_in[:10]}, but the cart is in {currency[:10]}")
        lines.append(_line(item, price, currency))
    return {"lines": lines} | ({"currency": currency} if currency else {})


def _line(item: Payload, price: object, currency: str | None) -> Document:
    line: Document = {
        name: _text(item.get(name)) for name in ("product_id", "variant_id", "title", "variant_title", "sku")
    }
    line["quantity"] = 1 if item.get("quantity") is None else item["quantity"]
    if _known(price):
        line["unit_price"] = _rounded(str(price), currency)
    return {name: value for name, value in line.items() if value is not None}


def _price(item: Payload) -> tuple[object, str | None]:
    """The price of one, after its own discount, in the shop's currency; and that currency where it is said."""
    for name in ("discounted_price", "price"):
        both = item.get(f"{name}_set")
        shop = both.get("shop_money") if isinstance(both, Mapping) else None
        if isinstance(shop, Mapping) and _known(shop.get("amount")):
            return shop["amount"], _text(shop.get("currency_code"))
    discounted = item.get("discounted_price")
    return (discounted if _known(discounted) else item.get("price")), None


def _rounded(amount: str, currency: str | None) -> str:
    """A share of a discount may be a fraction of the smallest coin."""
    try:
        exact = Decimal(amount) if len(amount) <= _LONGEST_NUMBER else None
        if exact is not None and exact.is_finite() and currency and money.known(currency):
            return f"{exact.quantize(Decimal(1).scaleb(-money.exponent(currency)), ROUND_HALF_UP):f}"
    except InvalidOperation:
        pass
    return amount[:_LONGEST_NUMBER]  # data.event_format says what is wrong with it


def _names(customer: object) -> tuple[str, ...]:
    known: Payload = customer if isinstance(customer, Mapping) else {}
    return tuple(filter(None, (_text(known.get(name)) for name in ("id", "email", "phone"))))


def _ids(values: object) -> tuple[str, ...]:
    found: Iterable[object] = values if isinstance(values, list) else ()
    return tuple(filter(None, map(_text, list(found)[:_MOST_ORDERS])))


def _text(value: object) -> str | None:
    """A text, or a number as text: ids are numbers here, and pass what a browser can count."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not _known(value):
        return None
    if isinstance(value, int) and abs(value) >= 10**_LONGEST_NUMBER:
        return None
    return str(value).strip() or None


def _known(value: object) -> bool:
    return value is not None and value not in ("", "NULL")
