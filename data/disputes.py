"""What chargebacks and assessed orders say of a session: whether it was bad. Pure.

Only what is about fraud counts: a parcel that never came says nothing about its shopper. Reasons and states:
https://shopify.dev/docs/api/admin-rest/latest/resources/dispute
"""

from data.deliveries import Verdict
from data.event_format import EventError

FRAUD = frozenset({"fraudulent", "unrecognized", "unrecognised", "fraud"})
"""The reasons by which somebody else than the holder of the card has bought."""

WON = "won"
"""The state of a dispute in which the bank found for the merchant: the shopper was who they said."""

HIGH = "high"


def judged(reason: str | None, status: str | None) -> bool | None:
    """Whether a chargeback says that the session was bad (True) or good; None where it says neither."""
    if (reason or "").strip().lower() not in FRAUD:
        return None
    return (status or "").strip().lower() != WON


def of_dispute(order: str | None, reason: str | None, status: str | None) -> Verdict:
    """What a delivery about a dispute says. Raises EventError for what no dispute lacks."""
    for name, value in (("reason", reason), ("status", status)):
        if not value:
            raise EventError(name, "is required")
    if not order:
        raise EventError("order_id", "is required")
    return Verdict(order, "dispute", judged(reason, status))


def of_risk(order: str | None, level: str | None) -> Verdict:
    """What a delivery about the assessed risk of an order says: a high one is bad, and no other is proof of good."""
    if not level:
        raise EventError("risk_level", "is required")
    if not order:
        raise EventError("order_id", "is required")
    return Verdict(order, "order_risk", True if level.strip().lower() == HIGH else None)
