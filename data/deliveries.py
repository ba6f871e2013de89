"""What arrives from a shop's platform before anything is understood of it: deliveries, their states, their sources."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any


class Source(StrEnum):
    """Who sends deliveries. The events API has no part in this: it answers what became of each event."""

    SHOPIFY = "shopify"
    BEACON = "beacon"


class ConnectionKind(StrEnum):
    """The ways in that a store may be given beside the events API."""

    SHOPIFY = "shopify"
    BEACON = "beacon"


class DeliveryState(StrEnum):
    """Where a delivery stands: to be applied, done, without effect, waiting for its session, or not understood."""

    WAITING = "waiting"
    APPLIED = "applied"
    IGNORED = "ignored"
    UNMATCHED = "unmatched"
    QUARANTINED = "quarantined"


class PrivacyKind(StrEnum):
    """What a platform may ask for a customer's or the whole shop's data (Shopify's mandatory topics)."""

    DATA_REQUEST = "data_request"
    CUSTOMER_REDACT = "customer_redact"
    SHOP_REDACT = "shop_redact"


CART, CHECKOUT, ORDER = "cart:", "checkout:", "order:"
"""What the keys begin with that a delivery may wait for."""


def for_cart(token: str) -> str:
    """The key of what waits for the session of a cart."""
    return CART + token


def for_checkout(token: str) -> str:
    """The key of what waits for a session that has had this checkout."""
    return CHECKOUT + token


def for_order(order_id: str) -> str:
    """The key of what waits for the session that became this order."""
    return ORDER + order_id


def started_event(checkout_token: str) -> str:
    """The id of the event that tells of a checkout of Shopify's, whichever delivery brought it."""
    return f"shopify:checkout:{checkout_token}:started"[:255]


def completed_event(order_id: str) -> str:
    """The id of the event that tells of an order of Shopify's, whichever delivery brought it."""
    return f"shopify:order:{order_id}:completed"


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery as it came: ``digest`` is SHA-256 over what makes it the same one again, ``body`` what was sent."""

    store_id: int
    source: Source
    topic: str
    delivery_id: str | None
    digest: bytes
    triggered_at: datetime | None
    received_at: datetime
    body: bytes


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a platform says of the session that became an order: bad, good, or (None) not any more what it said before.

    ``source`` is a value of LabelSource.
    """

    order_id: str
    source: str
    bad: bool | None


@dataclass(frozen=True, slots=True)
class Reading:
    """What a delivery says, as documents of the public event format (see data.event_format).

    Where ``waits_for`` is set (see ``for_cart`` and ``for_checkout``), the documents are for the session that has this
    token, and for no other: the delivery waits until there is one. ``ignored`` is why there is nothing to apply.
    A privacy request has its ``privacy`` kind, the ids of the ``orders`` whose shopper is meant, and the ``names`` by
    which that shopper may be found in what is kept (customer id, e-mail address, telephone number).
    A ``verdict`` is about the session that became its order, and waits for that as others do (see ``for_order``).
    """

    documents: tuple[dict[str, Any], ...] = ()
    waits_for: str | None = None
    ignored: str | None = None
    privacy: PrivacyKind | None = None
    orders: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    verdict: Verdict | None = None
