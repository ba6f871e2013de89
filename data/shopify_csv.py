"""Shopify's CSV exports of orders and of abandoned checkouts: what their rows say, as neutral events. Pure.

There is a row for each line item. The first row of an order has what is known of the order; the others repeat its Name
and perhaps a little more. Most columns are about people: of each row only what ``cells_of`` names is ever looked at.
The columns are those seen in exported files; Shopify promises none of them.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from data.event_format import MOST_LINES, EventError, parse
from data.events import Event

NAME, NUMBER, CREATED, CANCELLED = "Name", "Id", "Created at", "Cancelled at"
CURRENCY, SOURCE, RECOVERY, ADDRESS = "Currency", "Source", "Recovery Status", "Abandoned Checkout URL"
TITLE, SKU, QUANTITY, PRICE = "Lineitem name", "Lineitem sku", "Lineitem quantity", "Lineitem price"

_READ = {
    column.lower(): column
    for column in (NAME, NUMBER, CREATED, CANCELLED, CURRENCY, SOURCE, RECOVERY, ADDRESS, TITLE, SKU, QUANTITY, PRICE)
}
_ONLY_ORDERS = {"financial status", "paid at", "fulfillment status", "fulfilled at"}
_ONLY_CHECKOUTS = {"recovery status", "email status", "abandoned checkout url"}

_LONGEST = 1_000  # characters of a cell: more than any of them may have, and of a title more than is shown
_NOTHING = {"NULL", "FALSE"}  # what some exports write where nothing is
_GUARD = re.compile(r"\A'(?=[=+\-@])")  # keeps spreadsheets from taking a title for a formula
_MOMENT = re.compile(r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}) ?(?:([+-]\d{2}):?(\d{2})|Z|UTC)", re.ASCII)
_KEY = re.compile(r"[0-9A-Za-z_-]{1,64}", re.ASCII)
_WHOLE = re.compile(r"-?\d{1,18}", re.ASCII)
# https://shop.example/123456/checkouts/ac/TOKEN/recover?key=SECRET, with or without what says which kind it is
_TOKEN = re.compile(r"/checkouts/(?:[a-z]{1,3}/)?([0-9A-Za-z_-]{16,255})(?=[/?]|$)", re.ASCII)
_LINE_PATH = re.compile(r"lines\[(\d+)\]\.(\w+)")
_BLAMED = {"title": TITLE, "sku": SKU, "quantity": QUANTITY, "unit_price": PRICE, "lines": PRICE, "currency": CURRENCY}


class Export(StrEnum):
    """What a file was exported from."""

    ORDERS = "orders"
    CHECKOUTS = "checkouts"


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One row: the number of its line, and its cells that are read and not empty, by their column."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class ImportedPurchase:
    """An order or an abandoned checkout, as events of a cart token that an import made up for it."""

    events: tuple[Event, ...]


class RowError(EventError):
    """An order or a checkout that cannot be imported; ``row`` is the one to blame, ``path`` its column."""

    def __init__(self, row: ExportRow, column: str, message: str) -> None:
        super().__init__(column, message)
        self.row = row


def order_token(number: str) -> str:
    """The cart token that an import makes up for an order: an export does not say which cart it came from."""
    return f"order-{number}"


def order_event(number: str) -> str:
    """The id of the event by which an import tells of an order."""
    return f"shopify:order:{number}:imported"


def recognise(columns: Collection[str]) -> Export | None:
    """Which export has these columns (in lower case); None for what is none of Shopify's.

    Carts that were left have no payment, and only they can be recovered. Where a header shows neither, they are
    checkouts if they have an Id: an order is known by its Name.
    """
    named = set(columns)
    if not any(column.startswith("lineitem ") for column in named):
        return None
    if named & _ONLY_CHECKOUTS:
        return Export.CHECKOUTS
    return Export.ORDERS if named & _ONLY_ORDERS or "id" not in named else Export.CHECKOUTS


def lacking(export: Export, columns: Collection[str]) -> list[str]:
    """The columns that this export must have and does not."""
    named = NAME if export is Export.ORDERS or "id" not in columns else NUMBER
    return [column for column in (named, CREATED, QUANTITY, TITLE, PRICE) if column.lower() not in columns]


def cells_of(fields: Mapping[str, str]) -> dict[str, str]:
    """What is read of a row, without what stands for nothing. Of a checkout's address only its token: it has a key."""
    cells = {}
    for lower, column in _READ.items():
        cell = fields.get(lower, "").strip()
        if column is ADDRESS:
            token = _TOKEN.search(cell[:_LONGEST])
            cell = token[1] if token else ""
        # A title may begin with an apostrophe of its own.
        cell = _GUARD.sub("", cell) if column is TITLE else cell.removeprefix("'")
        if cell and cell not in _NOTHING:
            cells[column] = cell[:_LONGEST]
    return cells


