"""The storefront beacon: what a shopper's browser reports of its own cart, as documents of the public event format.

Anybody can send what a beacon sends. So it counts only for a session that is there already, found by its cart token,
which only its shopper knows; it is granted what the store's timer grants and nothing else; and the address, the
program and the languages are those of the connection, never of the body.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson

from data.deliveries import Reading, for_cart
from data.event_format import LONGEST_AGENT, LONGEST_ID, EventError


class Signal(StrEnum):
    """What a beacon may report."""

    SEEN = "seen"
    RENEW = "renew"
    EXTEND = "extend"


OTHER = "other"
"""What is counted instead of a signal that cannot be read."""

MOST_SEEN = 64
"""Shoppers that one cart may be seen with in a day (UTC). A household and a telephone's networks are a handful."""

_TYPES = {
    Signal.SEEN: "shopper.seen",
    Signal.RENEW: "reservation.renewed",
    Signal.EXTEND: "reservation.extended",
}
_SHOPPER = {"ip": 64, "user_agent": LONGEST_AGENT, "accept_language": LONGEST_ID}  # characters that are kept


@dataclass(frozen=True, slots=True)
class Report:
    """What one beacon said."""

    signal: Signal
    cart_token: str


def understand(sent: bytes) -> Report:
    """Read what a browser sent: a cart token and a signal. Whatever else it says is left out. Raises EventError."""
    try:
        document = orjson.loads(sent)
    except orjson.JSONDecodeError:
        raise EventError("", "The body is not JSON.") from None
    if not isinstance(document, Mapping):
        raise EventError("", "The body must be a JSON object.")
    signal, token = document.get("signal"), document.get("cart_token")
    if not isinstance(signal, str) or signal not in _TYPES:
        raise EventError("signal", f"must be one of {', '.join(Signal)}")
    # Shopify appends "?key=…" to some tokens; it is a secret and not part of the token.
    token = token.strip().partition("?")[0] if isinstance(token, str) else ""
    if not 0 < len(token) <= LONGEST_ID or not token.isprintable():
        raise EventError("cart_token", f"must have 1 to {LONGEST_ID} printable characters")
    return Report(Signal(signal), token)


def body(report: Report, shopper: Mapping[str, str | None]) -> bytes:
    """What the inbox keeps of one report: the cart's token, and of who was seen what the connection showed.

    Whoever renews or extends has been seen before, or does not want to be.
    """
    kept = {"cart_token": report.cart_token}
    if report.signal is Signal.SEEN:
        kept |= {name: known[:most] for name, most in _SHOPPER.items() if (known := shopper.get(name))}
    return json.dumps(kept).encode()


def digest(kept: bytes, nonce: bytes) -> bytes:
    """What tells this report from all others: no two are the same delivery, however alike; their events may be."""
    return hashlib.sha256(nonce + kept).digest()


def read(
    topic: str, payload: object, *, digest: bytes, triggered_at: datetime | None, received_at: datetime
) -> Reading:
    """Understand one stored report. Raises EventError."""
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
    return Reading((document,), waits_for=for_cart(token))


def _once(topic: str, payload: Mapping[str, Any], received_at: datetime) -> str:
    """What makes a signal the same one again: a second renewal within a minute, the same shopper seen within a day.

    Anybody who knows a cart's token can make up shoppers. So those of a day share a number of places: whoever would
    take one that is taken already counts as seen.
    """
    if topic != Signal.SEEN:
        return f"{received_at:%Y%m%d%H%M}:" + _hashed(payload["cart_token"]).hex()[:32]
    shopper = _hashed(*(str(payload.get(name)) for name in _SHOPPER))
    place = int.from_bytes(shopper[:4], "big") % MOST_SEEN
    return f"{received_at:%Y%m%d}:" + _hashed(payload["cart_token"], str(place)).hex()[:32]


def _hashed(*parts: str) -> bytes:
    return hashlib.sha256("\0".join(parts).encode("utf-8", "replace")).digest()
