"""How far the list is scrolled, as it stands in an address."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self


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
