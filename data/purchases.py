"""Puts the rows of Shopify's exports together: those of an order, or of an abandoned checkout, follow one another.

An order with a line that cannot be read is not imported at all: half of it would be another order.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import orjson

from data.event_format import MOST_LINES
from data.import_file import ImportFile, NumberedRow, Rejection
from data.shopify_csv import ADDRESS, CREATED, NAME, NUMBER, ExportRow, cells_of

_MOST_NAMES = 1_000  # of lines in a row that cannot be read


@dataclass(slots=True)
class Purchase:
    """An order or a checkout: its rows, at most one more than a cart may have. ``broken`` is a line that is missing."""

    rows: list[ExportRow] = field(default_factory=list)
    broken: int | None = None

    @property
    def first(self) -> ExportRow:
        """The row that tells of all of it."""
        return self.rows[0]

    def has(self, cells: Mapping[str, str]) -> bool:
        """Whether these cells are one of its further rows. Orders may have the same Name, but not the same Id."""
        name, number = cells.get(NAME), cells.get(NUMBER)
        own_name, own_number = self.first.cells.get(NAME), self.first.cells.get(NUMBER)
        if number and (own_number or not name):
            return number == own_number
        if name:
            return name == own_name and not number
        return CREATED not in cells  # what has none of these does not begin anything

    def add(self, row: ExportRow) -> None:
        """Take in a further row."""
        if len(self.rows) <= MOST_LINES:
            self.rows.append(row)


def gathered(file: ImportFile) -> Iterator[Purchase | Rejection]:
    """The orders or checkouts of a file, one at a time; every line that cannot be read; every order that lacks one."""
    current: Purchase | None = None
    unread: dict[str, int] = {}  # what cannot be read since the current one began: which name, which line
    for row in file.rows():
        if isinstance(row, Rejection):
            yield replace(row, content="")
            name = _called(cells_of(file.glimpse(row.content)))
            if current and name in (None, _called(current.first.cells)):
                current.broken = current.broken or row.line
            elif name and len(unread) < _MOST_NAMES:
                unread.setdefault(name, row.line)
            continue
        cells = cells_of(row.fields)
        if not cells:
            continue
        if current and current.has(cells):
            current.broken = current.broken or next(iter(unread.values()), None)
            current.add(ExportRow(row.line, cells))
            continue
        if current:
            yield _whole(current)
        current = _begun(row, cells, unread)
        unread = {}
    if current:
        yield _whole(current)


def shown(row: ExportRow) -> str:
    """What a report repeats of a row, as JSON: nothing that is about people or leads to them."""
    return orjson.dumps({column: cell for column, cell in row.cells.items() if column != ADDRESS}).decode()


def _begun(row: NumberedRow, cells: Mapping[str, str], unread: Mapping[str, int]) -> Purchase:
    return Purchase([ExportRow(row.line, cells)], broken=unread.get(_called(cells) or ""))


def _whole(purchase: Purchase) -> Purchase | Rejection:
    if purchase.broken is None:
        return purchase
    message = f"was not imported: line {purchase.broken} belongs to it and cannot be read"
    return Rejection(purchase.first.line, None, message, shown(purchase.first))


def _called(cells: Mapping[str, str]) -> str | None:
    return cells.get(NAME) or cells.get(NUMBER)
