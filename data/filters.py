"""What the merchant asked to see: the query string of the list, parsed and written in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self, TypeVar
from urllib.parse import quote, urlencode

from data.levels import RiskLevel
from data.status import Status

E = TypeVar("E", bound=StrEnum)

LONGEST_SEARCH = 200
"""Characters of a search that are used; more is cut off."""


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


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """One state of the list. Unknown or unreadable parameters fall back to 'everything', never to an error."""

    store: str | None = None
    q: str = ""
    status: Status | None = None
    risk: RiskLevel | None = None
    sort: Sort = Sort.NEWEST

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read the address: ``store`` (a domain), ``q``, ``status``, ``risk``, ``sort``."""
        return cls(
            store=query.get("store") or None,
            q=_clean(query.get("q", "")),
            status=_member(Status, query.get("status")),
            risk=_member(RiskLevel, query.get("risk")),
            sort=_member(Sort, query.get("sort")) or Sort.NEWEST,
        )

    def to_query(self) -> dict[str, str]:
        """The parameters that say something, in a fixed order; ``from_query`` reads them back to an equal filter."""
        parts = {
            "store": self.store,
            "q": self.q,
            "status": self.status,
            "risk": self.risk,
            "sort": None if self.sort is Sort.NEWEST else self.sort,
        }
        return {name: str(value) for name, value in parts.items() if value}

    def list_address(self, place: "ListPlace | None" = None) -> str:
        """The address of the list in this state, scrolled to ``place``."""
        return _address("/", self.to_query() | (place.to_query() if place else {}))

    def session_address(self, cart_token: str, place: "ListPlace | None" = None) -> str:
        """The address of one session's details, remembering this list for the way back."""
        path = f"/sessions/{quote(cart_token, safe='')}"
        return _address(path, self.to_query() | (place.to_query() if place else {}))

    def without_conditions(self) -> Self:
        """The same store and order with nothing filtered."""
        return replace(self, q="", status=None, risk=None)

    @property
    def has_conditions(self) -> bool:
        """Whether anything narrows the list."""
        return bool(self.q or self.status or self.risk)


@dataclass(frozen=True, slots=True)
class ListPlace:
    """How far the list is scrolled: the first row on screen, counted under a pin (the newest id when it was loaded)."""

    row: int = 0
    until: int | None = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Read ``row`` and ``until`` of an address; a row without its pin means nothing."""
        row, until = _whole(query.get("row")), _whole(query.get("until"))
        return cls(row, until) if row and until else cls()

    def to_query(self) -> dict[str, str]:
        """The parameters of a place further down; none at the top."""
        return {"row": str(self.row), "until": str(self.until)} if self.row and self.until else {}


def _whole(text: str | None) -> int | None:
    # 2^63 is the largest id a database can hold.
    if text is None or not text.isascii() or not text.isdigit() or len(text) > 19:
        return None
    return min(int(text), 2**63 - 1)


def _address(path: str, query: dict[str, str]) -> str:
    return f"{path}?{urlencode(query)}" if query else path


def _clean(text: str) -> str:
    # Control characters and lone surrogates can neither be typed nor stored; they would only break the query.
    printable = "".join(c for c in text if c.isprintable())
    return printable.strip()[:LONGEST_SEARCH]


def _member(kind: type[E], value: str | None) -> E | None:
    try:
        return kind(value.lower()) if value else None
    except ValueError:
        return None
