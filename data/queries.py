"""What the list asks of the database: blocks of rows, counts, and what has changed on a page that is already open.

The statements are plain SQL on the driver's own connection: one hop to its thread each, and tuples that become
dictionaries once. Everything from outside is bound; the only text put into a statement is written in this module and
in ``data.search``.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from data.database import Database
from data.filters import SessionFilter, Sort
from data.ranks import newer_than, place_of, tally
from data.records import Block, Changes, SessionRow
from data.search import Arms, arms, meaning
from data.statements import fetch, milliseconds

MOST_ROWS = 500
"""Rows of one block."""

COUNTED = 1_000
"""A search is counted exactly up to here; beyond it the answer says that there are more."""

_FIELDS = tuple(SessionRow.__annotations__)
_COLUMNS = """
    CAST(s.id AS TEXT), s.cart_token, s.device, s.country, s.item_count, s.value, s.currency,
    CASE WHEN s.status = 'active' AND s.expires_at <= :now THEN 'expired' ELSE s.status END,
    s.risk_level, s.risk_score, s.started_at,
    CASE WHEN s.status = 'active' AND s.expires_at > :now THEN s.expires_at END
"""

# Active sessions by their time left, then all others newest first.
_LEFT = "CASE WHEN s.status = 'active' THEN {sign}s.expires_at ELSE 9223372036854775807 END, s.id DESC"
_ORDERS = {
    Sort.NEWEST: "s.id DESC",
    Sort.OLDEST: "s.id",
    Sort.DEAREST: "s.value DESC, s.id DESC",
    Sort.CHEAPEST: "s.value, s.id",
    Sort.RISKIEST: "s.risk_score DESC, s.id DESC",
    Sort.SAFEST: "s.risk_score, s.id",
    Sort.FIRST_TO_EXPIRE: _LEFT.format(sign=""),
    Sort.LATEST_TO_EXPIRE: _LEFT.format(sign="-"),
}


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
    size = min(max(end - start, 1), MOST_ROWS)
    values: dict[str, Any] = _values(store_id, wanted, now, until)
    async with db.reading() as connection:
        if wanted.q:
            found = arms(meaning(wanted.q, locale), sorted_by_id=wanted.sort is Sort.NEWEST)
            rows = await _search_rows(connection, wanted, found, values, start, size)
            total, capped = await _search_count(connection, wanted, found, values, start + len(rows))
            return Block(rows, total, capped)
        rows = await _rows(connection, wanted, values, start, size)
        total = await tally(connection, values, wanted)
        if until is not None:
            total -= await newer_than(connection, values, wanted)
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
    """What an open list needs to keep up: its rows ``ids`` (at most MOST_ROWS) as they are now, and the counts."""
    values: dict[str, Any] = _values(store_id, wanted, now, until)
    anything = SessionFilter()
    async with db.reading() as connection:
        rows = await _named_rows(connection, values, ids[:MOST_ROWS])
        [(revision,)] = await fetch(connection, "SELECT revision FROM store WHERE id = :store", values) or [(0,)]
        everything = await tally(connection, values, anything)
        if wanted.q:
            found = arms(meaning(wanted.q, locale), sorted_by_id=True)
            total, capped = await _search_count(connection, wanted, found, values, 0)
            newer = await _search_newer(connection, wanted, found, values)
        else:
            newer = await newer_than(connection, values, wanted) if until is not None else 0
            total, capped = await tally(connection, values, wanted) - newer, False
    return Changes(rows, total, capped, everything, newer, revision)


async def newest_id(db: Database, store_id: int) -> int:
    """The id of the store's newest session; 0 where it has none."""
    async with db.reading() as connection:
        [(newest,)] = await fetch(
            connection, "SELECT max(id) FROM session WHERE store_id = :store", {"store": store_id}
        )
    return newest or 0


async def count_everything(db: Database, store_id: int) -> int:
    """How many sessions the store has."""
    async with db.reading() as connection:
        return await tally(connection, {"store": store_id}, SessionFilter())


def _values(store_id: int, wanted: SessionFilter, now: datetime, until: int | None) -> dict[str, Any]:
    return {
        "store": store_id,
        "status": wanted.status and wanted.status.value,
        "risk": wanted.risk and wanted.risk.value,
        "until": until,
        "now": milliseconds(now),
    }


def _conditions(wanted: SessionFilter, until: object, *, beside_search: bool = False) -> str:
    # Beside a search, a plus keeps the planner from an index that is poorer than the search's own.
    plus = "+" if beside_search else ""
    said = ["s.store_id = :store"]
    if wanted.status:
        said.append(f"{plus}s.status = :status")
    if wanted.risk:
        said.append(f"{plus}s.risk_level = :risk")
    if until is not None:
        said.append("s.id <= :until")
    return " AND ".join(said)


