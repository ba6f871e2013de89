"""Reads the sessions of an import: one row of a CSV file or one JSON object in, one checked session out.

Every value may be text, as in CSV; JSON may also hold numbers. Empty texts and the word NULL, which databases write
into their exports, mean "not known". What the format does not name is kept as it came and has no other effect.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

import orjson

from data import money
from data.addresses import pack
from data.countries import is_country
from data.event_format import AHEAD, LONGEST_AGENT, LONGEST_ID, EventError
from data.levels import RiskLevel
from data.status import Status

REQUIRED = ("cart_token", "status", "started_at", "currency", "value", "item_count")
FIELDS = frozenset(REQUIRED) | {
    "risk_level",
    "risk_score",
    "ip",
    "country",
    "user_agent",
    "expires_at",
    "last_activity_at",
    "ended_at",
    "cart_updates",
    "renewals",
    "max_renewals",
    "manual_extends",
    "store",
}

MOST_VALUE = 2**53 - 1
"""Minor units of one cart: what a browser can still count exactly."""

_MOST_COUNT = 1_000_000_000
_EARLIEST, _LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})", re.ASCII)  # RFC 3339
_WHOLE = re.compile(r"[+-]?\d{1,18}", re.ASCII)
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_COUNTRY = re.compile(r"[A-Z][A-Z0-9]")

Row = Mapping[str, Any]
Read = TypeVar("Read")
Named = TypeVar("Named", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ImportedSession:
    """One session as a file tells it. ``value`` in minor units of ``currency``; ``ip`` packed (data.addresses).

    ``extra`` is the whole row as JSON where it holds more than the format knows.
    """

    cart_token: str
    status: Status
    started_at: datetime
    last_activity_at: datetime
    ended_at: datetime | None
    expires_at: datetime | None
    currency: str
    value: int
    item_count: int
    risk_level: RiskLevel | None
    risk_score: int | None
    ip: bytes | None
    country: str | None
    user_agent: str | None
    cart_updates: int
    renewals: int
    max_renewals: int | None
    manual_extends: int
    extra: str | None


def parse(row: Row, *, now: datetime) -> ImportedSession:
    """Read one session. Raises EventError with the field that is wrong."""
    known = {name: value for name, value in row.items() if not _empty(value)}
    for name in REQUIRED:
        if name not in known:
            raise EventError(name, "is required")
    currency = _currency(known["currency"], "currency")
    status = _status(known["status"], "status")
    started_at = _moment(known["started_at"], "started_at")
    ended_at = _maybe(_moment, known, "ended_at")
    expires_at = _maybe(_moment, known, "expires_at")
    last_activity_at = _maybe(_moment, known, "last_activity_at")
    for name, moment in (("started_at", started_at), ("ended_at", ended_at), ("last_activity_at", last_activity_at)):
        if moment is not None and moment > now + AHEAD:
            raise EventError(name, "must not be in the future")
    for name, moment in (("ended_at", ended_at), ("expires_at", expires_at), ("last_activity_at", last_activity_at)):
        if moment is not None and moment < started_at:
            raise EventError(name, "must not be before started_at")
    if ended_at is not None and status is Status.ACTIVE:
        raise EventError("ended_at", "must be empty for a session that is active")
    return ImportedSession(
        cart_token=_token(known["cart_token"], "cart_token"),
        status=status,
        started_at=started_at,
        last_activity_at=last_activity_at or ended_at or started_at,
        ended_at=ended_at,
        expires_at=expires_at,
        currency=currency,
        value=_value(known["value"], currency),
        item_count=_count(known["item_count"], "item_count"),
        risk_level=_maybe(_level, known, "risk_level"),
        risk_score=_maybe(_score, known, "risk_score"),
        ip=_maybe(_ip, known, "ip"),
        country=_maybe(_country, known, "country"),
        user_agent=_maybe(_agent, known, "user_agent"),
        cart_updates=_maybe(_count, known, "cart_updates") or 0,
        renewals=_maybe(_count, known, "renewals") or 0,
        max_renewals=_maybe(_count, known, "max_renewals"),
        manual_extends=_maybe(_count, known, "manual_extends") or 0,
        extra=None if known.keys() <= FIELDS else orjson.dumps(known, option=orjson.OPT_SORT_KEYS).decode(),
    )


def store_of(row: Row) -> str | None:
    """The domain of the store that the row names. Raises EventError."""
    value = row.get("store")
    return None if _empty(value) else _text(value, "store").lower()


def _empty(value: object) -> bool:
    if not isinstance(value, str):
        return value is None
    return not value or value.isspace() or (len(value) == 4 and value.upper() == "NULL")


def _maybe(read: Callable[[object, str], Read], row: Row, name: str) -> Read | None:
    value = row.get(name)
    return None if value is None else read(value, name)


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise EventError(name, "must be a string")
    return value.strip()


def _token(value: object, name: str) -> str:
    # Shopify appends "?key=…" to some tokens; it is a secret and not part of the token.
    token = _text(value, name).partition("?")[0]
    if not 1 <= len(token) <= LONGEST_ID:
        raise EventError(name, f"must have 1 to {LONGEST_ID} characters")
    if _CONTROL.search(token):
        raise EventError(name, "must not contain control characters")
    return token


def _status(value: object, name: str) -> Status:
    return _member(Status, value, name)


def _level(value: object, name: str) -> RiskLevel:
    return _member(RiskLevel, value, name)


def _member(names: type[Named], value: object, name: str) -> Named:
    try:
        return names(_text(value, name).lower())
    except ValueError:
        raise EventError(name, f"must be one of {', '.join(names)}") from None


def _currency(value: object, name: str) -> str:
    currency = _text(value, name).upper()
    if not money.known(currency):
        raise EventError(name, "must be a currency of ISO 4217, such as EUR")
    return currency


def _value(value: object, currency: str) -> int:
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError('must be a decimal amount, such as "49.95"')
        # The shortest text of a float is what its author wrote.
        amount = money.to_minor(str(value).strip(), currency)
        if amount < 0:
            raise ValueError("must not be negative")
        if amount > MOST_VALUE:
            raise ValueError("is too large")
    except ValueError as problem:
        raise EventError("value", str(problem)) from None
    return amount


def _count(value: object, name: str, *, most: int = _MOST_COUNT) -> int:
    if isinstance(value, str) and _WHOLE.fullmatch(value.strip()):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise EventError(name, "must be a whole number")
    if not 0 <= value <= most:
        raise EventError(name, f"must be between 0 and {most}")
    return value


def _score(value: object, name: str) -> int:
    return _count(value, name, most=100)


def _moment(value: object, name: str) -> datetime:
    text = value.strip().upper() if isinstance(value, str) else ""
    try:
        if not _MOMENT.fullmatch(text):
            raise ValueError
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise EventError(name, "must be a time with offset (RFC 3339), such as 2026-03-01T12:30:00Z") from None
    if not _EARLIEST <= moment < _LATEST:
        raise EventError(name, "must be between the years 2000 and 2199")
    return moment


def _ip(value: object, name: str) -> bytes:
    packed = pack(_text(value, name)[:64])
    if packed is None:
        raise EventError(name, "must be an IPv4 or IPv6 address")
    return packed


def _country(value: object, name: str) -> str | None:
    code = _text(value, name).upper()
    if not _COUNTRY.fullmatch(code):
        raise EventError(name, "must be a code of ISO 3166-1 alpha-2, such as CZ")
    # XX and T1 are how networks say that they do not know (unknown, Tor).
    return code if is_country(code) else None


def _agent(value: object, name: str) -> str | None:
    # Shown, never compared: control characters become spaces, and what is too long is cut.
    return _CONTROL.sub(" ", _text(value, name)[:LONGEST_AGENT]).strip() or None
