"""One list as the database sees it: a store's sessions under a filter, up to the pin of an open page."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Self

from data.columns import milliseconds
from data.filters import SessionFilter


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
        return {
            "store": self.store_id,
            "status": self.wanted.status and self.wanted.status.value,
            "risk": self.wanted.risk and self.wanted.risk.value,
            "until": self.until,
            "now": milliseconds(self.now),
        }

    @property
    def counted(self) -> str:
        """The conditions that the counting tables know: store, status, level."""
        return " AND ".join(["s.store_id = :store", *self._narrowing()])

    @property
    def pinned(self) -> str:
        """All conditions but the search."""
        return self.counted + self._pin()

    @property
    def beside_search(self) -> str:
        """The same beside an arm of a search: a plus keeps the planner from an index poorer than the arm's own."""
        return " AND ".join(["s.store_id = :store", *(f"+{said}" for said in self._narrowing())]) + self._pin()

    @property
    def narrowed(self) -> bool:
        """Whether status or level leave only a part of the store's sessions."""
        return self.wanted.status is not None or self.wanted.risk is not None

    @property
    def index(self) -> str:
        """The index that has the listing's sessions side by side, by store, status and level."""
        match self.wanted.status is not None, self.wanted.risk is not None:
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

    def _narrowing(self) -> list[str]:
        said = ["s.status = :status"] if self.wanted.status else []
        return [*said, "s.risk_level = :risk"] if self.wanted.risk else said

    def _pin(self) -> str:
        return "" if self.until is None else " AND s.id <= :until"
