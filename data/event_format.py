"""Reads the public event format: one JSON document in, one neutral event out, or the field that is wrong.

Identifiers that are too long are refused: cutting one would make it another. Texts that are only displayed are cut.
Fields that the format does not know are kept in ``raw`` and have no other effect.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from unicodedata import category

from data import money
from data.addresses import pack, shortened, unpack
from data.countries import is_country
from data.events import HASHED, CartLine, Event, EventType

MOST_LINES = 1_000
"""Lines of one cart."""

MOST_QUANTITY = 1_000_000_000
LARGEST_TOTAL = 2**53 - 1
"""Minor units of one cart: what a browser can still count exactly."""

LONGEST_ID, LONGEST_TITLE, LONGEST_AGENT = 255, 500, 1024
DEEPEST = 64
"""Levels of nesting that are accepted in one event."""

AHEAD = timedelta(minutes=5)
"""How far a source's clock may be ahead; what is later still is taken to have happened when it was received."""

# RFC 3339: a full date and time with an offset, nothing less.
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII)
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2200, 1, 1, tzinfo=UTC)


class EventError(ValueError):
    """One event that cannot be read. ``path`` names the field; the text is ``path: what it must be``."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(f"{path}: {message}" if path else message)
        self.path = path


def parse(document: object, *, currency: str, received_at: datetime) -> Event:
    """Read one event. ``currency`` is the store's, for events that name none. Raises EventError."""
    if not isinstance(document, Mapping):
        raise EventError("", "an event must be a JSON object")
    if _depth(document) > DEEPEST:
        raise EventError("", f"an event must not be nested deeper than {DEEPEST} levels")
    kind = _type(document)
    cart_token = _token(document)
    raw = _raw(document, cart_token)
    paid_in = _currency(document, currency)
    occurred_at, expires_at = _moment(document, "occurred_at"), _moment(document, "expires_at")
    if occurred_at is None:
        raise EventError("occurred_at", "is required")
    if occurred_at > received_at + AHEAD:
        # A clock that is ahead is ahead for both: the hold keeps its length.
        expires_at = expires_at and expires_at - (occurred_at - received_at)
        occurred_at = received_at
    return Event(
        type=kind,
        cart_token=cart_token,
        occurred_at=_whole(occurred_at),
        id=_identifier(document, "id") or HASHED + hashlib.sha256(raw.encode()).hexdigest(),
        currency=paid_in,
        raw=raw,
        expires_at=expires_at and _whole(expires_at),
        lines=_lines(document, paid_in),
        ip=_ip(document),
        user_agent=_agent(document),
        country=_country(document),
        accept_language=_text(document, "accept_language", LONGEST_ID),
        device_id=_identifier(document, "device_id"),
        checkout_token=_identifier(document, "checkout_token"),
        order_id=_identifier(document, "order_id"),
        reason=_text(document, "reason", LONGEST_ID),
    )


def without_full_ip(event: Event) -> Event:
    """The event with its address shortened to its network, also in ``raw``: for what may not be kept in full."""
    if event.ip is None:
        return event
    packed = pack(event.ip)
    return replace(event, ip=unpack(shortened(packed)) if packed else None, raw=raw_without_full_ip(event.raw))


def raw_without_full_ip(raw: str) -> str:
    """The stored text of an event with its address shortened; in the same form otherwise."""
    document = json.loads(raw)
    packed = pack(document["ip"]) if isinstance(document.get("ip"), str) else None
    if packed is None:
        return raw
    return json.dumps(document | {"ip": unpack(shortened(packed))}, ensure_ascii=False, sort_keys=True)


def _raw(document: Mapping[str, Any], cart_token: str) -> str:
    """The document as JSON text with its keys in order, so that the same event always gives the same text."""
    try:
        # With the token as it is kept: what follows its "?" is nothing to store.
        raw = json.dumps({**document, "cart_token": cart_token}, ensure_ascii=False, sort_keys=True, allow_nan=False)
    except (TypeError, ValueError):
        raise EventError("", "an event must not hold NaN or infinite numbers") from None
    return raw.encode("utf-8", "replace").decode()


