"""What the list asks of the database: blocks of rows, counts, and what has changed on a page that is already open.

The statements are plain SQL (see ``data.statements``). Everything from outside is bound; the only text put into a
statement is written in this package.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from data.database import Database
from data.filters import SessionFilter
from data.hits import hits, hits_above
from data.listing import Listing
from data.orders import STRETCHES, Stretch
from data.ranks import newer, place_of, tally
from data.records import Block, Changes, SessionRow
from data.statements import fetch

MOST_ROWS = 500
"""Rows of one block."""

COUNTED = 1_000
"""A search is counted exactly up to here, or to the end of the block; beyond, the answer says that there are more."""

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
    async with db.reading() as connection:
        if wanted.q:
            ids, total, capped = await _search(connection, listing, end)
            return Block(await _named_rows(connection, listing, ids[start:end]), total, capped)
        total = await _total(connection, listing)
        rows = await _rows(connection, listing, start, end, total) if start < total else []
        return Block(rows, total, capped=False)


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
    async with db.reading() as connection:
        # The revision first: what changes between the two questions is then asked for once more, never missed.
        known = await fetch(connection, "SELECT revision FROM store WHERE id = :store", listing.values)
        rows = await _named_rows(connection, listing, ids[:MOST_ROWS])
        everything = await tally(connection, listing.everything())
        if wanted.q:
            _, total, capped = await _search(connection, listing, COUNTED)
            above = await hits_above(connection, listing, COUNTED)
        else:
            total, capped = await _total(connection, listing), False
            above = await newer(connection, listing)
    return Changes(rows, total, capped, everything, above, known[0][0] if known else 0)


async def newest_id(db: Database, store_id: int) -> int:
    """The id of the store's newest session; 0 where it has none."""
    async with db.reading() as connection:
        statement = "SELECT max(id) FROM session WHERE store_id = :store"
        [(newest,)] = await fetch(connection, statement, {"store": store_id})
    return newest or 0


async def count_everything(db: Database, store_id: int) -> int:
    """How many sessions the store has."""
    statement = "SELECT coalesce(sum(n), 0) FROM session_tally WHERE store_id = :store"
    async with db.reading() as connection:
        [(found,)] = await fetch(connection, statement, {"store": store_id})
    return int(found)


async def _total(connection: AsyncConnection, listing: Listing) -> int:
    return await tally(connection, listing) - await newer(connection, listing)


async def _rows(connection: AsyncConnection, listing: Listing, start: int, end: int, total: int) -> list[SessionRow]:
    """The rows of a list without a search, one stretch of its order after the other."""
    rows: list[SessionRow] = []
    stretches = STRETCHES[listing.wanted.sort]
    few = listing.narrowed_by is not None and total <= _FEW
    skip, size = start, end - start
    for stretch in stretches:
        if len(stretches) == 1 and not stretch.by_id and skip + size > total - skip:
            # The end of the list is nearer than its beginning, and no counting table leads there.
            left = max(0, total - skip - size)
            found = await _along(connection, listing, stretch, left, min(size, total - skip), few, backwards=True)
            return found[::-1]
        found = await _along(connection, listing, stretch, skip, size - len(rows), few)
        rows += found
        if len(rows) == size:
            break
        if found:
            skip = 0
        elif stretch is not stretches[-1]:
            skip = max(0, skip - await _length(connection, listing, stretch))
    return rows


async def _along(
    connection: AsyncConnection,
    listing: Listing,
    stretch: Stretch,
    skip: int,
    size: int,
    few: bool,
    *,
    backwards: bool = False,
) -> list[SessionRow]:
    values = listing.values
    where = f"{listing.pinned} AND {stretch.condition}"
    place = await place_of(connection, listing, stretch, skip)
    if place.edge is not None:
        values["edge"] = place.edge
        where += " AND s.id < :edge" if stretch.descending else " AND s.id >= :edge"
    index = ""
    if stretch.columns != ("id",):
        index = f"INDEXED BY {listing.narrowed_by if few else stretch.index}"
    values |= {"size": size, "skip": place.skip}
    statement = f"""
        SELECT {_COLUMNS} FROM session AS s {index} WHERE {where}
        ORDER BY {stretch.order(backwards=backwards)} LIMIT :size OFFSET :skip
    """
    return _records(await fetch(connection, statement, values))


async def _length(connection: AsyncConnection, listing: Listing, stretch: Stretch) -> int:
    statement = f"SELECT count(*) FROM session AS s WHERE {listing.pinned} AND {stretch.condition}"
    [(counted,)] = await fetch(connection, statement, listing.values)
    return int(counted)


async def _search(connection: AsyncConnection, listing: Listing, end: int) -> tuple[list[int], int, bool]:
    """The first ids that a search finds, how many it finds as far as counted, and whether there are more."""
    most = max(COUNTED, end)
    ids = await hits(connection, listing, most + 1)
    return ids, min(len(ids), most), len(ids) > most


async def _named_rows(connection: AsyncConnection, listing: Listing, ids: Sequence[int]) -> list[SessionRow]:
    """The rows with these ids, in their order; those that are not the store's are left out."""
    if not ids:
        return []
    named: dict[str, Any] = {f"id{number}": one for number, one in enumerate(ids)}
    places = ", ".join(f":{name}" for name in named)
    statement = f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({places}) AND +s.store_id = :store"
    found = {row["id"]: row for row in _records(await fetch(connection, statement, listing.values | named))}
    return [found[key] for key in map(str, ids) if key in found]


def _records(rows: Sequence[Any]) -> list[SessionRow]:
    return [dict(zip(_FIELDS, row, strict=True)) for row in rows]  # type: ignore[misc]  # _COLUMNS are its fields
