"""One list as the database sees it: a store's sessions under a filter, up to the pin of an open page."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import product
from typing import Any, Self

from data.columns import milliseconds
from data.filters import SessionFilter
from data.levels import RiskLevel
from data.status import Status


@dataclass(frozen=True, slots=True)
class Listing:
    """The conditions of a list as SQL, on ``s``, with the ``values`` they are bound to.

    ``until`` is the pin: sessions with larger ids are not in the list (yet). ``now`` decides which active sessions show
    as expired; the filter goes by the stored status, which the sweep brings up to date within seconds.
    """

    store_id: int
    wanted: SessionFilter
    now: datetime
    locale: str
    until: int | None

    @property
    def values(self) -> dict[str, Any]:
        """What the conditions are bound to."""
        values: dict[str, Any] = {"store": self.store_id, "until": self.until, "now": milliseconds(self.now)}
        values |= {f"status{number}": one.value for number, one in enumerate(self.wanted.statuses)}
        return values | {f"risk{number}": one.value for number, one in enumerate(self.wanted.levels)}

    @property
    def counted(self) -> str:
        """The conditions that the counting tables know: store, status, level."""
        return " AND ".join(["s.store_id = :store", *self._narrowing()])

    @property
    def pinned(self) -> str:
        """All conditions but those that have to be searched for."""
        return self.counted + self._pin()

    @property
    def branches(self) -> list[str]:
        """The same in parts, each of one status and one level or of all: an index has each part in the order of ids."""
        if self.impossible:
            return []
        ways = product(_single(self._statuses, "status"), _single(self._levels, "risk"))
        return [" AND ".join(["s.store_id = :store", *filter(None, way)]) + self._pin() for way in ways]

    @property
    def beside_search(self) -> str:
        """The same beside an arm of a search: a plus keeps the planner from an index poorer than the arm's own."""
        return " AND ".join(["s.store_id = :store", *(f"+{said}" for said in self._narrowing())]) + self._pin()

    @property
    def impossible(self) -> bool:
        """Whether every status or every level is left out."""
        return not self.wanted.statuses or not self.wanted.levels

    @property
    def narrowed(self) -> bool:
        """Whether status or level leave only a part of the store's sessions."""
        return bool(self._narrowing())

    @property
    def index(self) -> str:
        """The index that has the listing's sessions side by side, by store, status and level."""
        match bool(self._statuses), bool(self._levels):
            case True, True:
                return "session_by_status_risk"
            case True, False:
                return "session_by_status"
            case False, True:
                return "session_by_risk"
            case _:
                return "ix_session_store_id"

    def everything(self) -> Self:
        """All sessions of the store."""
        return replace(self, wanted=SessionFilter(), until=None)

    @property
    def _statuses(self) -> Sequence[Status]:
        """The statuses to ask for; none where all are left."""
        return self.wanted.statuses if len(self.wanted.statuses) < len(Status) else ()

    @property
    def _levels(self) -> Sequence[RiskLevel]:
        return self.wanted.levels if len(self.wanted.levels) < len(RiskLevel) else ()

    def _narrowing(self) -> list[str]:
        if self.impossible:
            return ["0"]
        return [*_any_of("s.status", self._statuses, "status"), *_any_of("s.risk_level", self._levels, "risk")]

    def _pin(self) -> str:
        return "" if self.until is None else " AND s.id <= :until"


def _any_of(column: str, values: Sequence[object], name: str) -> list[str]:
    if len(values) < 2:
        return [f"{column} = :{name}0"] if values else []
    return [f"{column} IN ({', '.join(f':{name}{number}' for number in range(len(values)))})"]


def _single(values: Sequence[object], name: str) -> list[str | None]:
    column = "s.status" if name == "status" else "s.risk_level"
    return [f"{column} = :{name}{number}" for number in range(len(values))] or [None]