def _whole(moment: datetime) -> datetime:
    """Cut to milliseconds, as they are stored: an event read again is the same event."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def _type(document: Mapping[str, Any]) -> EventType:
    try:
        return EventType(str(document.get("type")))
    except ValueError:
        raise EventError("type", f"must be one of {', '.join(EventType)}") from None


def _token(document: Mapping[str, Any]) -> str:
    token = _identifier(document, "cart_token", most=LONGEST_ID * 4)
    # Shopify appends "?key=…" to some tokens; it is a secret and not part of the token.
    token = token.partition("?")[0] if token else ""
    if not token:
        raise EventError("cart_token", "is required")
    if len(token) > LONGEST_ID:
        raise EventError("cart_token", f"must have 1 to {LONGEST_ID} characters")
    return token


def _currency(document: Mapping[str, Any], default: str) -> str:
    value = document.get("currency")
    if value is None:
        return default
    if not isinstance(value, str) or not money.known(value.upper()):
        raise EventError("currency", "must be a currency of ISO 4217, such as EUR")
    return value.upper()


def _moment(document: Mapping[str, Any], name: str) -> datetime | None:
    value = document.get(name)
    if value is None:
        return None
    wrong = EventError(name, "must be a time with offset (RFC 3339), such as 2026-03-01T12:30:00Z")
    if not isinstance(value, str) or not _MOMENT.fullmatch(value):
        raise wrong
    try:
        moment = datetime.fromisoformat(value.upper()).astimezone(UTC)
    except (ValueError, OverflowError):
        raise wrong from None
    if not _EARLIEST <= moment < _LATEST:
        raise EventError(name, "must be between the years 2000 and 2199")
    return moment


def _lines(document: Mapping[str, Any], currency: str) -> tuple[CartLine, ...] | None:
    value = document.get("lines")
    if value is None:
        return None
    if not isinstance(value, list):
        raise EventError("lines", "must be a list")
    if len(value) > MOST_LINES:
        raise EventError("lines", f"must have at most {MOST_LINES} entries")
    lines = tuple(_line(line, f"lines[{number}]", currency) for number, line in enumerate(value))
    if sum(line.quantity * line.unit_price for line in lines) > LARGEST_TOTAL:
        raise EventError("lines", "the total is too large")
    # Some sources report a line that was taken out as none of it.
    return tuple(line for line in lines if line.quantity)


def _line(value: object, path: str, currency: str) -> CartLine:
    if not isinstance(value, Mapping):
        raise EventError(path, "must be an object")
    quantity = value.get("quantity", 1)
    if isinstance(quantity, bool) or not isinstance(quantity, int):
        raise EventError(f"{path}.quantity", "must be a whole number")
    if not 0 <= quantity <= MOST_QUANTITY:
        raise EventError(f"{path}.quantity", f"must be between 0 and {MOST_QUANTITY}")
    price = value.get("unit_price", "0")
    try:
        if not isinstance(price, str):
            raise ValueError('must be a decimal amount in quotes, such as "49.95"')
        unit_price = money.to_minor(price, currency)
        if unit_price < 0:
            raise ValueError("must not be negative")
    except ValueError as problem:
        raise EventError(f"{path}.unit_price", str(problem)) from None
    return CartLine(
        product_id=_identifier(value, "product_id", path=f"{path}."),
        variant_id=_identifier(value, "variant_id", path=f"{path}."),
        title=_text(value, "title", LONGEST_TITLE, path=f"{path}.") or "",
        variant_title=_text(value, "variant_title", LONGEST_TITLE, path=f"{path}."),
        sku=_text(value, "sku", LONGEST_ID, path=f"{path}."),
        quantity=quantity,
        unit_price=unit_price,
    )


def _ip(document: Mapping[str, Any]) -> str | None:
    value = document.get("ip")
    if value is None or value == "":
        return None
    packed = pack(value) if isinstance(value, str) and len(value) <= 64 else None
    if packed is None:
        raise EventError("ip", "must be an IPv4 or IPv6 address")
    return unpack(packed)


def _country(document: Mapping[str, Any]) -> str | None:
    value = document.get("country")
    if value is None or value == "":
        return None
    if not isinstance(value, str) or not re.fullmatch("[A-Za-z][A-Za-z0-9]", value):
        raise EventError("country", "must be a code of ISO 3166-1 alpha-2, such as CZ")
    # XX and T1 are how networks say that they do not know (unknown, Tor).
    return value.upper() if is_country(value.upper()) else None


def _identifier(document: Mapping[str, Any], name: str, *, path: str = "", most: int = LONGEST_ID) -> str | None:
    value = document.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str):
        raise EventError(f"{path}{name}", "must be a string")
    if len(value) > most:
        raise EventError(f"{path}{name}", f"must have at most {most} characters")
    # Cc is what steers a terminal, Cs the broken half of a character. Marks of direction and the like may be there.
    if not value.isprintable() and any(category(c) in ("Cc", "Cs") for c in value):
        raise EventError(f"{path}{name}", "must not contain control characters or broken text")
    return value.strip() or None


def _text(document: Mapping[str, Any], name: str, most: int, *, path: str = "") -> str | None:
    value = document.get(name)
    if value is None:
        return None
    if not isinstance(value, str):
        raise EventError(f"{path}{name}", "must be a string")
    if value.isprintable():
        return value.strip()[:most] or None
    # Shown, never compared: broken characters become a question mark, control characters a space.
    readable = value[: most * 2].encode("utf-8", "replace").decode()
    return "".join(" " if category(c) == "Cc" else c for c in readable).strip()[:most] or None


def _agent(document: Mapping[str, Any]) -> str | None:
    """The user agent; "" where the shopper's program sent none, as tools do, None where the source does not say."""
    found = _text(document, "user_agent", LONGEST_AGENT)
    return "" if found is None and document.get("user_agent") is not None else found


def _depth(value: object) -> int:
    """Levels of nesting, found without recursion: the document may be deeper than Python's stack."""
    deepest, waiting = 0, [(value, 1)]
    while waiting and deepest <= DEEPEST:
        current, level = waiting.pop()
        deepest = max(deepest, level)
        inner = current.values() if isinstance(current, Mapping) else current if isinstance(current, list) else ()
        waiting.extend((child, level + 1) for child in inner if isinstance(child, Mapping | list))
    return deepest