async def _rows(
    connection: AsyncConnection, wanted: SessionFilter, values: dict[str, Any], start: int, size: int
) -> list[SessionRow]:
    where = _conditions(wanted, values["until"])
    if wanted.sort in (Sort.FIRST_TO_EXPIRE, Sort.LATEST_TO_EXPIRE):
        return await _rows_by_time_left(connection, wanted, values, where, start, size)
    skip = start
    if wanted.sort in (Sort.NEWEST, Sort.OLDEST):
        place = await place_of(connection, values, wanted, start)
        if place.edge is not None:
            values = values | {"edge": place.edge}
            where += " AND s.id < :edge" if wanted.sort is Sort.NEWEST else " AND s.id >= :edge"
        skip = place.skip
    statement = f"SELECT {_COLUMNS} FROM session AS s WHERE {where} ORDER BY {_ORDERS[wanted.sort]}"
    return await _page(connection, statement, values, skip, size)


async def _rows_by_time_left(
    connection: AsyncConnection, wanted: SessionFilter, values: dict[str, Any], where: str, start: int, size: int
) -> list[SessionRow]:
    """Two walks along two indexes instead of one sort of everything."""
    direction = "" if wanted.sort is Sort.FIRST_TO_EXPIRE else " DESC"
    active = f"FROM session AS s WHERE {where} AND s.status = 'active'"
    [(running,)] = await fetch(connection, f"SELECT count(*) {active}", values)
    rows: list[SessionRow] = []
    if start < running:
        statement = f"SELECT {_COLUMNS} {active} ORDER BY s.expires_at{direction}, s.id DESC"
        rows = await _page(connection, statement, values, start, size)
    if len(rows) < size:
        statement = f"SELECT {_COLUMNS} FROM session AS s WHERE {where} AND s.status <> 'active' ORDER BY s.id DESC"
        rows += await _page(connection, statement, values, max(0, start - running), size - len(rows))
    return rows


async def _search_rows(
    connection: AsyncConnection, wanted: SessionFilter, found: Arms, values: dict[str, Any], start: int, size: int
) -> list[SessionRow]:
    where = _conditions(wanted, values["until"], beside_search=True)
    if wanted.sort is Sort.NEWEST:
        # Each arm gives its newest ids in order and stops; together they hold every row up to the end of the block.
        ids = _union(found, f"{where} ORDER BY s.id DESC LIMIT :reach")
        chosen = f"SELECT id FROM ({ids}) ORDER BY id DESC LIMIT :size OFFSET :skip"
        statement = f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({chosen}) ORDER BY s.id DESC"
        bound = values | found.values | {"reach": start + size, "size": size, "skip": start}
        return _records(await fetch(connection, statement, bound))
    ids = _union(found, where)
    statement = f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({ids}) ORDER BY {_ORDERS[wanted.sort]}"
    return await _page(connection, statement, values | found.values, start, size)


async def _search_count(
    connection: AsyncConnection, wanted: SessionFilter, found: Arms, values: dict[str, Any], seen: int
) -> tuple[int, bool]:
    """How many a search finds, counted to COUNTED or a little beyond what was seen, and whether there are more."""
    most = max(COUNTED, seen + 1)
    where = _conditions(wanted, values["until"], beside_search=True)
    ids = _union(found, f"{where} ORDER BY s.id DESC LIMIT :most")
    [(counted,)] = await fetch(
        connection, f"SELECT count(*) FROM ({ids})", values | found.values | {"most": most + 1}
    )
    return min(counted, most), counted > most


async def _search_newer(
    connection: AsyncConnection, wanted: SessionFilter, found: Arms, values: dict[str, Any]
) -> int:
    if values["until"] is None:
        return 0
    where = _conditions(wanted, None, beside_search=True)
    ids = _union(found, f"{where} AND s.id > :until ORDER BY s.id DESC LIMIT :most")
    [(newer,)] = await fetch(
        connection, f"SELECT count(*) FROM ({ids})", values | found.values | {"most": COUNTED}
    )
    return min(newer, COUNTED)


def _union(found: Arms, rest: str) -> str:
    return " UNION ".join(f"SELECT id FROM (SELECT s.id FROM {source} AND {rest})" for source in found.sources)


async def _named_rows(
    connection: AsyncConnection, values: dict[str, Any], ids: Sequence[int]
) -> list[SessionRow]:
    if not ids:
        return []
    named = {f"id{number}": wanted_id for number, wanted_id in enumerate(ids)}
    places = ", ".join(f":{name}" for name in named)
    statement = f"SELECT {_COLUMNS} FROM session AS s WHERE s.id IN ({places}) AND +s.store_id = :store"
    return _records(await fetch(connection, statement, values | named))


async def _page(
    connection: AsyncConnection, statement: str, values: dict[str, Any], skip: int, size: int
) -> list[SessionRow]:
    bound = values | {"size": size, "skip": skip}
    return _records(await fetch(connection, f"{statement} LIMIT :size OFFSET :skip", bound))


def _records(rows: Sequence[Any]) -> list[SessionRow]:
    return [dict(zip(_FIELDS, row, strict=True)) for row in rows]  # type: ignore[misc]  # _COLUMNS are its fields
