"""What the list asks of the database: blocks of rows, counts, and what has changed on a page that is already open.

The statements are plain SQL, on plain connections (see ``data.readers``): through SQLAlchemy a block costs two to three
times as much, most of it before SQLite is asked. Everything from outside is bound; the only text put into a statement
is written in this package.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from sqlite3 import Connection
from typing import Any

from data.database import Database
from data.filters import SessionFilter
from data.hits import hits, hits_above
from data.listing import Listing
from data.orders import STRETCHES, Stretch
from data.ranks import newer, place_of, tally
from data.records import Block, Changes, SessionRow

MOST_ROWS = 500
"""Rows of one block."""

COUNTED = 1_000
"""What is searched for is counted exactly up to here, or to the end of the block; beyond, there are said to be more."""

_FEW = 5_000  # sessions that are sorted faster than an order's index is walked past all the others

_FIELDS = tuple(SessionRow.__annotations__)
_COLUMNS = """
    CAST(s.id AS TEXT), s.cart_token, s.device, s.country, s.item_count, s.value, s.currency,
    CASE WHEN s.status = 'active' AND s.expires_at <= :now THEN 'expired' ELSE s.status END,
    s.risk_level, s.risk_score, s.started_at,
    CASE WHEN s.status = 'active' AND s.expires_at > :now THEN s.expires_at END
"""


async def block(
    db: Database,
    store_id: int,
    wanted: SessionFilter,
    start: int,
    end: int,
    *,
    now: datetime,
    locale: str = "en",
    until: int | None = None,
) -> Block:
    """Rows ``start`` to ``end`` (not included; at most MOST_ROWS) of a filter, and how many it has.

    ``until`` is the pin of an open list: only sessions with ids up to it are seen and counted. ``locale`` is the
    language in which country names are searched. Raises Busy.
    """
    start = max(0, start)
    end = start + min(max(end - start, 1), MOST_ROWS)
    listing = Listing(store_id, wanted, now, locale, until)
    return await db.ask(lambda connection: _block(connection, listing, start, end))


async def changes(
    db: Database,
    store_id: int,
    wanted: SessionFilter,
    ids: Sequence[int],
    *,
    now: datetime,
    locale: str = "en",
    until: int | None = None,
) -> Changes:
    """What an open list needs to keep up: its rows ``ids`` (at most MOST_ROWS) as they are now, and the counts.

    ``newer`` counts what came above the pin: all of it, or up to COUNTED with a search.
    """
    listing = Listing(store_id, wanted, now, locale, until)
    return await db.ask(lambda connection: _changes(connection, listing, ids[:MOST_ROWS]))


async def newest_id(db: Database, store_id: int) -> int:
    """The id of the store's newest session; 0 where it has none."""
    statement = "SELECT coalesce(max(id), 0) FROM session WHERE store_id = :store"
    return await db.ask(lambda connection: _number(connection, statement, {"store": store_id}))


async def count_everything(db: Database, store_id: int) -> int:
    """How many sessions the store has."""
    statement = "SELECT coalesce(sum(n), 0) FROM session_tally WHERE store_id = :store"
    return await db.ask(lambda connection: _number(connection, statement, {"store": store_id}))


def _block(connection: Connection, listing: Listing, start: int, end: int) -> Block:
    if listing.wanted.searches:
        ids, total, capped = _search(connection, listing, end)
        return Block(_named_rows(connection, listing, ids[start:end]), total, capped)
    total = _total(connection, listing)
    return Block(_rows(connection, listing, start, end, total) if start < total else [], total, capped=False)


def _changes(connection: Connection, listing: Listing, ids: Sequence[int]) -> Changes:
    if listing.wanted.searches:
        _, total, capped = _search(connection, listing, COUNTED)
        above = hits_above(connection, listing, COUNTED)
    else:
        total, capped = _total(connection, listing), False
        above = newer(connection, listing)
    return Changes(
        rows=_named_rows(connection, listing, ids),
        total=total,
        capped=capped,
        everything=tally(connection, listing.everything()),
        newer=above,
        revision=_number(connection, "SELECT sum(revision) FROM store WHERE id = :store", listing.values),
    )


