"""The values of an outside set: times in the spellings that are about, labels in theirs, numbers, addresses."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from ipaddress import IPv4Address
from math import isfinite

from data.addresses import pack


class OutsideProblem(ValueError):
    """Why a set cannot be evaluated; one sentence that names what to change."""


Clock = Callable[[str], int]
"""From a text to milliseconds; raises ValueError."""

ISO, NUMBER, MONTH = "iso", "number", "month"
"""The formats beside those of strptime."""

_FORMATS = (
    "%d/%b/%Y:%H:%M:%S %z",
    "%m/%d/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%d/%m/%Y %H:%M",
    "%Y/%m/%d %H:%M:%S",
    "%Y-%m-%d %H:%M:%S %Z",
    "%m/%d/%Y",
    "%d/%m/%Y",
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
)
_MONTHS = {
    name: number for number, name in enumerate("jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}
_TRUE = frozenset("1 1.0 true t yes y bad fraud fraudulent bot robot attack abuse malicious positive".split())
_FALSE = frozenset("0 0.0 -1 -1.0 false f no n good ok human legit legitimate normal genuine benign negative".split())
_DAY = 86_400_000


def time_format(values: Sequence[str | None]) -> str | None:
    """The format that reads all of these; None where there is none, or where there are no values."""
    known = [one for one in values if one][:500]
    if not known:
        return None
    for wanted in (ISO, NUMBER, MONTH, *_FORMATS):
        clock = clock_of(wanted)
        try:
            for one in known:
                clock(one)
        except (ValueError, OverflowError):
            continue
        return wanted
    return None


def clock_of(wanted: str) -> Clock:
    """What reads times of a format: ISO, NUMBER, MONTH, or one of strptime's."""
    if wanted == ISO:
        return _iso
    if wanted == NUMBER:
        return _number
    if wanted == MONTH:
        return _month
    return lambda text: _milliseconds(datetime.strptime(text.strip(" []"), wanted))  # noqa: DTZ007  # UTC if unsaid


def label(text: str, positive: str | None) -> bool | None:
    """Whether a label says bad; None where it says nothing that is known."""
    word = text.strip().lower()
    if positive is not None:
        return word == positive.strip().lower() or _same_number(word, positive)
    if word in _TRUE:
        return True
    return False if word in _FALSE else None


def is_number(text: str | None) -> bool:
    """Whether a text is a number that can be reckoned with."""
    return text is not None and number(text) is not None


def number(text: str) -> float | None:
    """The number that a text is; None for none, and for what is endless."""
    try:
        found = float(text)
    except ValueError:
        return None
    return found if isfinite(found) else None


def address(text: str) -> bytes:
    """An address as 16 bytes. A number is read as IPv4; what was disguised stays one of its own."""
    packed = pack(text)
    if packed is not None:
        return packed
    found = number(text)
    if found is not None and 0x01000000 <= found < 2**32:
        packed = pack(str(IPv4Address(int(found))))
        if packed is not None:
            return packed
    return sha256(text.encode("utf-8", "replace")).digest()[:16]


def _same_number(one: str, other: str) -> bool:
    first, second = number(one), number(other)
    return first is not None and first == second


def _milliseconds(moment: datetime) -> int:
    return round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)


def _iso(text: str) -> int:
    if len(text) < 8 or not text[:4].isdigit() or text[4] not in "-":
        raise ValueError
    return _milliseconds(datetime.fromisoformat(text.strip()))


def _number(text: str) -> int:
    """Seconds, milliseconds or microseconds since 1970, by their size; small numbers are seconds since the first."""
    found = float(text)
    if not isfinite(found) or abs(found) > 1e17:
        raise ValueError
    for limit, factor in ((1e11, 1000.0), (1e14, 1.0)):
        if abs(found) < limit:
            return round(found * factor)
    return round(found / 1000.0)


def _month(text: str) -> int:
    found = _MONTHS.get(text.strip()[:3].lower())
    if found is None or not text.strip().isalpha():
        raise ValueError
    return found * 31 * _DAY
