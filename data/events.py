"""The neutral event: what every source is turned into before anything is stored.

The fields are those of the public format (README, "Connecting a store"). ``data.event_format`` reads them from JSON.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class EventType(StrEnum):
    """What a source may report, by its public name."""

    STARTED = "session.started"
    CART_UPDATED = "cart.updated"
    RENEWED = "reservation.renewed"
    EXTENDED = "reservation.extended"
    CHECKOUT_STARTED = "checkout.started"
    CONVERTED = "checkout.completed"
    EXPIRED = "session.expired"
    CANCELLED = "session.cancelled"
    SHOPPER_SEEN = "shopper.seen"


class TimelineKind(StrEnum):
    """What the timeline can tell: every event type, and what Cartwatch or the merchant did."""

    STARTED = "started"
    CART_UPDATED = "cart_updated"
    RENEWED = "renewed"
    EXTENDED = "extended"
    CHECKOUT_STARTED = "checkout_started"
    CONVERTED = "converted"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    SHOPPER_SEEN = "shopper_seen"
    RESTRICTED = "restricted"
    CLEARED = "cleared"
    RISK_ASSESSED = "risk_assessed"

    @classmethod
    def of(cls, reported: EventType) -> "TimelineKind":
        """The timeline's kind for a reported event."""
        return cls[reported.name]


HASHED = "sha256:"
"""What the id of an event begins with that was made from its body, as its source gave none."""

Place = tuple[datetime, int, int, str]

# Of events in the same millisecond, the one comes first that could not have come after the other.
_ORDER = (
    TimelineKind.STARTED,
    TimelineKind.SHOPPER_SEEN,
    TimelineKind.CART_UPDATED,
    TimelineKind.RENEWED,
    TimelineKind.EXTENDED,
    TimelineKind.CHECKOUT_STARTED,
    TimelineKind.CONVERTED,
    TimelineKind.CANCELLED,
    TimelineKind.EXPIRED,
)
_RANK = {kind: rank for rank, kind in enumerate(_ORDER)}


def place(kind: TimelineKind, occurred_at: datetime, event_id: str | None) -> Place:
    """Where something stands in its session's timeline. Sorting by it keeps arrival where nothing else tells."""
    rank = _RANK.get(kind, len(_RANK))
    if event_id is None or event_id.startswith(HASHED):
        return occurred_at, rank, 0, ""
    # Sources number their events: "9" is before "10".
    return occurred_at, rank, len(event_id), event_id


@dataclass(frozen=True, slots=True)
class CartLine:
    """One line of a cart; ``unit_price`` in minor units of the event's currency."""

    product_id: str | None
    variant_id: str | None
    title: str
    variant_title: str | None
    sku: str | None
    quantity: int
    unit_price: int


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened in a session, as a source reported it. ``raw`` is its JSON text, kept as it came."""

    type: EventType
    cart_token: str
    occurred_at: datetime
    id: str
    currency: str
    raw: str
    expires_at: datetime | None = None
    lines: tuple[CartLine, ...] | None = None
    ip: str | None = None
    user_agent: str | None = None
    country: str | None = None
    accept_language: str | None = None
    device_id: str | None = None
    checkout_token: str | None = None
    order_id: str | None = None
    reason: str | None = None
