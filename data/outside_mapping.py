"""The mapping of an outside set: which column is what. A small TOML file, or a guess from names and first lines."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from data.events import TimelineKind
from data.outside_values import OutsideProblem, is_number, time_format


class SetKind(StrEnum):
    """What a line is: one event of a session, or one whole row (an order, an account, a visit)."""

    EVENTS = "events"
    ROWS = "rows"


ROW = "row"
"""The order of the lines, where there is no time."""


@dataclass(frozen=True, slots=True)
class OutsideMapping:
    """Names of columns. ``time`` may be several that are read as one; empty where the lines' order is all there is.

    ``label_delay`` is days until the label of a row is known. ``events`` is what a word in ``event`` means.
    """

    label: str = ""
    positive: str | None = None
    time: tuple[str, ...] = ()
    format: str | None = None
    order: str | None = None
    label_delay: float = 7.0
    session: str | None = None
    event: str | None = None
    ip: str | None = None
    device: str | None = None
    agent: str | None = None
    country: str | None = None
    product: str | None = None
    quantity: str | None = None
    entities: tuple[str, ...] = ()
    numbers: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    moments: tuple[str, ...] = ()
    events: Mapping[str, TimelineKind] = field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """Every column that it names, once."""
        single = [getattr(self, name) for name in _SINGLE]
        several = [one for name in _SEVERAL for one in getattr(self, name)]
        return tuple(dict.fromkeys(one for one in (*single, *several) if one))

    def text(self) -> str:
        """As a mapping file, to be kept and changed."""
        lines = []
        for one in fields(self):
            value = getattr(self, one.name)
            if value in (None, (), {}, "") or one.name == "events":
                continue
            if isinstance(value, tuple):
                value = value[0] if one.name == "time" and len(value) == 1 else list(value)
            lines.append(f"{one.name} = {_toml(value)}")
        if self.events:
            lines += ["", "[events]", *(f"{_toml(word)} = {_toml(kind.value)}" for word, kind in self.events.items())]
        return "\n".join(lines)


_SINGLE = ("label", "session", "event", "ip", "device", "agent", "country", "product", "quantity")
_SEVERAL = ("time", "entities", "numbers", "words", "moments")

# Normalised names, the likeliest first.
_NAMES: dict[str, tuple[str, ...]] = {
    "label": tuple(
        "label is_fraud isfraud fraud is_bot isbot bot fraud_flag chargeback is_chargeback is_bad bad class target "
        "revenue outcome".split()
    ),
    "time": tuple(
        "occurred_at event_time purchase_time transaction_time transaction_date order_time order_date timestamp "
        "datetime date_time created_at transactiondt time date ts at month".split()
    ),
    "session": tuple("session_id session sessionid sid cart_token cart_id visit_id session_token".split()),
    "event": tuple("event event_type action kind type".split()),
    "ip": tuple("ip ip_address ipaddress client_ip remote_addr source_ip".split()),
    "device": tuple("device_id deviceid device fingerprint visitor_id client_id cookie_id".split()),
    "agent": tuple("user_agent useragent http_user_agent ua agent".split()),
    "country": tuple("country country_code".split()),
    "product": tuple("variant_id product_id sku item_id product".split()),
    "quantity": tuple("quantity qty".split()),
}
_ENTITY = re.compile(
    r"(^|_)(email|card|card\d|card_number|account|customer|phone|user|bidder|payment_account)(_id|_hash)?$"
)
_NUMBERED = re.compile(r"(^|_)(id|index|number|no)$|^unnamed|^$")
_KINDS = (
    (re.compile(r"cart|add|remove|basket", re.I), TimelineKind.CART_UPDATED),
    (re.compile(r"checkout|begin_payment", re.I), TimelineKind.CHECKOUT_STARTED),
    (re.compile(r"purchase|order|convert|bought|paid", re.I), TimelineKind.CONVERTED),
    (re.compile(r"cancel|declin|fail", re.I), TimelineKind.CANCELLED),
    (re.compile(r"renew|heartbeat", re.I), TimelineKind.RENEWED),
    (re.compile(r"extend", re.I), TimelineKind.EXTENDED),
    (re.compile(r"expire|timeout", re.I), TimelineKind.EXPIRED),
)


def read(text: str, columns: Sequence[str]) -> OutsideMapping:
    """A mapping from TOML, for a set with these columns. Raises OutsideProblem, which names what is wrong."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise OutsideProblem(f"The mapping is not TOML: {error}.") from None
    except RecursionError:
        raise OutsideProblem("The mapping is nested too deeply.") from None
    known = {one.name for one in fields(OutsideMapping)}
    if unknown := sorted(document.keys() - known):
        raise OutsideProblem(
            f"The mapping has {unknown[0]}, which means nothing. It may have: {', '.join(sorted(known))}."
        )
    found: dict[str, Any] = {name: _checked(name, value) for name, value in document.items()}
    mapping = OutsideMapping(**found)
    for name in mapping.columns():
        if name not in columns:
            raise OutsideProblem(f"There is no column {name}. There are: {', '.join(columns)}.")
    if not mapping.label:
        raise OutsideProblem('The mapping names no label column. Add a line such as: label = "is_fraud".')
    if not mapping.time and mapping.order is None:
        raise OutsideProblem(
            'The mapping names no time. Add time = "…", or order = "row" where the lines are in order.'
        )
    return mapping


