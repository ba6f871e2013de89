"""What the signals see of an event. One form for what is just being ingested and for what was stored long ago."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from data.addresses import pack
from data.events import Event, EventType, TimelineKind

_PAYMENT = re.compile(r"payment|declin|card|fund|3d.?s", re.I)

_KINDS = {reported: TimelineKind.of(reported) for reported in EventType}
_EPOCH, _MILLISECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(milliseconds=1)


@dataclass(slots=True)
class Happening:
    """One event of a session. ``at`` in milliseconds UTC; ``ip`` as 16 bytes; ``lines`` units by variant.

    ``agent`` is the user agent: "" where none was sent, None where the source does not say. ``hand`` tells that the
    merchant decided about this one session, not about an address or a device. ``most`` is how many units of one product
    the cart holds, of whichever variants: who wants a whole product takes it in several sizes.
    """

    session_id: int
    kind: TimelineKind
    at: int
    ip: bytes | None = None
    agent: str | None = None
    device_id: str | None = None
    country: str | None = None
    lines: dict[str, int] | None = None
    declined: bool = False
    hand: bool = False
    most: int = 0


def milliseconds(moment: datetime) -> int:
    """Milliseconds since 1970 UTC."""
    return (moment - _EPOCH) // _MILLISECOND


def of_event(session_id: int, event: Event) -> Happening:
    """What an event says."""
    lines: dict[str, int] | None = None
    products: dict[str, int] = {}
    if event.lines is not None and event.type is not EventType.SHOPPER_SEEN:
        lines = {}
        for line in event.lines:
            variant = line.variant_id or line.product_id or line.title
            lines[variant] = lines.get(variant, 0) + line.quantity
            product = line.product_id or variant
            products[product] = products.get(product, 0) + line.quantity
    kind = _KINDS[event.type]
    return Happening(
        session_id,
        kind,
        milliseconds(event.occurred_at),
        pack(event.ip) if event.ip else None,
        event.user_agent,
        event.device_id,
        event.country,
        lines,
        kind is TimelineKind.CANCELLED and event.reason is not None and bool(_PAYMENT.search(event.reason)),
        most=max(products.values(), default=0),
    )
