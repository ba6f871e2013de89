"""What the merchant asked to see: the query string of the list, parsed and written in one place."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from ipaddress import ip_network
from typing import Any, Final, Self, TypeVar
from urllib.parse import quote, urlencode

from data.countries import is_country
from data.levels import RiskLevel
from data.list_place import ListPlace
from data.status import Status

E = TypeVar("E", bound=StrEnum)

LONGEST_SEARCH = 200
"""Characters of a search that are used; more is cut off."""

LONGEST_VALUE = 255
"""Characters of a device id or a cart token that is filtered by; longer ones are not looked for."""

MOST_VALUES = 20
"""Values of one kind that can be excluded; more are left out."""

NOWHERE: Final = "ZZ"
"""What stands for sessions whose country is not known: CLDR's code of the unknown region."""


class Sort(StrEnum):
    """An order of the list; a leading minus means the largest first, as in the address."""

    NEWEST = "-started"
    OLDEST = "started"
    DEAREST = "-value"
    CHEAPEST = "value"
    LATEST_TO_EXPIRE = "-left"
    FIRST_TO_EXPIRE = "left"
    RISKIEST = "-score"
    SAFEST = "score"


class DeviceKind(StrEnum):
    """Kinds of devices, as ``data.devices`` names them."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    TABLET = "tablet"
    BOT = "bot"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Chip:
    """One condition that has no control of its own: the parameter it is written as, and its value."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """One state of the list. Unknown or unreadable parameters fall back to 'everything', never to an error.

    ``country`` is a code, or NOWHERE; ``ip`` an address or a network as CIDR; ``like`` a cart token: sessions whose
    cart is nearly the same as its. What begins with ``not_`` is left out.
    """

    store: str | None = None
    q: str = ""
    status: Status | None = None
    risk: RiskLevel | None = None
    sort: Sort = Sort.NEWEST
    country: str | None = None
    device: DeviceKind | None = None
    ip: str | None = None
    device_id: str | None = None
    like: str | None = None
    not_status: tuple[Status, ...] = ()
    not_risk: tuple[RiskLevel, ...] = ()
    not_country: tuple[str, ...] = ()
    not_device: tuple[DeviceKind, ...] = ()
    not_ip: tuple[str, ...] = ()

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the address: ``store`` (a domain), ``q``, ``sort``, and the conditions by their names.

        Several values that are left out are parted by commas.
        """
        conditions: dict[str, Any] = {name: read(query.get(name, "")) for name, read in _VALUES.items()}
        conditions |= {name: _several(read, query.get(name, "")) for name, read in _EXCLUDED.items()}
        return cls(
            store=query.get("store") or None,
            q=_clean(query.get("q", "")),
            sort=_member(Sort, query.get("sort", "")) or Sort.NEWEST,
            **conditions,
        )

    def to_query(self) -> dict[str, str]:
        """The parameters that say something, in a fixed order; ``from_query`` reads them back to an equal filter."""
        parts: dict[str, str | None] = {"store": self.store, "q": self.q}
        parts |= {name: getattr(self, name) for name in _VALUES}
        parts |= {name: ",".join(getattr(self, name)) for name in _EXCLUDED}
        parts["sort"] = None if self.sort is Sort.NEWEST else self.sort
        return {name: str(value) for name, value in parts.items() if value}

    def list_address(self, place: ListPlace | None = None) -> str:
        """The address of the list in this state, scrolled to ``place``."""
        return _address("/", self.to_query() | (place.to_query() if place else {}))

    def session_address(self, cart_token: str, place: ListPlace | None = None) -> str:
        """The address of one session's details, remembering this list for the way back."""
        path = f"/sessions/{quote(cart_token, safe='')}"
        return _address(path, self.to_query() | (place.to_query() if place else {}))

    def only(self, name: str, value: str) -> Self:
        """The same with only this value of a condition, be it excluded so far or not; itself for an unknown one."""
        if name not in _VALUES or _VALUES[name](value) is None:
            return self
        return self._with({name: value, f"not_{name}": ""})

    def excluding(self, name: str, value: str) -> Self:
        """The same without the sessions that have this value; itself where such cannot be excluded."""
        excluded = f"not_{name}"
        if excluded not in _EXCLUDED or _VALUES[name](value) is None:
            return self
        kept = "" if getattr(self, name) == _VALUES[name](value) else getattr(self, name) or ""
        return self._with({name: kept, excluded: ",".join([*getattr(self, excluded), value])})

    def without(self, chip: Chip) -> Self:
        """The same with one condition less."""
        if chip.name in _EXCLUDED:
            left = [value for value in getattr(self, chip.name) if value != chip.value]
            return self._with({chip.name: ",".join(left)})
        return self._with({chip.name: ""}) if chip in self.chips else self

    def without_conditions(self) -> Self:
        """The same store and order with nothing filtered."""
        return self.__class__(store=self.store, sort=self.sort)

    @property
    def has_conditions(self) -> bool:
        """Whether anything narrows the list."""
        return self != self.without_conditions()

    @property
    def chips(self) -> tuple[Chip, ...]:
        """The conditions beside those that have a control of their own: search, status and level."""
        single = [name for name in _VALUES if name not in ("status", "risk") and getattr(self, name)]
        several = [Chip(name, value) for name in _EXCLUDED for value in getattr(self, name)]
        return (*(Chip(name, getattr(self, name)) for name in single), *several)

    @property
    def statuses(self) -> tuple[Status, ...]:
        """The statuses that are left."""
        return tuple(one for one in ([self.status] if self.status else Status) if one not in self.not_status)

    @property
    def levels(self) -> tuple[RiskLevel, ...]:
        """The risk levels that are left."""
        return tuple(one for one in ([self.risk] if self.risk else RiskLevel) if one not in self.not_risk)

    @property
    def devices(self) -> tuple[DeviceKind, ...]:
        """The kinds of devices that are left."""
        return tuple(one for one in ([self.device] if self.device else DeviceKind) if one not in self.not_device)

    @property
    def searches(self) -> bool:
        """Whether it asks for more than store, status and level, so that sessions have to be looked for."""
        beside = replace(self, status=None, risk=None, not_status=(), not_risk=())
        return beside.has_conditions

    def _with(self, changed: dict[str, str]) -> Self:
        return self.from_query(self.to_query() | changed)


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _clean(text: str) -> str:
    # Control characters and lone surrogates can neither be typed nor stored; they would only break the query.
    printable = "".join(c for c in text if c.isprintable())
    return printable.strip()[:LONGEST_SEARCH]


