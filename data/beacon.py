"""The storefront beacon: what a shopper's browser reports of its own cart, as documents of the public event format.

Anybody can send what a beacon sends. So it counts only for a session that is there already, found by its cart token,
which only its shopper knows; it is granted what the store's timer grants and nothing else; and the address, the
program and the languages are those of the connection, never of the body.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from data.deliveries import Reading
from data.event_format import EventError


class Signal(StrEnum):
    """What a beacon may report."""

    SEEN = "seen"
    RENEW = "renew"
    EXTEND = "extend"


_TYPES = {
    Signal.SEEN: "shopper.seen",
    Signal.RENEW: "reservation.renewed",
    Signal.EXTEND: "reservation.extended",
}
_SHOPPER = ("ip", "user_agent", "accept_language")


def body(cart_token: str, shopper: Mapping[str, str | None]) -> bytes:
    """What the inbox keeps of one signal: the cart's token, and the shopper as the connection showed them."""
    known = {name: shopper[name] for name in _SHOPPER if shopper.get(name)}
    return json.dumps({"cart_token": cart_token} | known).encode()


def read(
    topic: str, payload: object, *, digest: bytes, triggered_at: datetime | None, received_at: datetime
) -> Reading:
    """Understand one stored signal. Raises EventError."""
    if not isinstance(payload, Mapping) or not isinstance(payload.get("cart_token"), str):
        raise EventError("cart_token", "is required")
    if topic not in _TYPES:
        raise EventError("type", f"must be one of {', '.join(Signal)}")
    token = payload["cart_token"]
    document: dict[str, Any] = {
        "type": _TYPES[Signal(topic)],
        "id": f"beacon:{topic}:{_once(topic, payload, received_at)}",
        "occurred_at": received_at.isoformat(timespec="milliseconds"),
    }
    if topic == Signal.SEEN:
        document |= {name: payload.get(name) for name in _SHOPPER}
    return Reading((document,), waits_for=f"cart:{token}")


def _once(topic: str, payload: Mapping[str, Any], received_at: datetime) -> str:
    """What makes a signal the same one again: the same shopper seen, or a second renewal within a minute."""
    token = payload["cart_token"]
    parts = [token, *(str(payload.get(name)) for name in _SHOPPER)] if topic == Signal.SEEN else [token]
    when = "" if topic == Signal.SEEN else f"{received_at:%Y%m%d%H%M}:"
    return when + hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()[:32]
