"""What arrives from a shop's platform before anything is understood of it: deliveries, their states, their sources."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
