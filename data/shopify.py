"""Shopify's way of delivering: its topics, its headers and its signature. What the bodies say: data.shopify_payloads.

Facts: https://shopify.dev/docs/apps/build/webhooks. The signature covers the body and nothing else, so a body may be
sent again under another topic, shop or id. That is why every store has an address and a secret of its own, and why
the inbox also knows a delivery by its body.
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from data.event_format import LONGEST_ID

CART_CREATED: Final = "carts/create"

TOPICS: Final = (
    CART_CREATED,
    "carts/update",
    "checkouts/create",
    "checkouts/update",
    "checkouts/delete",
    "orders/create",
    "orders/paid",
    "orders/cancelled",
)
"""The topics to subscribe, for what happens in sessions."""

DISPUTE_TOPICS: Final = ("disputes/create", "disputes/update")
ORDER_RISK: Final = "orders/risk_assessment_changed"

LABEL_TOPICS: Final = (*DISPUTE_TOPICS, ORDER_RISK)
"""The topics that say which sessions were bad, to learn from. Not every shop can have them: disputes are of Shopify
Payments alone, and need the scope read_shopify_payments_disputes."""

PRIVACY_TOPICS: Final = ("customers/data_request", "customers/redact", "shop/redact")
"""The topics that every app has to answer."""

OTHER = "other"
"""What any other topic is counted as: the header is not signed, so its text is never a key of ours."""


@dataclass(frozen=True, slots=True)
class Headers:
    """What Shopify says about a delivery outside its body. None of it is signed."""

    topic: str
    shop: str
    delivery_id: str | None
    triggered_at: datetime | None
    signature: str


def headers(sent: Mapping[str, str]) -> Headers:
    """Read the headers of a delivery, with or without ``X-`` before their names (newer ones come without)."""

    def header(name: str) -> str:
        return (sent.get(f"x-shopify-{name}") or sent.get(f"shopify-{name}") or "").strip()[:LONGEST_ID]

    return Headers(
        topic=header("topic").lower(),
        shop=header("shop-domain").lower(),
        delivery_id=header("webhook-id") or None,
        triggered_at=_moment(header("triggered-at")),
        signature=header("hmac-sha256"),
    )


def counted_as(topic: str) -> str:
    """The topic as it is counted and shown."""
    return topic if topic in (*TOPICS, *LABEL_TOPICS, *PRIVACY_TOPICS) else OTHER


def signed(body: bytes, secret: str) -> str:
    """The signature of a body: base64 of HMAC-SHA256 with the app's client secret."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def verify(body: bytes, signature: str, secrets: Iterable[str]) -> bool:
    """Whether one of the secrets signed the body. Takes the same time for a near miss as for any other."""
    try:
        given = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    return any(hmac.compare_digest(hmac.new(s.encode(), body, hashlib.sha256).digest(), given) for s in secrets)


def digest(body: bytes, topic: str, delivery_id: str | None) -> bytes:
    """What makes a delivery the same one again: its body, whatever its unsigned headers say. With three exceptions:

    A new cart is told by two topics with one body. Were these one delivery, it would depend on which of them came first
    whether the cart was created or changed. (The body of anything but a cart has no effect under either.)

    A topic that nobody needs may come with the same body as one that counts, and before it.

    A customer may ask to be forgotten twice in the same words; doing it again harms nobody, not doing it would.
    """
    found = hashlib.sha256(body)
    if topic in (CART_CREATED, OTHER):
        found.update(f"\0{topic}".encode())
    if topic in PRIVACY_TOPICS:
        found.update(f"\0{topic}\0{delivery_id}".encode("utf-8", "replace"))
    return found.digest()


def _moment(text: str) -> datetime | None:
    # "2026-03-29T18:00:27.877041743Z": more digits than microseconds are cut.
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and 2000 <= moment.year < 2200 else None
