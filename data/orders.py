"""The orders of the list, each as stretches that follow one another and have an index to walk along. Pure.

One stretch alone cannot say "active ones by their time left, then all others newest first" without sorting them all.
"""

from dataclasses import dataclass

from data.filters import Sort


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of the list in one order: by ``columns``, all in one direction. The last column is always the id.

    ``condition`` is what its sessions have in common; ``index`` the index in this order. ``by_id`` is true where the
    counting tables know its sessions, ``selective`` where the index has few sessions but these.
    """

    columns: tuple[str, ...]
    descending: bool
    index: str
    condition: str = "1"
    by_id: bool = False
    selective: bool = False

    def order(self, *, backwards: bool = False) -> str:
        """What follows ORDER BY."""
        direction = " DESC" if self.descending != backwards else ""
        return ", ".join(f"s.{column}{direction}" for column in self.columns)

    def beyond(self, *, backwards: bool = False) -> str:
        """What is true of the sessions after (or before) the one whose columns are bound by their names."""
        sign = "<" if self.descending != backwards else ">"
        named = ", ".join(f"s.{column}" for column in self.columns)
        return f"({named}) {sign} ({', '.join(f':{column}' for column in self.columns)})"


def _newest(condition: str = "1", *, by_id: bool = True) -> Stretch:
    return Stretch(("id",), True, "ix_session_store_id", condition, by_id)


_ACTIVE = "s.status = 'active' AND s.expires_at IS NOT NULL"
_AFTER_ACTIVE = (
    _newest("s.status = 'active' AND s.expires_at IS NULL", by_id=False),
    _newest("s.status <> 'active'"),
)

STRETCHES: dict[Sort, tuple[Stretch, ...]] = {
    Sort.NEWEST: (_newest(),),
    Sort.OLDEST: (Stretch(("id",), False, "ix_session_store_id", by_id=True),),
    Sort.DEAREST: (Stretch(("value", "id"), True, "session_by_value"),),
    Sort.CHEAPEST: (Stretch(("value", "id"), False, "session_by_value"),),
    Sort.FIRST_TO_EXPIRE: (
        Stretch(("expires_at", "id"), False, "session_by_left", _ACTIVE, selective=True),
        *_AFTER_ACTIVE,
    ),
    Sort.LATEST_TO_EXPIRE: (
        Stretch(("expires_at", "id"), True, "session_by_left", _ACTIVE, selective=True),
        *_AFTER_ACTIVE,
    ),
    # A session that was not assessed is neither risky nor safe: at the end of both.
    Sort.RISKIEST: (
        Stretch(("risk_score", "id"), True, "session_by_score", "s.risk_score IS NOT NULL"),
        _newest("s.risk_score IS NULL", by_id=False),
    ),
    Sort.SAFEST: (
        Stretch(("risk_score", "id"), False, "session_by_score", "s.risk_score IS NOT NULL"),
        _newest("s.risk_score IS NULL", by_id=False),
    ),
}