def read(export: Export, rows: Sequence[ExportRow], *, currency: str, now: datetime) -> ImportedPurchase:
    """Read one order or checkout from its rows. ``currency`` is the store's, where it names none. Raises RowError."""
    first = rows[0]
    number = _number(first)
    if export is Export.ORDERS:
        _check_source(first)
        named = {"cart_token": order_token(number), "order_id": first.cells.get(NUMBER)}
        begun = named | {"type": "checkout.completed", "id": order_event(number)}
    else:
        _check_recovery(first)
        named = {"cart_token": f"checkout-{number}", "checkout_token": first.cells.get(ADDRESS)}
        begun = named | {"type": "checkout.started", "id": f"shopify:checkout:{number}:imported"}
    begun |= {"occurred_at": _moment(first, CREATED), "currency": first.cells.get(CURRENCY)}
    bought = [row for row in rows if row.cells.keys() & {TITLE, QUANTITY, PRICE}]
    if len(bought) > MOST_LINES:
        raise RowError(first, "", f"has more than {MOST_LINES:,} line items")
    event = _parsed(begun, bought, first, CREATED, currency=currency, now=now)
    if export is Export.CHECKOUTS or CANCELLED not in first.cells:
        return ImportedPurchase((event,))
    cancelled = named | {
        "type": "session.cancelled",
        "id": f"shopify:order:{number}:cancelled:imported",  # not that of the delivery, which is for the real cart
        "occurred_at": _moment(first, CANCELLED),
        "reason": "order cancelled",
    }
    ending = _parsed(cancelled, (), first, CANCELLED, currency=currency, now=now)
    if ending.occurred_at < event.occurred_at:
        raise RowError(first, CANCELLED, f"must not be before {CREATED}")
    return ImportedPurchase((event, ending))


def _number(row: ExportRow) -> str:
    """The Id; else what is left of the Name without its signs."""
    number = row.cells.get(NUMBER)
    if number is None:
        number = "".join(filter(str.isalnum, row.cells.get(NAME, "")))
        if not number:
            raise RowError(row, NAME, "is required")
        if len(number) > 64:
            raise RowError(row, NAME, "must have at most 64 letters and digits")
    elif not _KEY.fullmatch(number):
        raise RowError(row, NUMBER, "must be digits or letters only; a spreadsheet may have rounded it")
    return number


def _check_source(row: ExportRow) -> None:
    """Only what was bought in a checkout was in a cart: in the web shop, or in an app's, whose Source is its number.

    Other sources have names of their own: pos, shopify_draft_order, iphone, subscription_contract, a marketplace.
    """
    source = row.cells.get(SOURCE, "web")
    if source.lower() != "web" and not (source.isascii() and source.isdigit()):
        raise RowError(row, SOURCE, f"is {source[:50]}: this order was not placed in the web shop, so it held no cart")


def _check_recovery(row: ExportRow) -> None:
    if row.cells.get(RECOVERY, "").lower() == "recovered":
        raise RowError(row, RECOVERY, "is Recovered: this checkout became an order, import it with the orders")


def _moment(row: ExportRow, column: str) -> str:
    """A time as the event format has it."""
    if column not in row.cells:
        raise RowError(row, column, "is required")
    said = _MOMENT.fullmatch(row.cells[column])
    if said is None:
        raise RowError(row, column, "must be a time with its offset, such as 2026-02-20 10:00:00 +0000")
    date, time, hours, minutes = said.groups()
    return f"{date}T{time}{hours}:{minutes}" if hours else f"{date}T{time}Z"


def _line(row: ExportRow) -> dict[str, Any]:
    for column in (QUANTITY, PRICE):
        if column not in row.cells:
            raise RowError(row, column, "is required")
    if not _WHOLE.fullmatch(row.cells[QUANTITY]):
        raise RowError(row, QUANTITY, "must be a whole number")
    line = {"title": row.cells.get(TITLE), "sku": row.cells.get(SKU), "unit_price": row.cells[PRICE]}
    return {name: text for name, text in line.items() if text} | {"quantity": int(row.cells[QUANTITY])}


def _parsed(
    document: Mapping[str, Any],
    bought: Sequence[ExportRow],
    first: ExportRow,
    moment: str,
    *,
    currency: str,
    now: datetime,
) -> Event:
    """The event of a document and its lines; what is wrong with it is told of the row and column that it came from."""
    said = {name: value for name, value in document.items() if value is not None}
    if bought:
        said["lines"] = [_line(row) for row in bought]
    try:
        return parse(said, currency=currency, received_at=now)
    except EventError as problem:
        message = str(problem).removeprefix(f"{problem.path}: ")
        if at := _LINE_PATH.fullmatch(problem.path):
            raise RowError(bought[int(at[1])], _BLAMED.get(at[2], TITLE), message) from None
        column = moment if problem.path == "occurred_at" else _BLAMED.get(problem.path, NUMBER)
        raise RowError(first, column, message) from None
