"""A CSV of chargebacks, or of any sessions of which the merchant knows how they ended: labels from a file.

A row names an order or a cart. It is bad unless the row says otherwise: by its ``label``, or by the ``reason`` and the
``status`` of a dispute, of which only fraud counts (see data.disputes).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from data import labels, stores
from data.columns import in_chunks
from data.csv_lines import CsvProblem, csv_lines, text_of
from data.database import Database
from data.disputes import judged
from data.models import METADATA
from data.outside_values import label
from data.risk_models import LabelSource

LARGEST = 50_000_000
"""Bytes."""

MOST_ROWS = 500_000

_NAMES = {
    "order": ("order", "order_id", "order id", "order name", "order number", "name"),
    "cart_token": ("cart_token", "cart token", "cart", "session"),
    "label": ("label", "bad", "fraud", "is_fraud"),
    "reason": ("reason", "dispute reason"),
    "status": ("status", "dispute status", "outcome"),
}
_BATCH = 500
_SESSION: Any = METADATA.tables["session"]


@dataclass(frozen=True, slots=True)
class LabelRow:
    """What one row says. ``bad`` is None where it says neither; ``order`` or ``cart_token`` is set."""

    line: int
    order: str | None
    cart_token: str | None
    bad: bool | None


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file: labels of each sort, rows that say neither, and lines that name no known session."""

    bad: int
    good: int
    neither: int
    unknown: tuple[int, ...]
    rejected: tuple[tuple[int, str], ...]


def read(content: bytes) -> tuple[list[LabelRow], list[tuple[int, str]]]:
    """The rows of a file, and lines that cannot be read, with the reason. Raises CsvProblem."""
    rows, rejected = [], []
    for line, cells in _cells(text_of(content, LARGEST)):
        if isinstance(cells, str):
            rejected.append((line, cells))
            continue
        order, cart = cells.get("order"), cells.get("cart_token")
        if not order and not cart:
            rejected.append((line, "names neither an order nor a cart"))
            continue
        try:
            rows.append(LabelRow(line, order or None, cart or None, _bad(cells)))
        except ValueError as problem:
            rejected.append((line, str(problem)))
    return rows, rejected


async def take(db: Database, store_id: int, content: bytes, now: datetime) -> Imported:
    """Keep what a file says as labels of the store's sessions; the same file again changes nothing.

    Raises CsvProblem when it cannot be read at all, Busy; what was kept until then stays so.
    """
    rows, rejected = read(content)
    counts = {True: 0, False: 0, None: 0}
    unknown: list[int] = []
    for start in range(0, len(rows), _BATCH):
        batch = rows[start : start + _BATCH]
        async with db.writing() as session:
            connection = await session.connection()
            orders = [spelt for row in batch if row.order for spelt in _spellings(row.order)]
            by_order = await labels.of_orders(session, store_id, orders)
            by_cart: dict[str, int] = {}
            for some in in_chunks({row.cart_token for row in batch if row.cart_token}):
                named = select(_SESSION.c.cart_token, _SESSION.c.id).where(_SESSION.c.store_id == store_id)
                for token, number in await connection.execute(named.where(_SESSION.c.cart_token.in_(some))):
                    by_cart[token] = number
            for row in batch:
                found = by_cart.get(row.cart_token or "")
                if found is None and row.order:
                    found = next((by_order[one] for one in _spellings(row.order) if one in by_order), None)
                if found is None:
                    unknown.append(row.line)
                    continue
                counts[row.bad] += 1
                if row.bad is None:
                    await labels.withdraw(session, store_id, found, LabelSource.FILE)
                else:
                    await labels.write(session, store_id, found, LabelSource.FILE, row.bad, 1.0, now)
            await stores.touched(session, store_id)
    return Imported(counts[True], counts[False], counts[None], tuple(unknown), tuple(rejected))


def _cells(text: str) -> Iterator[tuple[int, dict[str, str] | str]]:
    """Each line's cells by what they are; a sentence for a line that has too many."""
    lines = csv_lines(text, MOST_ROWS)
    _, header = next(lines, (1, []))
    names = [name.strip().casefold() for name in header]
    roles = {role: names.index(one) for role, all_ in _NAMES.items() for one in reversed(all_) if one in names}
    if "order" not in roles and "cart_token" not in roles:
        raise CsvProblem("The first line must name a column order or cart_token.")
    for number, cells in lines:
        if len(cells) > len(names):
            yield number, "has more cells than the first line"
            continue
        yield number, {role: cells[place].strip()[:255] for role, place in roles.items() if place < len(cells)}


def _bad(cells: dict[str, str]) -> bool | None:
    said = cells.get("label")
    if said:
        found = label(said, None)
        if found is None:
            raise ValueError(f"the label {said[:40]} is neither bad nor good")
        return found
    if cells.get("reason"):
        return judged(cells["reason"], cells.get("status"))
    return judged("fraudulent", cells.get("status"))


def _spellings(order: str) -> Sequence[str]:
    """An order as it may be known: exports write a number sign before it, or a quote against spreadsheets."""
    plain = order.lstrip("'")
    return (plain, plain.removeprefix("#"), "#" + plain.removeprefix("#"))