def guess(kind: SetKind, columns: Sequence[str], sample: Sequence[Sequence[str | None]]) -> OutsideMapping:
    """What the columns may be, from their names and the first lines. Raises OutsideProblem where no label is found."""
    values = {name: [row[place] for row in sample if row[place] is not None] for place, name in enumerate(columns)}
    plain = {name: re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") for name in columns}
    found: dict[str, str] = {}
    for role, names in _NAMES.items():
        if role in ("session", "event") and kind is SetKind.ROWS:
            continue
        for wanted in names:
            taken = next((n for n in columns if plain[n] == wanted and n not in found.values()), None)
            if taken is not None and _plausible(role, values[taken]):
                found[role] = taken
                break
    if "label" not in found:
        raise OutsideProblem(
            'No column looks like a label. Name it in a mapping file (--mapping): label = "…". '
            f"There are: {', '.join(columns)}."
        )
    time = found.pop("time", None)
    mapping = OutsideMapping(**found, time=(time,) if time else (), order=None if time else ROW)  # type: ignore[arg-type]  # found has its fields, checked above
    if mapping.event is not None:
        mapping = replace(mapping, events=_events(values[mapping.event]))
    return with_rest(mapping, kind, columns, sample)


def with_rest(
    mapping: OutsideMapping, kind: SetKind, columns: Sequence[str], sample: Sequence[Sequence[str | None]]
) -> OutsideMapping:
    """The mapping with a use for the columns that it does not name, where it names no numbers or words itself.

    What names each line by itself is of no use; neither is what has one value only.
    """
    if mapping.numbers or mapping.words or mapping.moments:
        return mapping
    numbers, words, moments, entities = [], [], [], list(mapping.entities)
    for place, name in enumerate(columns):
        if name in mapping.columns():
            continue
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")
        values = [row[place] for row in sample if row[place] is not None]
        different = len(set(values))
        if different < 2:
            continue
        if kind is SetKind.ROWS and _ENTITY.search(plain) and 0.02 * len(values) < different < len(values):
            entities.append(name)
        elif _NUMBERED.search(plain):
            continue
        elif sum(map(is_number, values)) >= 0.95 * len(values):
            numbers.append(name)
        elif time_format(values) is not None:
            moments.append(name)
        elif different <= max(50, 0.2 * len(values)):
            words.append(name)
    return replace(
        mapping, numbers=tuple(numbers), words=tuple(words), moments=tuple(moments), entities=tuple(entities)
    )


def kind_of(word: str) -> TimelineKind:
    """What an event that is called so may be; for what says nothing, a change of the cart."""
    return next((kind for pattern, kind in _KINDS if pattern.search(word)), TimelineKind.CART_UPDATED)


def _events(values: Sequence[str | None]) -> dict[str, TimelineKind]:
    return {word: kind_of(word) for word in sorted({one for one in values if one})[:100]}


def _plausible(role: str, values: Sequence[str | None]) -> bool:
    different = len(set(values))
    if role == "time":
        return time_format(values) is not None
    if role == "label":
        return 1 <= different <= 20
    if role == "device":
        return different > 30 or different == len(values)  # else it is a word such as "mobile"
    if role == "country":
        return all(one is not None and re.fullmatch(r"[A-Za-z]{2}", one) for one in values)
    return True


def _checked(name: str, value: object) -> object:
    if name == "time" and isinstance(value, str):
        return (value,)
    if name in _SEVERAL:
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise OutsideProblem(f"{name} must be a list of columns.")
        return tuple(value)
    if name == "events":
        return _kinds(value)
    if name == "label_delay":
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 10_000:
            raise OutsideProblem("label_delay must be a number of days.")
        return float(value)
    if name == "positive" and isinstance(value, bool | int | float):
        return str(value).lower()
    if not isinstance(value, str) or not value:
        raise OutsideProblem(f"{name} must be a text.")
    if name == "order" and value != ROW:
        raise OutsideProblem('order can be "row" only; where a column has the order, name it as time.')
    return value


def _kinds(value: object) -> dict[str, TimelineKind]:
    if not isinstance(value, dict):
        raise OutsideProblem("events must be a table of words and kinds.")
    found = {}
    for word, kind in value.items():
        try:
            found[word] = TimelineKind(kind)
        except ValueError:
            raise OutsideProblem(f"{kind} is no kind of event. There are: {', '.join(TimelineKind)}.") from None
    return found


def _toml(value: object) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float | int):
        return f"{value:g}"
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'