def _total(connection: Connection, listing: Listing) -> int:
    return tally(connection, listing) - newer(connection, listing)


def _rows(connection: Connection, listing: Listing, start: int, end: int, total: int) -> list[SessionRow]:
    """The rows of a list without a search, one stretch of its order after the other."""
    rows: list[SessionRow] = []
    stretches = STRETCHES[listing.wanted.sort]
    few = listing.narrowed and total <= _FEW
    skip, size = start, end - start
    for stretch in stretches:
        if len(stretches) == 1 and not stretch.by_id and skip + size > total - skip:
            # The end of the list is nearer than its beginning, and no counting table leads there.
            left = max(0, total - skip - size)
            found = _along(connection, listing, stretch, left, min(size, total - skip), few, backwards=True)
            return found[::-1]
        found = _along(connection, listing, stretch, skip, size - len(rows), few)
        rows += found
        if len(rows) == size:
            break
        if found:
            skip = 0
        elif stretch is not stretches[-1]:
            skip = max(0, skip - _length(connection, listing, stretch))
    return rows


def _along(
    connection: Connection,
    listing: Listing,
    stretch: Stretch,
    skip: int,
    size: int,
    few: bool,
    *,
    backwards: bool = False,
) -> list[SessionRow]:
    values = listing.values
    beyond = ""
    place = place_of(connection, listing, stretch, skip)
    if place.edge is not None:
        values["edge"] = place.edge
        beyond = " AND s.id < :edge" if stretch.descending else " AND s.id >= :edge"
    index = ""
    if stretch.columns != ("id",):
        index = f"INDEXED BY {listing.index if few and not stretch.selective else stretch.index}"
    values |= {"size": size, "skip": place.skip}
    order = f"ORDER BY {stretch.order(backwards=backwards)} LIMIT :size OFFSET :skip"
    if stretch.columns == ("id",) and len(listing.branches) > 1:
        return _records(connection.execute(_merged(listing, stretch, beyond, order), values))
    where = f"{listing.pinned} AND {stretch.condition}{beyond}"
    return _records(connection.execute(f"SELECT {_COLUMNS} FROM session AS s {index} WHERE {where} {order}", values))


def _merged(listing: Listing, stretch: Stretch, beyond: str, order: str) -> str:
    """A stretch in the order of ids that several statuses or levels have part in: each gives its first ones."""
    first = f"AND {stretch.condition}{beyond} ORDER BY {stretch.order()} LIMIT :skip + :size"
    parts = " UNION ALL ".join(
        f"SELECT * FROM (SELECT s.id FROM session AS s WHERE {branch} {first})" for branch in listing.branches
    )
    found = f"SELECT s.id FROM ({parts}) AS s {order}"
    return f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({found}) ORDER BY {stretch.order()}"


def _length(connection: Connection, listing: Listing, stretch: Stretch) -> int:
    statement = f"SELECT count(*) FROM session AS s WHERE {listing.pinned} AND {stretch.condition}"
    return _number(connection, statement, listing.values)


def _search(connection: Connection, listing: Listing, end: int) -> tuple[list[int], int, bool]:
    """The first ids that a search finds, how many it finds as far as counted, and whether there are more."""
    most = max(COUNTED, end)
    ids = hits(connection, listing, most + 1)
    return ids, min(len(ids), most), len(ids) > most


def _named_rows(connection: Connection, listing: Listing, ids: Sequence[int]) -> list[SessionRow]:
    """The rows with these ids, in their order; those that are not the store's are left out."""
    if not ids:
        return []
    named: dict[str, Any] = {f"id{number}": one for number, one in enumerate(ids)}
    places = ", ".join(f":{name}" for name in named)
    statement = f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({places}) AND +s.store_id = :store"
    found = {row[0]: row for row in connection.execute(statement, listing.values | named)}
    return _records(found[key] for key in map(str, ids) if key in found)


def _number(connection: Connection, statement: str, values: Mapping[str, Any]) -> int:
    [found] = connection.execute(statement, values).fetchone()
    return found or 0


def _records(rows: Iterable[Any]) -> list[SessionRow]:
    return [dict(zip(_FIELDS, row, strict=True)) for row in rows]  # type: ignore[misc]  # _COLUMNS are its fields