def _member(kind: type[E], value: str) -> E | None:
    try:
        return kind(value.lower()) if value else None
    except ValueError:
        return None


def _country(text: str) -> str | None:
    code = text.upper()
    return code if code == NOWHERE or is_country(code) else None


def _network(text: str) -> str | None:
    """An address or a network as it is usually written; bits of the host are dropped."""
    try:
        found = ip_network(text.strip(), strict=False) if "%" not in text else None
    except ValueError:
        return None
    if found is None:
        return None
    return str(found.network_address) if found.num_addresses == 1 else str(found)


def _exact(text: str) -> str | None:
    # Taken as it is, whatever characters a shop has put into it, as far as they can be stored at all.
    storable = not any("\ud800" <= character <= "\udfff" for character in text)
    return text if 0 < len(text) <= LONGEST_VALUE and storable else None


def _several(read: Callable[[str], E | str | None], text: str) -> tuple[E | str, ...]:
    parts = text.split(",", MOST_VALUES)[:MOST_VALUES]
    found = {value for part in parts if len(part) <= LONGEST_VALUE and (value := read(part)) is not None}
    return tuple(sorted(found))


_VALUES: Final[dict[str, Callable[[str], Any]]] = {
    "status": lambda text: _member(Status, text),
    "risk": lambda text: _member(RiskLevel, text),
    "country": _country,
    "device": lambda text: _member(DeviceKind, text),
    "ip": _network,
    "device_id": _exact,
    "like": _exact,
}
_EXCLUDED: Final[dict[str, Callable[[str], Any]]] = {
    f"not_{name}": _VALUES[name] for name in ("status", "risk", "country", "device", "ip")
}
